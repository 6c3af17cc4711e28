"""Accounts: registration, login, passwords, email change, step-up authentication."""
