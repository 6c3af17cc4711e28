"""How a browser is recognised: by one cookie, which is worth nothing until its user has logged in.

The cookie holds 256 random bits.  What they stand for is kept under their hash, sealed under a key
that is made from them, so who reads the database cannot pose as a browser.
"""

import re
import secrets
from http.cookies import Morsel
from typing import Final

from handlers.rest import Handler
from models.documents import Session
from models.documents.session import LIFETIMES
from models.errors import Forbidden, NotFound
from models.scope import Scope

_PURPOSE: Final = "browser"
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")


async def browser_session(handler: Handler) -> Session | None:
    """The session of the user who has logged in with this browser; None when nobody has."""
    services = handler.edge.services
    secret = _secret(handler)
    scope = await services.oauth.once.look(_PURPOSE, secret, Scope) if secret else None
    if scope is None:
        return None
    try:
        session = await services.sessions.get(scope)
    except NotFound:
        return None
    return session if await services.sessions.is_open(scope) else None


def browser_secret(handler: Handler) -> str:
    """What only this browser knows; it gets one if it has none."""
    return _secret(handler) or _give(handler)


async def log_browser_in(handler: Handler, user: str, session_id: str) -> str:
    """Let this browser be known as the session's, under a new secret, which is returned."""
    oauth = handler.edge.services.oauth
    old = _secret(handler)
    if old:
        await oauth.once.take(_PURPOSE, old, Scope)
    secret = _give(handler)
    scope = Scope(user=user, session=session_id)
    await oauth.once.keep(_PURPOSE, scope, LIFETIMES["web"].whole, secret)
    return secret


async def forget_browser(handler: Handler) -> None:
    """Let this browser be nobody's."""
    secret = _secret(handler)
    if secret:
        await handler.edge.services.oauth.once.take(_PURPOSE, secret, Scope)
    _give(handler)


def require_same_site(handler: Handler) -> None:
    """Refuse a form that another site's page has sent."""
    headers = handler.request.headers
    site, origin = headers.get("Sec-Fetch-Site"), headers.get("Origin")
    # Pages that send no referrer send `Origin: null` with their forms, so the newer header decides.
    is_ours = (
        site == "same-origin" if site else origin in (None, handler.edge.services.oauth.issuer)
    )
    if not is_ours:
        raise Forbidden("site_other", "This form was not sent from a page of ours.")


def _name(handler: Handler) -> str:
    return "__Host-sid" if _is_secure(handler) else "sid"


def _is_secure(handler: Handler) -> bool:
    return handler.edge.services.oauth.issuer.startswith("https://")


def _secret(handler: Handler) -> str:
    secret = handler.get_cookie(_name(handler)) or ""
    return secret if _SECRET.fullmatch(secret) else ""


def _give(handler: Handler) -> str:
    name, secret = _name(handler), secrets.token_urlsafe(32)
    # Whoever asks again during this request gets the same.
    handler.request.cookies[name] = Morsel()
    handler.request.cookies[name].set(name, secret, secret)
    handler.set_cookie(
        name,
        secret,
        path="/",
        secure=_is_secure(handler),
        httponly=True,
        samesite="Lax",
    )
    return secret
