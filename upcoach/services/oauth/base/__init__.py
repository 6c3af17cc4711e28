"""What the endpoints share: clients, grants, tokens, parameters, DPoP, errors."""
