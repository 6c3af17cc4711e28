"""Operations over HTTP."""

import asyncio
import functools
import hashlib
import re
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec
import structlog
from tornado.httputil import HTTPServerRequest
from tornado.web import HTTPError

from handlers.http import operations, token_auth
from handlers.http.browser import Browser
from handlers.http.client_ip import address_of
from handlers.http.operation_runner import Edge
from handlers.http.operations import Call, Operation, Reply, Route
from handlers.http.problem_handler import ProblemHandler
from handlers.http.rate_limiting import (
    LOGIN,
    LoginThrottle,
    RequestRateLimit,
    address_in,
    count_refusal,
    parties_of,
)
from models.access.caller import Caller
from models.access.limits import Cost, extra_read_cost, extra_write_cost
from models.access.rate_limiter import RateVerdict
from models.access.request_origin import RequestOrigin
from models.account import BROWSERS
from models.base.errors import Invalid, Unavailable
from models.base.validation import checked
from models.wire.frames import Follows
from upcoach.store.write.requests import Mutation

_log = structlog.get_logger(__name__)

__all__ = ["Edge", "Handler", "NotFoundHandler", "OperationHandler"]

MEDIA_TYPES: Final = {
    "json": {"application/json"},
    "merge-patch": {"application/merge-patch+json", "application/json"},
    "csv": {"text/csv"},
    "zip": {"application/zip", "application/x-zip-compressed", "application/octet-stream"},
}
NAME: Final = 512  # characters of an id or a parameter
CURSOR: Final = 2_048  # of a cursor, which may stand for many places
_ETAG: Final = re.compile(r'^"v([1-9][0-9]{0,8})"\Z')
_SMALL: Final = 4 * 1024
_LARGE: Final = 64 * 1024  # bytes of JSON beyond which reading them would hold the loop


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


def query_of(request: HTTPServerRequest) -> dict[str, str]:
    """The parameters behind the path of *request*, each once."""
    query = {}
    for name, values in request.query_arguments.items():
        if len(values) > 1:
            raise Invalid("parameter_repeated", f"The parameter {name[:64]!r} comes twice.")
        query[name] = _text(values[0])
        check_name(query[name], CURSOR if name == "since" else NAME)
    return query


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


class OperationHandler(Handler):
    """A path with its operations."""

    _answered = 0  # bytes

    def initialize(self, edge: Edge, route: Route | None = None, **_: Any) -> None:
        """Take the route."""
        super().initialize(edge)
        assert route is not None
        self._route = route

    @property
    def route(self) -> str:
        """See `Handler.route`."""
        return self._route.path

    async def identify(self) -> Caller:
        """Who asks: by their token, or from the browser in which they have logged in."""
        if "Authorization" not in self.request.headers:
            return await self.browser.caller()
        caller = await super().identify()
        await self.browser.require_same(caller)
        return caller

    async def get(self, **names: str) -> None:
        """Run the operation."""
        await self._run(names)

    head = get
    post = get
    put = get
    patch = get
    delete = get

    async def _run(self, names: dict[str, str]) -> None:
        method = "GET" if self.request.method == "HEAD" else self.request.method
        operation = self._route.operations.get(method or "")
        if operation is None:
            raise HTTPError(405)
        self.require_few_refusals()
        login = None if operation.public else await self.identify()
        call = await self._call(operation, names, login)
        await self._take_turn(operation, call)
        await self.perform(operation, call)
        await self._settle(operation, call)

    async def _take_turn(self, operation: Operation[Any], call: Call) -> None:
        if call.caller is None or call.mutation is None:
            await self.charge_call(operation, call)
        else:
            await self._take_turn_in_queue(operation, call, call.caller.scope.user, call.mutation)

    async def _take_turn_in_queue(
        self, operation: Operation[Any], call: Call, user: str, mutation: Mutation
    ) -> None:
        """The same for a write with a name: it does not go ahead of those that it builds on."""
        held = self.edge.held_writes
        try:
            self.turnstile.require(RateVerdict(await held.wait_s(user, mutation.follows)))
            await self.charge_call(operation, call)
        except Unavailable as refusal:
            await held.hold(user, mutation.id, refusal.extra.get("after", 0) / 1000)
            raise
        await held.release(user, mutation.id)

    async def _settle(self, operation: Operation[Any], call: Call) -> None:
        """Charge what only the answer has shown."""
        if call.caller is None or operation.limit not in ("read", "write"):
            return
        owed = (
            extra_write_cost(call.size, self._answered)
            if operation.writes
            else extra_read_cost(self._answered)
        )
        if owed is not None:
            surface, parties = parties_of(operation, call)
            await self.turnstile.owe(surface, parties, owed)

    async def perform(self, operation: Operation[Any], call: Call) -> None:
        """Answer *call*."""
        self.reply(await self.carry_out(operation, call))

    def allowed(self) -> str:
        """See `ProblemHandler.allowed`."""
        methods = set(self._route.operations) | {"OPTIONS"}
        return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))

    async def _call(
        self, operation: Operation[Any], names: dict[str, str], login: Caller | None
    ) -> Call:
        content = self._content(operation)
        is_json = operation.body in ("json", "merge-patch") and not operation.unread
        body = await _parsed(content) if is_json else None
        base = self._base()
        key = self.request.headers.get("Idempotency-Key")
        # A write without a body is the same one that a `mut` frame without a body names.  What no
        # frame holds is told by its bytes: to write it anew would hold the loop.
        is_small = is_json and len(content) <= _LARGE
        asked = await _digest(content) if content and not is_small else body
        mutation = operations.mutation_of(
            key if operation.writes else None,
            operation,
            self.request.path,
            base,
            asked,
            self._follows(),
        )
        for name in names.values():
            check_name(name)
        return Call(
            caller=login,
            names=names,
            query=self.query(),
            body=body,
            content=content,
            base=operation.base_of(base),
            mutation=mutation,
            origin=self.origin,
            browser=self.browser.secret if self._is_by_cookie(login) else "",
            is_foreign=not self.browser.is_on_our_page,
            trusted=self.browser.trusted,
            size=len(content),
            charge=functools.partial(self._charge, login),
        )

    async def _charge(self, login: Caller | None, cost: Cost) -> None:
        """Charge what *login* would keep beyond the request itself."""
        if login is not None:
            await self.turnstile.take("write", {"user": login.scope.user}, cost)

    def _is_by_cookie(self, login: Caller | None) -> bool:
        return login is not None and "Authorization" not in self.request.headers

    def _content(self, operation: Operation[Any]) -> bytes:
        content = self.request.body
        if operation.body == "none":
            return b""
        if len(content) > operation.largest:
            raise HTTPError(413, f"The body may have {operation.largest} bytes.")
        media_type = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if media_type not in MEDIA_TYPES[operation.body]:
            wanted = " or ".join(sorted(MEDIA_TYPES[operation.body]))
            raise HTTPError(415, f"Send {wanted}.")
        return content

    def _base(self) -> int | None:
        header = self.request.headers.get("If-Match")
        if header is None:
            return None
        match = _ETAG.match(header.strip())
        if match is None:
            raise Invalid("version_invalid", 'If-Match holds one version: "v3".')
        return int(match[1])

    def _follows(self) -> list[str]:
        header = self.request.headers.get("Upcoach-Follows", "")
        names = [name.strip() for name in header.split(",") if name.strip()]
        try:
            return checked(names, Follows)
        except Invalid as failure:
            raise Invalid("follows_invalid", f"Upcoach-Follows: {failure.detail}") from None

    def reply(self, reply: Reply) -> None:
        """Answer with *reply*."""
        for name, value in reply.headers.items():
            self.set_header(name, value)
        cursor = operations.cursor_text(self.edge.epoch, reply)
        if cursor is not None:
            self.set_header("Upcoach-Cursor", cursor)
        if reply.merged:
            self.set_header("Upcoach-Merged", ", ".join(reply.merged))
        if reply.replayed:
            self.set_header("Idempotency-Replayed", "true")
        self.set_status(reply.status)
        if reply.version is not None and self._not_modified(reply.version):
            return
        if reply.status == 204:
            return
        self.set_header("Content-Type", "application/json; charset=utf-8")
        content = reply.raw if reply.raw is not None else msgspec.json.encode(reply.body)
        self._answered = len(content)
        self.finish(content)

    def _not_modified(self, version: int) -> bool:
        etag = f'"v{version}"'
        self.set_header("ETag", etag)
        known = self.request.headers.get("If-None-Match", "")
        if self.request.method in ("GET", "HEAD") and etag in known.replace("W/", ""):
            self.set_status(304)
            return True
        return False


async def _digest(content: bytes) -> str:
    """The SHA-256 of a body, taken on another thread if it is large."""
    if len(content) > _LARGE:
        return (await asyncio.to_thread(hashlib.sha256, content)).hexdigest()
    return hashlib.sha256(content).hexdigest()


async def _parsed(content: bytes) -> Any:
    """The JSON value of a body, which is read on another thread if it is large."""
    if len(content) > _LARGE:
        return await asyncio.to_thread(operations.parse_body, content)
    return operations.parse_body(content)


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Invalid("parameter_invalid", "A parameter is not UTF-8.") from None


def check_name(name: str, longest: int = NAME) -> None:
    """Refuse what no id, date or parameter holds."""
    if "\0" in name or len(name) > longest:
        raise Invalid("parameter_invalid", "A part of the path or the query is not an id.")
