"""What the streams share: background tasks, and the transport of a connection."""
