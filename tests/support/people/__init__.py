"""People: how they register, log in, are related, and what they have."""
