"""The authorization code flow with a provider, in a browser.

Each visit has a state of 256 bits, which is taken before anything that came with it is looked at.
What is kept under it names the browser by a digest of its own secret, so nobody can have another
person's browser arrive in their name (RFC 9700, 4.7).
"""

import datetime as dt
import hashlib
import hmac
import secrets
from typing import Final
from urllib.parse import urlencode

import msgspec
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from models.access.scope import Scope
from models.base.clock import Clock
from models.base.errors import Forbidden
from upcoach.services.account.federation import client_secrets
from upcoach.services.account.federation.discovery import Discovery, log_away, provider_away
from upcoach.services.account.federation.id_tokens import (
    Subject,
    id_token_invalid,
    subject_of,
    typed_name,
)
from upcoach.services.account.federation.providers import Provider
from upcoach.services.base.fetching import Fetch, Fetched, FetchFailed
from upcoach.services.base.request_parameters import Parameters
from upcoach.store.secrets.one_time_tokens import OneTimeTokens

PATIENCE: Final = dt.timedelta(minutes=10)  # for logging in at the provider
HELD_FOR: Final = dt.timedelta(minutes=1)
ANSWER: Final = ("state", "code", "iss", "error", "user")  # what a provider says by a browser
_PURPOSE: Final = "visit"
_HELD: Final = "posted answer"


class PendingAuthorization(msgspec.Struct, frozen=True, kw_only=True):
    """A pending authorization: a browser that was redirected to a provider.

    Attributes
    ----------
    guest
        A digest of what the browser alone knows.
    errand
        What it came to us for, for whoever goes on with it.
    scope
        Who wants to link the provider, and is logged in; None for whoever wants to log in.

    """

    provider: str
    guest: bytes
    nonce: str
    verifier: str
    errand: dict[str, str] = {}
    scope: Scope | None = None


class ProviderRedirect(msgspec.Struct, frozen=True):
    """Where to send a browser, and the *secret* that it has to come back with."""

    url: str
    secret: str


class ProviderReturn(msgspec.Struct, frozen=True):
    """A completed authorization: the subject, and the name that they gave."""

    visit: PendingAuthorization
    subject: Subject
    name: str


class FullName(msgspec.Struct, frozen=True):
    """A name as Apple posts it."""

    firstName: str = ""  # noqa: N815 - Apple's spelling
    lastName: str = ""  # noqa: N815


class Introduced(msgspec.Struct, frozen=True):
    """The `user` parameter that Apple posts at the first login."""

    name: FullName = FullName()


class AuthorizationFlows:
    """Begins and completes authorization code flows."""

    def __init__(self, once: OneTimeTokens, fetch: Fetch, issuer: str, clock: Clock) -> None:
        self._once = once
        self._fetch = fetch
        self._issuer = issuer
        self._clock = clock

    async def send(
        self,
        provider: Provider,
        discovery: Discovery,
        errand: dict[str, str],
        scope: Scope | None,
    ) -> ProviderRedirect:
        """Begin a flow: the provider's URL, and a secret for the browser."""
        endpoints = await discovery.endpoints()
        secret = secrets.token_urlsafe(32)
        visit = PendingAuthorization(
            provider=provider.name,
            guest=_digest(secret),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(32),
            errand=errand,
            scope=scope,
        )
        state = await self._once.keep(_PURPOSE, visit, PATIENCE)
        parameters = {
            "client_id": provider.clients[0],
            "redirect_uri": self._redirect(provider),
            "response_type": "code",
            "scope": " ".join(provider.scopes),
            "state": state,
            "nonce": visit.nonce,
            "code_challenge": create_s256_code_challenge(visit.verifier),
            "code_challenge_method": "S256",
        }
        if provider.response_mode != "query":
            parameters["response_mode"] = provider.response_mode
        separator = "&" if "?" in endpoints.authorization_endpoint else "?"
        return ProviderRedirect(
            f"{endpoints.authorization_endpoint}{separator}{urlencode(parameters)}", secret
        )

    async def hold(self, answer: dict[str, str]) -> str:
        """Store a posted response until the browser is back by GET; return its name."""
        return await self._once.keep(_HELD, answer, HELD_FOR)

    async def held(self, name: str) -> dict[str, str]:
        """Consume a response that `hold` has stored."""
        answer = await self._once.take(_HELD, name, dict[str, str])
        if answer is None:
            raise visit_over()
        return answer

    async def take_back(
        self, provider: Provider, discovery: Discovery, form: Parameters, secret: str
    ) -> ProviderReturn:
        """Complete a flow with the response *form*, in the browser with *secret*."""
        visit = await self._once.take(_PURPOSE, form["state"], PendingAuthorization)
        if visit is None or visit.provider != provider.name:
            raise visit_over()
        if not hmac.compare_digest(visit.guest, _digest(secret)):
            raise visit_over()
        # Another provider's answer may have been sent here (RFC 9207, 2.4).
        if form["iss"] and form["iss"] not in provider.issuers:
            raise visit_over()
        if form["error"] or not form["code"]:
            raise Forbidden(
                "provider_refused", "The provider did not confirm your login. Try again."
            )
        token = await self._redeem(provider, discovery, form["code"], visit.verifier)
        now = self._clock()
        subject = await subject_of(token, provider, discovery, visit.nonce, now)
        return ProviderReturn(visit, subject, _name_in(form["user"]))

    async def _redeem(
        self, provider: Provider, discovery: Discovery, code: str, verifier: str
    ) -> str:
        """Exchange *code* for an ID token."""
        endpoints = await discovery.endpoints()
        form, authorization = client_secrets.client_authentication(
            provider, endpoints, self._clock()
        )
        form |= {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect(provider),
            "code_verifier": verifier,
        }
        try:
            answer = await self._fetch(endpoints.token_endpoint, form, authorization)
            _check_status(answer)
            if answer.status != 200:
                raise Forbidden(
                    "provider_refused", "The provider did not confirm your login. Try again."
                )
            token = answer.members().get("id_token")
        except FetchFailed as failure:
            log_away(provider, failure)
            raise provider_away() from None
        if not isinstance(token, str):
            raise id_token_invalid()
        return token

    def _redirect(self, provider: Provider) -> str:
        return f"{self._issuer}/v1/auth/{provider.name}/callback"


def _check_status(answer: Fetched) -> None:
    if answer.status >= 500:
        raise FetchFailed(f"its token endpoint answers {answer.status}")


def _name_in(text: str) -> str:
    """The name in what Apple posts beside the code, which nobody has signed; empty if none."""
    try:
        name = msgspec.json.decode(text, type=Introduced).name
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    return typed_name(f"{name.firstName} {name.lastName}")


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()


def visit_over() -> Forbidden:
    """The refusal of a browser that comes back from where it was not sent, or too late."""
    return Forbidden("visit_over", "This login was started elsewhere, or has expired. Start again.")
