"""How a browser is recognised: by one cookie, see `upcoach.services.browsers`."""

import re
from http.cookies import Morsel
from typing import Any, Final

from handlers.rest import Handler
from models.documents import Session
from models.documents.session import LIFETIMES
from models.errors import Forbidden
from upcoach.services.browsers import new_secret

_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")


async def session_of(handler: Handler) -> Session | None:
    """The session of the user who has logged in with this browser; None when nobody has."""
    secret = _shown(handler)
    return await handler.edge.services.browsers.session(secret) if secret else None


def secret_of(handler: Handler) -> str:
    """What only this browser knows; it gets one if it has none."""
    secret = _shown(handler)
    if not secret:
        secret = new_secret()
        _give(handler, secret)
    return secret


async def enter(handler: Handler, session: Session) -> str:
    """Let this browser be known as that of *session*, under a new secret, which is returned."""
    secret = await handler.edge.services.browsers.enter(_shown(handler), session)
    more: dict[str, Any] = {}
    if session.app == "remembered":  # it outlives the browser's window
        more["max_age"] = int(LIFETIMES[session.app].whole.total_seconds())
    _give(handler, secret, samesite="Strict" if session.app == "admin" else "Lax", **more)
    return secret


async def leave(handler: Handler) -> None:
    """Let this browser be nobody's."""
    await handler.edge.services.browsers.leave(_shown(handler))
    _give(handler, new_secret())


def require_same_site(handler: Handler) -> None:
    """Refuse what a page of another site has sent."""
    headers = handler.request.headers
    site, origin = headers.get("Sec-Fetch-Site"), headers.get("Origin")
    # Pages that send no referrer send `Origin: null` with their forms, so the newer header decides.
    is_ours = (
        site == "same-origin" if site else origin in (None, handler.edge.services.oauth.issuer)
    )
    if not is_ours:
        raise Forbidden("site_other", "This was not sent from a page of ours.")


def _name(handler: Handler) -> str:
    return "__Host-sid" if _is_secure(handler) else "sid"


def _is_secure(handler: Handler) -> bool:
    return handler.edge.services.oauth.issuer.startswith("https://")


def _shown(handler: Handler) -> str:
    secret = handler.get_cookie(_name(handler)) or ""
    return secret if _SECRET.fullmatch(secret) else ""


def _give(handler: Handler, secret: str, **more: Any) -> None:
    name = _name(handler)
    # Whoever asks again during this request gets the same.
    handler.request.cookies[name] = Morsel()
    handler.request.cookies[name].set(name, secret, secret)
    secure = _is_secure(handler)
    handler.set_cookie(
        name, secret, path="/", secure=secure, httponly=True, **({"samesite": "Lax"} | more)
    )
