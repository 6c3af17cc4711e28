"""Requested scopes and resource indicators (RFC 8707)."""

from collections.abc import Collection, Sequence

from models.contexts import SCOPES
from models.oauth.client import OAuthClient
from upcoach.services.account import AUDIENCES
from upcoach.services.base.oauth_errors import OAuthError
from upcoach.services.base.request_parameters import Parameters


def asked_scopes(form: Parameters, client: OAuthClient) -> tuple[str, ...]:
    """The requested scopes, all of which *client* may have."""
    scopes = form.words("scope")
    if not scopes or not all(map(SCOPES.get, scopes)) or not set(scopes) <= {*client.permissions}:
        raise OAuthError("invalid_scope", "Ask for some of the scopes that the client may have.")
    return scopes


def asked_audiences(form: Parameters, issuer: str, most: Sequence[str]) -> tuple[str, ...]:
    """The requested resources, of *most*; all of these if none is named."""
    return _among(form, issuer, most) or tuple(most)


def narrowed(
    form: Parameters, issuer: str, scopes: Collection[str] | None, audiences: Sequence[str]
) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Narrow what was granted to the request (RFC 6749, 6; RFC 8707, 2.2)."""
    requested = form.words("scope")
    if requested and not set(requested) <= set(scopes or ()):
        raise OAuthError("invalid_scope", "This is more than the user granted.")
    fewer = requested or (None if scopes is None else tuple(scopes))
    return fewer, asked_audiences(form, issuer, audiences)


def _among(form: Parameters, issuer: str, most: Sequence[str]) -> tuple[str, ...]:
    audiences = {issuer + path: name for name, path in AUDIENCES.items() if name in most}
    requested = form.all("resource")
    if not set(requested) <= audiences.keys():
        raise OAuthError("invalid_target", "This resource is none, or is not for this client.")
    return tuple(dict.fromkeys(audiences[uri] for uri in requested))
