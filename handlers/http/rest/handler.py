"""The base of the handlers: rate limits, the browser, the caller, and one log line a request."""

import asyncio
import functools
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import structlog
from tornado.web import HTTPError

from handlers.http import cors, token_auth
from handlers.http.browser import Browser
from handlers.http.client_ip import origin_of
from handlers.http.operation_runner import OperationRunner
from handlers.http.operations import Call, Operation, Reply
from handlers.http.problem_handler import ProblemHandler
from handlers.http.rate_limiting import (
    LOGIN,
    LoginThrottle,
    RequestRateLimit,
    address_in,
    count_refusal,
    parties_of,
)
from handlers.http.rest.request_reader import query_of
from models.access.caller import Caller
from models.access.request_origin import RequestOrigin
from models.account import BROWSERS
from models.base.errors import Unavailable
from upcoach.services.account.passwords import BUSY

_log = structlog.get_logger(__name__)

UNKNOWN: Final = "unknown"  # the route of a path that is in no table
LONGEST_PATH: Final = 120  # characters of such a path in the log

_SMALL: Final = 4 * 1024


class Handler(ProblemHandler):
    """Base of the handlers: rate limits, the caller, and one log line a request."""

    SUPPORTED_METHODS = ("GET", "HEAD", "POST", "DELETE", "PATCH", "PUT", "OPTIONS")

    runner: OperationRunner
    began: float
    _kept_headers: Mapping[str, str] = MappingProxyType({})

    def initialize(self, runner: OperationRunner, **_: Any) -> None:
        """Take what the routing table gives."""
        self.runner = runner
        self.began = time.perf_counter()
        runner.in_flight.begin()

    def on_finish(self) -> None:
        """Log the canonical line."""
        super().on_finish()
        self.runner.in_flight.end()
        log_request(self, self.runner, self.route, self.began)

    @property
    def route(self) -> str:
        """The path as it stands in the table."""
        return UNKNOWN

    def set_default_headers(self) -> None:
        """See `ProblemHandler.set_default_headers`; those of rate limits survive an error."""
        super().set_default_headers()
        self.keep_headers(self._kept_headers)

    def keep_headers(self, headers: Mapping[str, str]) -> None:
        """Set *headers* on the answer, also on that of an error."""
        self._kept_headers = headers
        for name, value in headers.items():
            self.set_header(name, value)

    @property
    def origin(self) -> RequestOrigin:
        """Where the request came from."""
        return origin_of(self.request, self.runner.proxies, self.request_id)

    @functools.cached_property
    def request_limit(self) -> RequestRateLimit:
        """The rate limits of this request."""
        return RequestRateLimit(self, self.runner.limits)

    def login_throttle(self, address: str) -> LoginThrottle:
        """The limit on logins to *address*."""
        return LoginThrottle(self, self.request_limit, self.runner.services.account, address)

    @functools.cached_property
    def browser(self) -> Browser:
        """The browser that sends the request, if it is one."""
        return Browser(self, self.runner.services.account)

    async def identify(self) -> Caller:
        """The caller, by their token."""
        services = self.runner.services
        return await token_auth.caller_of(services.account, services.oauth, self.request)

    async def charge_call(self, operation: Operation[Any], call: Call) -> None:
        """Charge what *call* costs, or refuse; what is wrong in itself costs nothing."""
        if operation.check is not None:
            operation.check(call)
        if operation.limit == LOGIN:
            await self.login_throttle(address_in(call.body)).take_attempt()
            return
        surface, parties = parties_of(operation, call)
        await self.request_limit.take(surface, parties, operation.cost_of(call))

    async def carry_out(self, operation: Operation[Any], call: Call) -> Reply:
        """Run *operation* for *call*, and start or end the session of the browser as it says."""
        async with self.request_limit.counting_failures(operation, call):
            try:
                reply = await self.runner.perform(operation, call)
            except Unavailable as refusal:
                if operation.limit == LOGIN and refusal.code == BUSY:  # nothing was compared
                    await self.login_throttle(address_in(call.body)).give_back()
                raise
        if operation.limit == LOGIN:
            is_browser = call.body.get("app") in BROWSERS
            await self.login_throttle(address_in(call.body)).reset(is_browser=is_browser)
        if reply.start_session is not None:
            await self.browser.start_session(reply.start_session)
            if reply.trust_device:
                self.browser.trust_device(reply.trust_device)
        if reply.end_session:
            await self.browser.end_session()
        return reply

    async def options(self, *_: str, **__: str) -> None:
        """Answer with the methods that are allowed, so many times a minute."""
        await self.request_limit.take("public")
        super().options()
        preflight = await cors.preflight_headers(self.request, self.web_origins, self.allowed())
        for name, value in preflight.items():
            self.set_header(name, value)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """See `ProblemHandler.write_error`; a network with too many refusals is disconnected."""
        refusal = count_refusal(self, self.runner, self.origin.household)
        if refusal is not None:
            kwargs["exc_info"] = (type(refusal), refusal, None)
        super().write_error(status_code, **kwargs)

    def require_few_refusals(self) -> None:
        """Refuse what is large, before it is read, of a network that is refused too often."""
        if self.runner.limits.is_on and len(self.request.body) > _SMALL:
            loop = asyncio.get_running_loop()
            self.request_limit.require(self.runner.refused.look(self.origin.household, loop.time()))

    def query(self) -> dict[str, str]:
        """The parameters behind the path, each once."""
        return query_of(self.request)


class NotFoundHandler(Handler):
    """Answers 404 to every path that is not in the table."""

    async def prepare(self) -> None:
        """Answer 404, so many times a minute."""
        await self.request_limit.take("public")
        raise HTTPError(404)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer 404 also to a method that is nowhere: what is not there allows nothing."""
        if status_code == 405:
            status_code = 404
            self.set_status(status_code)
        super().write_error(status_code, **kwargs)


def log_request(handler: ProblemHandler, runner: OperationRunner, route: str, began: float) -> None:
    """Log the canonical line of a request that *began* then, and count it."""
    took = time.perf_counter() - began
    method, status = handler.request.method, handler.get_status()
    runner.metrics.requests.labels(method, route, str(status)).inc()
    runner.metrics.request_s.labels(method, route).observe(took)
    asked = {"path": loggable_path(handler.request.path)} if route == UNKNOWN else {}
    _log.info(
        "request",
        method=method,
        route=route,
        **asked,
        status=status,
        ms=round(took * 1000, 1),
        request_id=handler.request_id,
    )


def loggable_path(path: str) -> str:
    r"""The beginning of a *path* that is in no table, for the log: printable, and not long.

    Examples
    --------
    >>> loggable_path("/v1/gaols"), loggable_path("/a\x1b[2J" + "b" * 300)[:10]
    ('/v1/gaols', '/a?[2Jbbbb')

    """
    shown = "".join(letter if letter.isprintable() else "?" for letter in path[:LONGEST_PATH])
    return shown if len(path) <= LONGEST_PATH else f"{shown}…"
