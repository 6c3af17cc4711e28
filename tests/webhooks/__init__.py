"""Webhooks: what is sent where, and what comes of it."""
