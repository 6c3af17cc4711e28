"""Email addresses: finding a user by one, and verification."""
