"""The operations of accounts, for REST and for the pages of an account."""
