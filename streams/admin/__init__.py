"""What operators watch: key figures of all nodes, and the timeline of events."""
