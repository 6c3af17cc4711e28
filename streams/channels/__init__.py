"""Channels: ephemeral messages, and presence."""
