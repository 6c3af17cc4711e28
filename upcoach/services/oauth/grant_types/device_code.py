"""The device flow (RFC 8628): a device without a browser shows a code that its user types in
elsewhere.

The device polls with a long code; the user's answer waits under a name that is made from it.
"""

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Collection
from typing import Final

import msgspec

from models.access.scope import Scope
from models.account import Session
from models.base.errors import NotFound
from models.base.merge_patch import Json
from models.oauth.client import OAuthClient
from upcoach.services.base.oauth_errors import OAuthError, invalid_grant
from upcoach.services.base.request_parameters import Parameters
from upcoach.services.oauth.base.clients import OAuthClients
from upcoach.services.oauth.base.grants import Grants
from upcoach.services.oauth.base.resource_indicators import asked_audiences, asked_scopes
from upcoach.services.oauth.base.token_issuing import Allowed, Issuing
from upcoach.store.secrets.one_time_tokens import OneTimeTokens

LIFE: Final = dt.timedelta(minutes=10)
INTERVAL: Final = dt.timedelta(seconds=5)
LEEWAY: Final = dt.timedelta(seconds=1)  # by which the network may push two polls together
PATH: Final = "/oauth/device"
LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so no words (RFC 8628, 6.1)
LENGTH: Final = 8  # 20^8, of which few are alive for ten minutes
_DEVICE: Final = "device code"
_USER: Final = "user code"
_ANSWER: Final = "device answer"
_POLL: Final = "device poll"


class DeviceRequest(msgspec.Struct, frozen=True):
    """A device's request; *answer* is where its user's answer will wait."""

    client: str
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]
    answer: str


class DeviceAnswer(msgspec.Struct, frozen=True):
    """The user's answer: what they allow, or None."""

    allowed: Allowed | None


class DevicePrompt(msgspec.Struct, frozen=True):
    """The consent that a user is asked for."""

    client: OAuthClient
    permissions: tuple[str, ...]


class DeviceGrant:
    """The device authorization grant."""

    def __init__(
        self,
        once: OneTimeTokens,
        clients: OAuthClients,
        grants: Grants,
        issuing: Issuing,
        issuer: str,
        *,
        key: bytes,
    ) -> None:
        self._once = once
        self._clients = clients
        self._grants = grants
        self._issuing = issuing
        self._issuer = issuer
        self._key = key

    async def ask(self, client: OAuthClient, form: Parameters) -> Json:
        """Issue device and user code to a device of *client*."""
        scopes = asked_scopes(form, client)
        audiences = asked_audiences(form, self._issuer, client.audiences)
        device_code = secrets.token_urlsafe(32)
        request = DeviceRequest(client.id, scopes, audiences, _derived(device_code))
        user_code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        await self._once.keep(_DEVICE, request, LIFE, device_code)
        await self._once.keep(_USER, request, LIFE, self._stretched(user_code))
        shown = as_shown(user_code)
        where = self._issuer + PATH
        return {
            "device_code": device_code,
            "user_code": shown,
            "verification_uri": where,
            "verification_uri_complete": f"{where}?user_code={shown}",
            "expires_in": int(LIFE.total_seconds()),
            "interval": int(INTERVAL.total_seconds()),
        }

    async def look(self, user_code: str) -> DevicePrompt | None:
        """The consent that the device with *user_code* asks for."""
        request = await self._once.look(_USER, self._stretched(user_code), DeviceRequest)
        client = None if request is None else await self._clients.find(request.client)
        return None if request is None or client is None else DevicePrompt(client, request.scopes)

    async def answer(self, user_code: str, session: Session, granted: Collection[str]) -> bool:
        """Store the user's answer for the device; false when there is no such device (any more)."""
        request = await self._once.take(_USER, self._stretched(user_code), DeviceRequest)
        client = None if request is None else await self._clients.find(request.client)
        if request is None or client is None:
            return False
        agreed = tuple(name for name in request.scopes if name in granted)
        allowed = await self._allowed(request, client, session, agreed) if agreed else None
        await self._once.keep(_ANSWER, DeviceAnswer(allowed), LIFE, request.answer)
        return True

    async def _allowed(
        self, request: DeviceRequest, client: OAuthClient, session: Session, agreed: tuple[str, ...]
    ) -> Allowed | None:
        """What the user allows; None if they have taken it back in the same moment."""
        scope = Scope(user=session.owner, session=session.id, device=session.device)
        await self._grants.remember(scope, client, agreed)
        try:
            lockouts, granted_at = await self._grants.rest_on(session.owner, client)
        except NotFound:
            return None
        return Allowed(
            user=session.owner,
            client=request.client,
            scopes=agreed,
            audiences=request.audiences,
            acr=session.acr,
            amr=session.amr,
            authenticated_at=session.authenticated_at,
            session=session.id,
            lockouts=lockouts,
            granted_at=granted_at,
        )

    async def poll(self, client: OAuthClient, form: Parameters, key: str) -> Json:
        """Issue tokens once the user has agreed; until then raise how to wait."""
        device_code = form.required("device_code")
        request = await self._once.look(_DEVICE, device_code, DeviceRequest)
        if request is None:
            raise OAuthError("expired_token", "This device code was already used, or has expired.")
        if request.client != client.id:
            raise invalid_grant()
        user_answer = await self._once.take(_ANSWER, request.answer, DeviceAnswer)
        if user_answer is None:
            raise await self._waiting(request)
        await self._once.take(_DEVICE, device_code, DeviceRequest)
        if user_answer.allowed is None:
            raise OAuthError("access_denied", "The user did not agree.")
        _, answer = await self._issuing.begin(user_answer.allowed, client, key, form)
        return answer

    async def _waiting(self, request: DeviceRequest) -> OAuthError:
        if await self._once.claim(_POLL, request.answer, INTERVAL - LEEWAY):
            return OAuthError("authorization_pending", "The user has not answered yet.")
        return OAuthError("slow_down", "Wait for longer between two polls.")

    def _stretched(self, user_code: str) -> str:
        """A token of 256 bits, which whoever reads the database cannot find from the code."""
        letters = _letters(user_code)
        return hmac.digest(self._key, b"user code\0" + letters.encode(), hashlib.sha256).hex()


def as_shown(user_code: str) -> str:
    """The form in which a device shows *user_code*, however somebody has typed it.

    Examples
    --------
    >>> as_shown("bcdf ghjk")
    'BCDF-GHJK'

    """
    letters = _letters(user_code)
    return f"{letters[:4]}-{letters[4:]}"


def _letters(user_code: str) -> str:
    return "".join(letter for letter in user_code.upper() if letter in LETTERS)


def _derived(device_code: str) -> str:
    return hashlib.sha256(b"answer\0" + device_code.encode()).hexdigest()
