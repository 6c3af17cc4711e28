"""Logins: what comes of a first factor, whichever it was."""
