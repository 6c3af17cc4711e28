"""The event log: its events, its newest numbers, and redaction.

The unique index over (feed, seq) is the only lock of a write: a number is taken once.
"""
