"""Login through other OpenID providers."""
