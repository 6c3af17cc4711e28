"""Authentication by token: a bearer token, or one that is bound to a key (RFC 6750, RFC 9449)."""

from typing import Final

from tornado.httputil import HTTPServerRequest

from handlers.http import operations
from models.access.caller import Caller
from models.base.errors import Unauthenticated
from upcoach.services.account import AccountServices
from upcoach.services.base.oauth_errors import OAuthError
from upcoach.services.oauth import OAuth

DPOP: Final = "dpop"
SCHEMES: Final = ("bearer", DPOP)


def scheme_of(request: HTTPServerRequest) -> tuple[str, str]:
    """The scheme of the `Authorization` header in lower case, and what stands behind it."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower(), token.strip()


async def caller_of(account: AccountServices, oauth: OAuth, request: HTTPServerRequest) -> Caller:
    """The caller of *request*, or `Unauthenticated`: a bound token needs a proof of its key."""
    scheme, token = scheme_of(request)
    if scheme not in SCHEMES or not token:
        raise operations.token_missing()
    await account.sessions.load_key_of(token)
    if scheme == "bearer":
        return account.sessions.authenticate(token)
    account.sessions.holder(token)  # first: of whoever has none we keep nothing, not even proofs
    key = await _key(oauth, request, token)
    if not key:
        raise Unauthenticated("proof_missing", "Send a proof of the token's key (RFC 9449).")
    return account.sessions.authenticate(token, key)


async def _key(oauth: OAuth, request: HTTPServerRequest, token: str) -> str:
    proofs = request.headers.get_list("DPoP")
    try:
        return await oauth.proofs.key(proofs, request.method or "", request.path, token)
    except OAuthError as failure:
        raise Unauthenticated("proof_invalid", failure.description) from None
