"""Limits on requests: refusals by network, what is open at once, bytes held, and headers."""
