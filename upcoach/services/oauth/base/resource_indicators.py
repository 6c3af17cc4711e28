"""What a token is to be for: scopes, and the resources that take it (RFC 8707)."""

from collections.abc import Collection, Sequence

from models.contexts import SCOPES
from models.oauth.client import OAuthClient
from upcoach.services.account import AUDIENCES
from upcoach.services.base.oauth_errors import OAuthError
from upcoach.services.base.request_parameters import Parameters


def asked_scopes(form: Parameters, client: OAuthClient) -> tuple[str, ...]:
    """The scopes that are asked for, all of which *client* may have."""
    scopes = form.words("scope")
    if not scopes or not all(map(SCOPES.get, scopes)) or not set(scopes) <= {*client.permissions}:
        raise OAuthError("invalid_scope", "Ask for some of the scopes that the client may have.")
    return scopes


def asked_audiences(form: Parameters, issuer: str, most: Sequence[str]) -> tuple[str, ...]:
    """The resources that are asked for, of *most*; all of these if none is named."""
    return _among(form, issuer, most) or tuple(most)


def narrowed(
    form: Parameters, issuer: str, scopes: Collection[str] | None, audiences: Sequence[str]
) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """What one token is for, of what was granted before (RFC 6749, 6; RFC 8707, 2.2)."""
    asked = form.words("scope")
    if asked and not set(asked) <= set(scopes or ()):
        raise OAuthError("invalid_scope", "This is more than was granted.")
    fewer = asked or (None if scopes is None else tuple(scopes))
    return fewer, asked_audiences(form, issuer, audiences)


def _among(form: Parameters, issuer: str, most: Sequence[str]) -> tuple[str, ...]:
    known = {issuer + path: name for name, path in AUDIENCES.items() if name in most}
    asked = form.all("resource")
    if not set(asked) <= known.keys():
        raise OAuthError("invalid_target", "This resource is none, or is not for this client.")
    return tuple(dict.fromkeys(known[uri] for uri in asked))
