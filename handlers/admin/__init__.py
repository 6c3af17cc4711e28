"""What operators watch: live feeds, health and metrics."""
