"""Browser sessions: the cookie `__Host-sid`, and the protection against CSRF; see
`upcoach.services.account.sessions.browsers`.

Other sites can make a browser send its cookie.  What changes something is therefore taken only from
pages of ours, which show by a header that they have read what only they can read.
"""

import hmac
import re
from typing import Final

from tornado.web import RequestHandler

from handlers.http import operations
from handlers.http.cookies import cookie_of
from models.access.caller import Caller
from models.account import LIFETIMES, TRUST, Session
from models.base.clock import utc_now
from models.base.errors import Forbidden, Invalid
from upcoach.services.account import AccountServices
from upcoach.services.account.sessions.browsers import caller_of, new_secret

SID: Final = "sid"
DEVICE: Final = "device"
TRUST_LENGTH: Final = 128  # characters of what a trusted device shows
CSRF: Final = "X-UpCoach-CSRF"
CLEAR: Final = '"cache", "cookies", "storage"'  # what is left of somebody who logs out
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_READS: Final = ("GET", "HEAD")


class Browser:
    """The browser that sends one request, with its cookies."""

    def __init__(self, handler: RequestHandler, account: AccountServices) -> None:
        self._handler = handler
        self._account = account
        self._is_secure = account.tokens.issuer.startswith("https://")
        cookie = cookie_of(handler.request, self._cookie_name(SID))
        self._secret = cookie if _SECRET.fullmatch(cookie) else ""
        self.previous_secret = ""  # the secret before the session started

    @property
    def secret(self) -> str:
        """The secret in the session cookie; a new one is set if there is none."""
        if not self._secret:
            self._set_secret(new_secret())
        return self._secret

    @property
    def is_on_our_page(self) -> bool:
        """Whether no page of another site has sent the request."""
        headers = self._handler.request.headers
        site, origin = headers.get("Sec-Fetch-Site"), headers.get("Origin")
        # Pages without a referrer send `Origin: null` with their forms: the newer header decides.
        return site == "same-origin" if site else origin in (None, self._account.tokens.issuer)

    def require_our_page(self) -> None:
        """Refuse what a page of another site has sent."""
        if not self.is_on_our_page:
            raise Forbidden("site_other", "This was sent from another site.")

    async def session(self) -> Session | None:
        """The session of the user who has logged in with it; None when nobody has."""
        return await self._account.browsers.session(self._secret) if self._secret else None

    async def caller(self) -> Caller:
        """The caller, by the session; what changes something needs our origin and a CSRF token."""
        session = await self.session()
        if session is None:
            raise operations.token_missing()
        self._require_own_origin()
        if self._handler.request.method not in _READS:
            self.require_our_page()
            self._require_csrf_token()
        return caller_of(session, utc_now())

    async def require_same(self, caller: Caller) -> None:
        """Refuse a token of *caller* if somebody else has logged in: whose request would it be?"""
        session = await self.session()
        if session is not None and session.owner != caller.scope.user:
            raise Invalid("callers_differ", "The token and the cookie are of different people.")

    async def start_session(self, session: Session) -> None:
        """Set *session* as that of this browser, under a new secret."""
        self.previous_secret = self._secret
        secret = await self._account.browsers.enter(self._secret, session)
        whole = LIFETIMES[session.app].whole
        # It outlives the browser's window where its user wants to be remembered.
        max_age = int(whole.total_seconds()) if session.app == "remembered" else None
        self._set_secret(secret, "Strict" if session.app == "admin" else "Lax", max_age)

    async def end_session(self) -> None:
        """End the session of this browser, and have it clear what it keeps."""
        await self._account.browsers.leave(self._secret)
        self._set_secret(new_secret())
        self._handler.set_header("Clear-Site-Data", CLEAR)

    @property
    def trusted_device(self) -> str:
        """The cookie of a trusted device; empty without one."""
        return cookie_of(self._handler.request, self._cookie_name(DEVICE))[:TRUST_LENGTH]

    def trust_device(self, shown: str) -> None:
        """Set the cookie of a trusted device."""
        self._set(DEVICE, shown, max_age=int(TRUST.total_seconds()))

    def _require_own_origin(self) -> None:
        """Refuse pages of other origins: they have tokens (`handlers.http.cors`)."""
        if "Origin" in self._handler.request.headers:
            self.require_our_page()

    def _require_csrf_token(self) -> None:
        shown = self._handler.request.headers.get(CSRF, "")
        proof = self._account.browsers.proof(self._secret, "csrf")
        if not hmac.compare_digest(shown.encode(errors="replace"), proof.encode()):
            words = f"With a cookie, send the header {CSRF} that GET /v1/auth/csrf tells."
            raise Forbidden("csrf_missing", words)

    def _set_secret(self, secret: str, same_site: str = "Lax", max_age: int | None = None) -> None:
        self._secret = secret
        self._set(SID, secret, same_site, max_age)

    def _cookie_name(self, name: str) -> str:
        return f"__Host-{name}" if self._is_secure else name

    def _set(
        self, name: str, value: str, same_site: str = "Lax", max_age: int | None = None
    ) -> None:
        self._handler.set_cookie(
            self._cookie_name(name),
            value,
            path="/",
            max_age=max_age,
            secure=self._is_secure,
            httponly=True,
            samesite=same_site,
        )
