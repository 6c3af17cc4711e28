"""OAuth clients: the apps of others, and our own where they sign in through a browser.

An operator registers them (`make client-add`).  Their ids begin with `cli_`, so that none of them
can be taken for a user (RFC 9700, 4.15).
"""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import msgspec

from models.access.permissions import Permission
from models.base.errors import Invalid

ClientKind = Literal["public", "confidential"]
ClientAuth = Literal["none", "secret", "private_key_jwt"]

ID_PREFIX: Final = "cli"
LONGEST: Final = 2_000  # characters of a redirect
LAST_PORT: Final = 65_535

_LOOPBACK: Final = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::([0-9]{1,5}))?((?:/.*)?)")
_REDIRECTS: Final[dict[ClientKind, str]] = {
    "confidential": "https://…",
    "public": "https://…, http://127.0.0.1/…, http://[::1]/… or reversed.domain:/…",
}
_PLAIN: Final = re.compile(r"[A-Za-z0-9:/?\[\]@!$&()+,;=._~%-]+")  # no wildcard, and no fragment


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
        without_port = _loopback(redirect)
        return without_port is not None and without_port in map(_loopback, self.redirects)

    def is_proven_by(self, redirect: str) -> bool:
        """Whether no other app can impersonate this client at *redirect* (RFC 8252, 8.6)."""
        return self.kind == "confidential" or redirect.startswith("https://")


def checked(client: OAuthClient, scopes: Mapping[str, Permission]) -> OAuthClient:
    """*client*, or `Invalid` if it may not be registered; *scopes* are all that exist."""
    for redirect in (*client.redirects, *client.logout_redirects):
        if not is_redirect(redirect, client.kind):
            raise Invalid(
                "redirect_invalid",
                f"{redirect} is no redirect for a {client.kind} client; one begins with "
                f"{_REDIRECTS[client.kind]}.",
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


def is_redirect(uri: str, kind: ClientKind) -> bool:
    """Whether *uri* may be registered (RFC 8252, 7; RFC 9700, 2.1).

    Examples
    --------
    >>> is_redirect("https://app.example.org/cb", "confidential")
    True
    >>> is_redirect("http://localhost/cb", "public"), is_redirect("org.example.app:/cb", "public")
    (False, True)

    """
    if len(uri) > LONGEST or _PLAIN.fullmatch(uri) is None:
        return False
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None or port == 0:
        return False
    if parts.scheme == "https":
        return bool(host)
    if kind == "confidential":
        return False
    # A private-use scheme is a domain name turned round (RFC 8252, 7.1).
    return _loopback(uri) is not None or ("." in parts.scheme and not parts.netloc)


def _loopback(uri: str) -> str | None:
    """*uri* without its port, if it leads to this very device."""
    match = _LOOPBACK.fullmatch(uri)
    if match is None or int(match[2] or 80) > LAST_PORT:
        return None
    return match[1] + match[3]
