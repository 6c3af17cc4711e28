"""What the rest of notifications stands on: a notification within any write."""
