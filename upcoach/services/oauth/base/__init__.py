"""What the endpoints share: clients, grants, requests, what a token is for, tokens, DPoP."""
