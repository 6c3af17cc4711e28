"""The caller of a request, as its access token says."""

import datetime as dt

import msgspec

from models.access.scope import Scope


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The caller: whose access token is valid, until when, and for what.

    Attributes
    ----------
    client
        The app that the token was given to.
    permissions
        What it may be used for (`models.access.permissions`).
    identity
        What it tells of who they are (`models.access.permissions.IDENTITY`).
    audiences
        The resources that it is for (RFC 8707): "api", "live", "admin".
    acr
        1 for one factor, 2 for two, or for a passkey that checked who holds it; 0 for a client by
        itself.
    authenticated_at
        When a factor was last shown.
    key
        The thumbprint of the key to which the token is bound (RFC 9449); empty for a bearer token.
    signed_by
        The id of the key of ours that has signed the token; empty where a cookie was shown.

    """

    scope: Scope
    expires_at: dt.datetime
    client: str
    permissions: frozenset[str]
    audiences: frozenset[str]
    acr: int
    authenticated_at: dt.datetime
    identity: frozenset[str] = frozenset()
    key: str = ""
    signed_by: str = ""

    @property
    def is_client(self) -> bool:
        """Whether this is an OAuth client by itself, and no person."""
        return not self.scope.session
