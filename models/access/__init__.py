"""Access control: scopes, callers, permissions, limits, and where requests come from."""
