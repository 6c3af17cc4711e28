"""Accounts: their operations, and in `pages` their pages."""
