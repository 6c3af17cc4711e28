"""Feeds for operators: key figures of all nodes, and the timeline of events."""
