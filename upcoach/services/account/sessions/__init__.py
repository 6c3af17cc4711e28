"""Sessions, access tokens, signing keys, revocation, browser and device cookies."""
