"""What the endpoints for clients share."""
