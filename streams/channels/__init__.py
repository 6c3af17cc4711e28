"""Channels: what is said on them is kept by nobody; and presence, who is there."""
