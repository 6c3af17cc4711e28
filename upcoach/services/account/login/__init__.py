"""Logins: a session, or a challenge for a second factor."""
