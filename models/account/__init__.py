"""Accounts: users, sessions, second factors, identities at providers, passwords."""
