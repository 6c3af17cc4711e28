"""Who shows a token, with the key to which it is bound (RFC 6750, RFC 9449)."""

from typing import Final

from tornado.httputil import HTTPServerRequest

from handlers.http import operations
from models.access.caller import Caller
from models.base.errors import Unauthenticated
from upcoach.services.contexts import Services
from upcoach.services.oauth.base.errors import OAuthError

DPOP: Final = "dpop"
SCHEMES: Final = ("bearer", DPOP)


def scheme_of(request: HTTPServerRequest) -> tuple[str, str]:
    """The scheme of the `Authorization` header in lower case, and what stands behind it."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower(), token.strip()


async def caller_of(services: Services, request: HTTPServerRequest) -> Caller:
    """Who asks, or `Unauthenticated`: a bound token needs a proof of this very request."""
    scheme, token = scheme_of(request)
    if scheme not in SCHEMES or not token:
        raise operations.token_missing()
    await services.sessions.load_key_of(token)
    if scheme == "bearer":
        return services.sessions.authenticate(token)
    services.sessions.holder(token)  # first: of whoever has none we keep nothing, not even proofs
    key = await _key(services, request, token)
    if not key:
        raise Unauthenticated("proof_missing", "Send a proof of the token's key (RFC 9449).")
    return services.sessions.authenticate(token, key)


async def _key(services: Services, request: HTTPServerRequest, token: str) -> str:
    proofs = request.headers.get_list("DPoP")
    try:
        return await services.oauth.proofs.key(proofs, request.method or "", request.path, token)
    except OAuthError as failure:
        raise Unauthenticated("proof_invalid", failure.description) from None
