"""What people do with their accounts, as rows: over REST, and on the pages of an account."""
