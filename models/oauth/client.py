"""OAuth clients: the apps of others, and our own where they sign in through a browser.

An operator registers them (`make client-add`).  Their ids begin with `cli_`, so that none of them
can be taken for a user (RFC 9700, 4.15).
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from models.access.permissions import Permission
from models.base.errors import Invalid
from models.oauth.redirects import FORMS, ClientKind, flaw_of, without_loopback_port

ClientAuth = Literal["none", "secret", "private_key_jwt"]

ID_PREFIX: Final = "cli"


class OAuthClient(msgspec.Struct, frozen=True, kw_only=True):
    """A registered OAuth client.

    Attributes
    ----------
    kind
        Whether it can keep a secret (RFC 6749, 2.1).
    redirects
        Where a browser may be sent with a code, compared character by character.
    logout_redirects
        Where a browser may be sent after it was signed out.
    permissions
        What it may ask for, `models.access.permissions.IDENTITY` included.
    audiences
        The resources that it may ask tokens for, see `models.access.caller`.
    auth
        How it shows who it is.
    secret_hash
        The keyed hash of its secret.
    jwks
        Its public keys, for `private_key_jwt` (RFC 7523).
    first_party
        Whether it is ours.

    """

    id: str
    name: str
    kind: ClientKind
    redirects: tuple[str, ...] = ()
    logout_redirects: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ("api",)
    auth: ClientAuth = "none"
    secret_hash: bytes = b""
    jwks: dict[str, Any] | None = None
    first_party: bool = False

    def admits(self, redirect: str) -> bool:
        """Whether a code may be sent to *redirect*; only a loopback's port may differ.

        Examples
        --------
        >>> app = OAuthClient(id="cli_1", name="App", kind="public", redirects=("http://127.0.0.1/cb",))
        >>> app.admits("http://127.0.0.1:4711/cb"), app.admits("http://localhost/cb")
        (True, False)

        """
        if redirect in self.redirects:
            return True
        without_port = without_loopback_port(redirect)
        return without_port is not None and without_port in map(
            without_loopback_port, self.redirects
        )

    def is_proven_by(self, redirect: str) -> bool:
        """Whether no other app can impersonate this client at *redirect* (RFC 8252, 8.6)."""
        return self.kind == "confidential" or redirect.startswith("https://")


def checked(client: OAuthClient, scopes: Mapping[str, Permission]) -> OAuthClient:
    """*client*, or `Invalid` if it may not be registered; *scopes* are all that exist."""
    for redirect in (*client.redirects, *client.logout_redirects):
        flaw = flaw_of(redirect, client.kind)
        if flaw:
            raise Invalid(
                "redirect_invalid",
                f"{redirect} is no redirect for a {client.kind} client: {flaw}; one begins with "
                f"{FORMS[client.kind]}.",
            )
    for name in client.permissions:
        permission = scopes.get(name)
        if permission is None:
            raise Invalid("scope_unknown", f"There is no scope {name}.")
        if permission.first_party and not client.first_party:
            raise Invalid("scope_first_party", f"{name} is for our own apps.")
    if (client.kind == "public") is not (client.auth == "none"):
        raise Invalid("auth_invalid", "A confidential client shows who it is; a public one cannot.")
    return client
