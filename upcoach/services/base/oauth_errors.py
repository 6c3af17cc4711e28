"""OAuth errors (RFC 6749, 5.2), with one sentence of ours each.

No sentence ever holds what the client sent.
"""

from typing import Any


class OAuthError(Exception):
    """A refusal in OAuth's words (RFC 6749, 5.2); *more* are members beside the two."""

    def __init__(self, error: str, description: str, *, status: int = 400, **more: Any) -> None:
        super().__init__(error, description)
        self.error = error
        self.description = description
        self.status = status
        self.more = more
        self.replayed_session = ""  # see `Refusal.replayed_session`


def invalid_request(description: str) -> OAuthError:
    """The request itself is wrong."""
    return OAuthError("invalid_request", description)


def invalid_client() -> OAuthError:
    """Nobody knows this client, or it has not shown who it is; which, is not said."""
    return OAuthError("invalid_client", "This client is unknown, or did not prove it.", status=401)


def invalid_grant(
    description: str = "This was already used, has expired, or belongs to another client.",
) -> OAuthError:
    """The error for an invalid, expired or foreign grant."""
    return OAuthError("invalid_grant", description)


def invalid_proof(description: str) -> OAuthError:
    """The DPoP proof does not hold (RFC 9449, 5)."""
    return OAuthError("invalid_dpop_proof", description)
