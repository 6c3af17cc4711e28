"""Rate limits of requests: who a request is counted as, and its refusal beyond the limit."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, Protocol

from tornado.http1connection import HTTP1Connection
from tornado.web import RequestHandler

from handlers.http.cookies import cookie_of
from handlers.http.limits.rate_limit_headers import rate_limit
from handlers.http.operation_runner import OperationRunner
from handlers.http.operations import Call, Operation
from handlers.http.problem_handler import ProblemHandler
from models.access.rate_limiter import RateVerdict
from models.access.rate_limits import ONE, Cost
from models.access.request_origin import RequestOrigin
from models.account import normalised_email
from models.base.errors import Refusal, Unavailable
from streams.limits.rate_limiter import SharedRateLimiter
from upcoach.services.account import AccountServices
from upcoach.services.account.sessions.device_cookies import LIFE_S
from upcoach.services.base.oauth_errors import OAuthError

LOGIN: Final = "login"
KNOWN_DEVICE: Final = "Upcoach-Known-Device"  # what an app keeps, and sends when it logs in again
_LONGEST: Final = 128


class WaitingRequest(Protocol):
    """A request whose answer may say when to come again."""

    retry_after_s: int


class CountedRequest(WaitingRequest, Protocol):
    """A request that is counted."""

    @property
    def origin(self) -> RequestOrigin:
        """Where it came from."""

    def keep_headers(self, headers: Mapping[str, str]) -> None:
        """Set *headers* on the answer, also on that of an error."""


class RequestRateLimit:
    """The rate limits of one request."""

    def __init__(self, request: CountedRequest, limits: SharedRateLimiter) -> None:
        self._request = request
        self._limits = limits

    @property
    def is_on(self) -> bool:
        """Whether anything is counted."""
        return self._limits.is_on

    async def take(
        self,
        surface: str,
        parties: dict[str, str] | None = None,
        cost: Cost = ONE,
        *,
        charge: bool = True,
    ) -> None:
        """Take *cost* of *surface*, or refuse with a 429; without *charge* only look."""
        verdict = await self._limits.take(surface, self._named(parties), cost, charge=charge)
        self._request.keep_headers(rate_limit(verdict))
        self.require(verdict)

    @contextlib.asynccontextmanager
    async def counting_failures(self, operation: Operation[Any], call: Call) -> AsyncIterator[None]:
        """Refuse *call* after too many failures of its kind, and count it if it fails too."""
        failures = operation.failures
        if failures is None:
            yield
            return
        _, parties = parties_of(operation, call)
        await self.take(failures.surface, parties, charge=False)
        try:
            yield
        except (OAuthError, Refusal) as refusal:
            code = refusal.error if isinstance(refusal, OAuthError) else refusal.code
            if code == failures.code:
                await self.charge(failures.surface, parties)
            raise

    async def charge(self, surface: str, parties: dict[str, str]) -> None:
        """Count one request on *surface*, whether or not one was left."""
        await self._limits.take(surface, self._named(parties))

    async def owe(self, surface: str, parties: dict[str, str], cost: Cost) -> None:
        """See `SharedRateLimiter.owe`."""
        await self._limits.owe(surface, self._named(parties), cost)

    async def forgive(self, surface: str, parties: dict[str, str]) -> None:
        """See `SharedRateLimiter.forgive`."""
        await self._limits.forgive(surface, self._named(parties))

    def _named(self, parties: dict[str, str] | None) -> dict[str, str]:
        return {"ip": self._request.origin.household} | (parties or {})

    async def give_back(self, surface: str, parties: dict[str, str]) -> None:
        """See `SharedRateLimiter.give_back`."""
        await self._limits.give_back(surface, self._named(parties))

    def require(self, verdict: RateVerdict) -> None:
        """Refuse with a 429 a request that has to wait."""
        if verdict.wait_s:
            raise too_often(self._request, verdict)


def too_often(request: WaitingRequest, verdict: RateVerdict) -> Unavailable:
    """The refusal of *request*, which may come again when *verdict* says."""
    request.retry_after_s = verdict.retry_after_s
    return Unavailable(
        "requests_too_many",
        f"Too many requests. Try again in {request.retry_after_s} s.",
        extra={"after": math.ceil(verdict.wait_s * 1000)},
    )


def count_refusal(
    handler: ProblemHandler, runner: OperationRunner, network: str
) -> Unavailable | None:
    """Count a refusal; the 429 of a network that had too many, whose connection is then closed."""
    if not runner.limits.is_on:
        return None
    verdict = runner.refused.take(network, asyncio.get_running_loop().time())
    if not verdict.wait_s:
        return None
    connection = handler.request.connection
    assert isinstance(connection, HTTP1Connection)
    connection._disconnect_on_finish = True  # noqa: SLF001 - as for `Connection: close`
    return too_often(handler, verdict)


class LoginThrottle:
    """The limit on logins to one address, apart for devices that have logged in before."""

    def __init__(
        self,
        handler: RequestHandler,
        request_limit: RequestRateLimit,
        account: AccountServices,
        address: str,
    ) -> None:
        self._handler = handler
        self._request_limit = request_limit
        self._device_cookies = account.device_cookies
        self._address = normalised_email(address)
        self._is_secure = account.tokens.issuer.startswith("https://")

    async def take_attempt(self) -> None:
        """Count an attempt, or refuse: for this device if the account knows it, else for all."""
        device = self._device_cookies.name(self._device_token(), self._address)
        await self._request_limit.take(_surface(device), self._parties(device))

    async def give_back(self) -> None:
        """Take back an attempt that nobody could look at."""
        device = self._device_cookies.name(self._device_token(), self._address)
        await self._request_limit.give_back(_surface(device), self._parties(device))

    async def reset(self, *, is_browser: bool) -> None:
        """Reset the count after a login, and mark this device as one that has logged in."""
        if not self._request_limit.is_on:
            return
        device = self._device_cookies.name(self._device_token(), self._address)
        await self._request_limit.forgive(_surface(device), self._parties(device))
        token = self._device_token() if device else self._device_cookies.token(self._address)
        if is_browser:
            self._handler.set_cookie(
                self._cookie_name(),
                token,
                path="/",
                max_age=LIFE_S,
                secure=self._is_secure,
                httponly=True,
                samesite="Strict",
            )
        else:
            self._handler.set_header(KNOWN_DEVICE, token)

    def _device_token(self) -> str:
        cookie = cookie_of(self._handler.request, self._cookie_name())
        return self._handler.request.headers.get(KNOWN_DEVICE, cookie)[:_LONGEST]

    def _cookie_name(self) -> str:
        return "__Host-known" if self._is_secure else "known"

    def _parties(self, device: str) -> dict[str, str]:
        return {"account": self._address, "device": device}


def _surface(device: str) -> str:
    return "known" if device else LOGIN


def parties_of(operation: Operation[Any], call: Call) -> tuple[str, dict[str, str]]:
    """The surface that *call* is counted on, and as whom."""
    caller = call.caller
    if caller is not None and caller.is_client:
        return "integration", {"client": caller.client}
    if caller is not None:
        user = caller.scope.user
        # Mails go to the address that is named, which may be a stranger's, or else to their own.
        address, session = address_in(call.body) or user, caller.scope.session
        return operation.limit, {"user": user, "address": address, "session": session}
    body = call.body if isinstance(call.body, dict) else {}
    if operation.limit == "refresh":
        token = str(body.get("refresh_token", ""))
        return "refresh", {"session": ".".join(token.split(".")[:3])[:_LONGEST]}
    return operation.limit, {"address": address_in(body), "client": call.client}


def address_in(body: object) -> str:
    """The address that a body names, in the form in which accounts are found."""
    email = body.get("email") if isinstance(body, dict) else None
    return normalised_email(email) if isinstance(email, str) else ""
