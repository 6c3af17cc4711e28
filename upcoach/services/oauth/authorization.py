"""The authorization endpoint: requests in browsers, login, consent, redirect.

A request waits under a name that only the browser that brought it can use, until its user has
logged in and agreed.  What is wrong with the client or its redirect is shown and never sent on:
nothing proves that the redirect is the client's (RFC 9700, 4.11).
"""

import datetime as dt
import hashlib
from collections.abc import Collection
from typing import Final, TypeAlias
from urllib.parse import urlencode

import msgspec

from models.access.scope import Scope
from models.account import Session
from models.base.clock import Clock
from models.base.errors import NotFound
from models.oauth.client import OAuthClient
from models.oauth.redirects import difference
from upcoach.services.account import AccessTokens
from upcoach.services.base.oauth_errors import OAuthError
from upcoach.services.base.request_parameters import SHORT, Parameters
from upcoach.services.oauth.base.clients import OAuthClients
from upcoach.services.oauth.base.grants import Grants
from upcoach.services.oauth.base.requests import AuthorizationRequest, read_request
from upcoach.services.oauth.base.token_issuing import Allowed
from upcoach.services.oauth.grant_types.authorization_code import (
    AuthorizationCode,
    AuthorizationCodes,
)
from upcoach.services.oauth.par import PushedRequests
from upcoach.store.secrets.one_time_tokens import OneTimeTokens

LIFE: Final = dt.timedelta(minutes=30)  # how long somebody may take to log in and agree
_PURPOSE: Final = "authorization"


class Redirect(msgspec.Struct, frozen=True):
    """The browser goes to *url*, which is the client's."""

    url: str


class NeedsLogin(msgspec.Struct, frozen=True):
    """The user has to show who they are, who may be called *hint*.

    Attributes
    ----------
    redirect
        Where the browser goes in the end.

    """

    request_id: str
    client: OAuthClient
    redirect: str
    hint: str = ""


class NeedsConsent(msgspec.Struct, frozen=True):
    """The user has to agree to *permissions*; see `NeedsLogin`."""

    request_id: str
    client: OAuthClient
    redirect: str
    permissions: tuple[str, ...]


class ShownError(msgspec.Struct, frozen=True):
    """Nothing can come of it; *description* is for the person at the browser."""

    error: str
    description: str


Next: TypeAlias = Redirect | NeedsLogin | NeedsConsent | ShownError


class PendingRequest(msgspec.Struct, frozen=True):
    """A request that waits for its user; *browser* is the hash of that browser's secret."""

    request: AuthorizationRequest
    browser: bytes
    asked_at: dt.datetime


class Authorization:
    """Handles authorization requests until their redirect to the client."""

    def __init__(
        self,
        clients: OAuthClients,
        pushed_requests: PushedRequests,
        codes: AuthorizationCodes,
        grants: Grants,
        tokens: AccessTokens,
        once: OneTimeTokens,
        clock: Clock,
    ) -> None:
        self._clients = clients
        self._pushed_requests = pushed_requests
        self._codes = codes
        self._grants = grants
        self._tokens = tokens
        self._once = once
        self._clock = clock

    async def authorize(self, form: Parameters, session: Session | None, browser: str) -> Next:
        """Handle a request of *browser*, whose user is logged in as *session*."""
        client = await self._clients.find(form["client_id"])
        if client is None:
            return ShownError("invalid_client", "This app is not registered here.")
        is_pushed, redirect = "request_uri" in form, form["redirect_uri"]
        if not is_pushed and not client.admits(redirect):
            why = difference(redirect, client.redirects)
            words = f"The app is not registered to get answers at this redirect_uri: {why}."
            return ShownError("invalid_request", words)
        try:
            request = await self._read(form, client)
        except OAuthError as failure:
            if is_pushed:
                return ShownError(failure.error, failure.description)
            state = form["state"] if len(form["state"]) <= SHORT else ""
            return self._redirect(redirect, state, _error_parameters(failure))
        pending = PendingRequest(request, _hash(browser), self._clock())
        return await self._next(pending, client, session)

    async def resume(self, request_id: str, session: Session | None, browser: str) -> Next:
        """Continue a pending request."""
        pending = await self._once.look(_PURPOSE, request_id, PendingRequest)
        client = await self._client_of(pending, browser)
        if pending is None or client is None:
            return _over()
        return await self._next(pending, client, session, request_id)

    async def move(self, request_id: str, browser: str, to: str) -> None:
        """Bind a pending request to the browser's new secret *to*."""
        pending = await self._once.take(_PURPOSE, request_id, PendingRequest)
        if pending is not None and pending.browser == _hash(browser):
            moved = msgspec.structs.replace(pending, browser=_hash(to))
            await self._once.keep(_PURPOSE, moved, LIFE, request_id)

    async def approve(
        self, request_id: str, session: Session, browser: str, granted: Collection[str]
    ) -> Next:
        """Finish a request with the user's consent to what is *granted*, or to nothing."""
        pending = await self._once.take(_PURPOSE, request_id, PendingRequest)
        client = await self._client_of(pending, browser)
        if pending is None or client is None:
            return _over()
        request = pending.request
        agreed = tuple(name for name in request.scopes if name in granted)
        if not agreed:
            return self._sent(request, OAuthError("access_denied", "The user did not agree."))
        reason = self._needs_login(pending, session)
        if reason:
            return self._sent(request, OAuthError(reason, "The user has to log in again."))
        scope = Scope(user=session.owner, session=session.id, device=session.device)
        await self._grants.remember(scope, client, agreed)
        return await self._coded(msgspec.structs.replace(request, scopes=agreed), client, session)

    async def _read(self, form: Parameters, client: OAuthClient) -> AuthorizationRequest:
        if "request_uri" in form:
            return await self._pushed_requests.take(form["request_uri"], client.id)
        return read_request(form, client, form["redirect_uri"], self._tokens)

    async def _client_of(self, pending: PendingRequest | None, browser: str) -> OAuthClient | None:
        if pending is None or pending.browser != _hash(browser):
            return None
        return await self._clients.find(pending.request.client)

    async def _next(
        self,
        pending: PendingRequest,
        client: OAuthClient,
        session: Session | None,
        request_id: str = "",
    ) -> Next:
        request = pending.request
        reason = self._needs_login(pending, session)
        if session is None or reason:
            is_vain = session is not None and session.authenticated_at >= pending.asked_at
            if "none" in request.prompts or is_vain:
                return self._sent(request, OAuthError(reason, "The user has to log in."))
            name = await self._kept(pending, request_id)
            return NeedsLogin(name, client, request.redirect, request.login_hint)
        if await self._needs_consent(request, client, session):
            if "none" in request.prompts:
                return self._sent(request, OAuthError("consent_required", "The user has to agree."))
            name = await self._kept(pending, request_id)
            return NeedsConsent(name, client, request.redirect, request.scopes)
        if request_id and await self._once.take(_PURPOSE, request_id, PendingRequest) is None:
            return _over()
        return await self._coded(request, client, session)

    def _needs_login(self, pending: PendingRequest, session: Session | None) -> str:
        """The OAuth error why *session* is not enough; empty if it is."""
        request = pending.request
        if session is None or request.user not in ("", session.owner):
            return "login_required"
        is_fresh = session.authenticated_at >= pending.asked_at
        age = self._clock() - session.authenticated_at
        is_old = request.max_age is not None and age > dt.timedelta(seconds=request.max_age)
        if not is_fresh and (is_old or {"login", "select_account"} & set(request.prompts)):
            return "login_required"
        return "unmet_authentication_requirements" if session.acr < request.acr else ""

    async def _needs_consent(
        self, request: AuthorizationRequest, client: OAuthClient, session: Session
    ) -> bool:
        # Anybody may listen behind a loopback or a private-use scheme: there a person has to see
        # each request (RFC 8252, 8.6).
        if "consent" in request.prompts or not client.is_proven_by(request.redirect):
            return True
        if client.first_party:
            return False
        return not await self._grants.covers(session.owner, client, request.scopes)

    async def _kept(self, pending: PendingRequest, request_id: str) -> str:
        return request_id or await self._once.keep(_PURPOSE, pending, LIFE)

    async def _coded(
        self, request: AuthorizationRequest, client: OAuthClient, session: Session
    ) -> Redirect:
        try:
            lockouts, granted_at = await self._grants.rest_on(session.owner, client)
        except NotFound:
            return self._sent(request, OAuthError("access_denied", "Access was revoked."))
        allowed = Allowed(
            user=session.owner,
            client=request.client,
            scopes=request.scopes,
            audiences=request.audiences,
            acr=session.acr,
            amr=session.amr,
            authenticated_at=session.authenticated_at,
            nonce=request.nonce,
            session=session.id,
            lockouts=lockouts,
            granted_at=granted_at,
        )
        code = AuthorizationCode(
            allowed=allowed,
            redirect=request.redirect,
            challenge=request.challenge,
            key=request.key,
        )
        answer = {"code": await self._codes.make(code)}
        return self._redirect(request.redirect, request.state, answer)

    def _sent(self, request: AuthorizationRequest, failure: OAuthError) -> Redirect:
        return self._redirect(request.redirect, request.state, _error_parameters(failure))

    def _redirect(self, redirect: str, state: str, answer: dict[str, str]) -> Redirect:
        given = answer | ({"state": state} if state else {}) | {"iss": self._tokens.issuer}
        separator = "&" if "?" in redirect else "?"
        return Redirect(f"{redirect}{separator}{urlencode(given)}")  # `iss`: RFC 9207


def _error_parameters(failure: OAuthError) -> dict[str, str]:
    return {"error": failure.error, "error_description": failure.description}


def _hash(browser: str) -> bytes:
    return hashlib.sha256(browser.encode(errors="surrogatepass")).digest()


def _over() -> ShownError:
    return ShownError("invalid_request", "This request has expired. Start again in the app.")
