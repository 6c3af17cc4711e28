"""Keys and tokens: data keys, signing keys, one-time tokens, refresh tokens."""
