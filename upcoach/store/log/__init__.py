"""The event log: its events, its newest numbers, and redaction."""
