"""The base of the handlers: rate limits, the browser, the caller, and one log line a request."""

import asyncio
import functools
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import structlog
from tornado.web import HTTPError

from handlers.http import token_auth
from handlers.http.browser import Browser
from handlers.http.client_ip import address_of
from handlers.http.operation_runner import Edge
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

_log = structlog.get_logger(__name__)

_SMALL: Final = 4 * 1024


class Handler(ProblemHandler):
    """Base of the operations and of what is in no table: one log line a request."""

    SUPPORTED_METHODS = ("GET", "HEAD", "POST", "DELETE", "PATCH", "PUT", "OPTIONS")

    edge: Edge
    began: float
    _said: Mapping[str, str] = MappingProxyType({})

    def initialize(self, edge: Edge, **_: Any) -> None:
        """Take what the routing table gives."""
        self.edge = edge
        self.began = time.perf_counter()
        edge.running.begin()

    def on_finish(self) -> None:
        """Log the canonical line."""
        super().on_finish()
        self.edge.running.end()
        log_request(self, self.edge, self.route, self.began)

    @property
    def route(self) -> str:
        """The path as it stands in the table."""
        return "unknown"

    def set_default_headers(self) -> None:
        """See `ProblemHandler.set_default_headers`; what the limits say survives an error."""
        super().set_default_headers()
        self.say(self._said)

    def say(self, headers: Mapping[str, str]) -> None:
        """Have *headers* in the answer, whatever it will be."""
        self._said = headers
        for name, value in headers.items():
            self.set_header(name, value)

    @property
    def origin(self) -> RequestOrigin:
        """Where the request came from."""
        return RequestOrigin(
            address=address_of(self.request, self.edge.proxies),
            agent=self.request.headers.get("User-Agent", ""),
            request=self.request_id,
        )

    @functools.cached_property
    def turnstile(self) -> RequestRateLimit:
        """The limits for this request."""
        return RequestRateLimit(self, self.edge.limits)

    def password_gate(self, address: str) -> LoginThrottle:
        """The tries that the password of *address* has left, here."""
        return LoginThrottle(self, self.turnstile, self.edge.services.account, address)

    @functools.cached_property
    def browser(self) -> Browser:
        """The browser that asks, if it is one."""
        return Browser(self, self.edge.services.account)

    async def identify(self) -> Caller:
        """Who asks."""
        services = self.edge.services
        return await token_auth.caller_of(services.account, services.oauth, self.request)

    async def charge_call(self, operation: Operation[Any], call: Call) -> None:
        """Take of the surface of *operation* what *call* costs, or refuse."""
        if operation.limit == LOGIN:
            await self.password_gate(address_in(call.body)).enter()
            return
        surface, parties = parties_of(operation, call)
        await self.turnstile.take(surface, parties, operation.cost_of(call))

    async def carry_out(self, operation: Operation[Any], call: Call) -> Reply:
        """What *operation* answers to *call*; the browser that asks is what the answer says."""
        async with self.turnstile.counting_failures(operation, call):
            reply = await self.edge.perform(operation, call)
        if operation.limit == LOGIN:
            is_browser = call.body.get("app") in BROWSERS
            await self.password_gate(address_in(call.body)).was_right(is_browser=is_browser)
        if reply.start_session is not None:
            await self.browser.enter(reply.start_session)
            if reply.trust_device:
                self.browser.trust(reply.trust_device)
        if reply.end_session:
            await self.browser.leave()
        return reply

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """See `ProblemHandler.write_error`; a network that is refused too often is hung up on."""
        refusal = count_refusal(self, self.edge, self.origin.household)
        if refusal is not None:
            kwargs["exc_info"] = (type(refusal), refusal, None)
        super().write_error(status_code, **kwargs)

    def require_few_refusals(self) -> None:
        """Refuse what is large, before it is read, of a network that is refused too often."""
        if self.edge.limits.is_on and len(self.request.body) > _SMALL:
            loop = asyncio.get_running_loop()
            self.turnstile.require(self.edge.refused.look(self.origin.household, loop.time()))

    def query(self) -> dict[str, str]:
        """The parameters behind the path, each once."""
        return query_of(self.request)


class NotFoundHandler(Handler):
    """Whatever is not in the table."""

    async def prepare(self) -> None:
        """Answer 404, so many times a minute."""
        await self.turnstile.take("public")
        raise HTTPError(404)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer 404 also to a method that is nowhere: what is not there allows nothing."""
        if status_code == 405:
            status_code = 404
            self.set_status(status_code)
        super().write_error(status_code, **kwargs)


def log_request(handler: ProblemHandler, edge: Edge, route: str, began: float) -> None:
    """Log the canonical line of a request that *began* then, and count it."""
    took = time.perf_counter() - began
    method, status = handler.request.method, handler.get_status()
    edge.metrics.requests.labels(method, route, str(status)).inc()
    edge.metrics.request_s.labels(method, route).observe(took)
    _log.info(
        "request",
        method=method,
        route=route,
        status=status,
        ms=round(took * 1000, 1),
        request_id=handler.request_id,
    )
