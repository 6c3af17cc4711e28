"""Sync: how far each device has come in a feed."""
