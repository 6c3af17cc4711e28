"""The audit log: its service, and its signatures."""
