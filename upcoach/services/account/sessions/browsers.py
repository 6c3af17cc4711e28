"""Sessions of browsers, by a secret in a cookie.

The secret has 256 random bits.  What it stands for is kept under its hash, sealed under a key that
is made from it, so who reads the database cannot pose as a browser.  The session behind it lasts
as all sessions do, and no token of it ever reaches the browser.
"""

import datetime as dt
import hashlib
import hmac
import secrets
from typing import Final, Literal

from models.access.caller import Caller
from models.access.scope import Scope
from models.account import Session
from models.account.session_lifetimes import LIFETIMES
from models.base.errors import NotFound
from models.contexts import FIRST_PARTY
from upcoach.services.account.sessions.sessions import Sessions
from upcoach.store.secrets.one_time_tokens import OneTimeTokens

_PURPOSE: Final = "browser"


class BrowserSessions:
    """The sessions of browsers."""

    def __init__(self, once: OneTimeTokens, sessions: Sessions, *, key: bytes) -> None:
        self._once = once
        self._sessions = sessions
        self._key = key

    async def session(self, secret: str) -> Session | None:
        """The session of the browser with *secret*, noted as used; None if it has none."""
        scope = await self._once.look(_PURPOSE, secret, Scope)
        if scope is None:
            return None
        try:
            session = await self._sessions.get(scope)
        except NotFound:
            return None
        return session if await self._sessions.use(session) else None

    async def enter(self, secret: str, session: Session) -> str:
        """Start *session* in the browser with *secret*; return its new secret."""
        await self.leave(secret)
        fresh = new_secret()
        scope = Scope(user=session.owner, session=session.id, device=session.device)
        await self._once.keep(_PURPOSE, scope, LIFETIMES[session.app].whole, fresh)
        return fresh

    async def leave(self, secret: str) -> None:
        """End the session of the browser with *secret*."""
        await self._once.take(_PURPOSE, secret, Scope)

    def proof(self, secret: str, of: Literal["form", "csrf"]) -> str:
        """The CSRF token of the browser with *secret*."""
        message = f"{of}\0{secret}".encode(errors="replace")
        return hmac.digest(self._key, message, hashlib.sha256).hex()


def new_secret() -> str:
    """A new secret for a browser."""
    return secrets.token_urlsafe(32)


def caller_of(session: Session, at: dt.datetime) -> Caller:
    """The caller in the browser of *session* at *at*: our own app, with all permissions.

    What they open, such as a socket, stays open no longer than the session would without use.
    """
    return Caller(
        scope=Scope(user=session.owner, session=session.id, device=session.device),
        expires_at=min(session.expires_at, at + LIFETIMES[session.app].idle),
        client=session.client,
        permissions=FIRST_PARTY,
        audiences=frozenset(session.audiences),
        acr=session.acr,
        authenticated_at=session.authenticated_at,
    )
