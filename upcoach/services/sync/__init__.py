"""Sync: snapshots, and the positions of devices."""
