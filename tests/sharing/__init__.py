"""Sharing between clients and coaches."""
