"""Operations over HTTP."""

import asyncio
import hashlib
import re
import time
from typing import Any, Final

import msgspec
import structlog
import uuid_utils
from tornado.httputil import HTTPHeaders
from tornado.web import HTTPError, RequestHandler

from handlers import operations, problems
from handlers.operations import Call, Operation, Reply, Route
from models.errors import Invalid, Refusal
from models.measures import Measures
from models.scope import Scope
from upcoach.services import Services

_log = structlog.get_logger(__name__)

_MEDIA_TYPES: Final = {
    "json": {"application/json"},
    "merge-patch": {"application/merge-patch+json", "application/json"},
    "zip": {"application/zip", "application/x-zip-compressed", "application/octet-stream"},
}
_ETAG: Final = re.compile(r'^"v([1-9][0-9]{0,8})"\Z')
_LARGE: Final = 64 * 1024  # bytes of JSON beyond which reading them would hold the loop
_REQUEST_ID: Final = re.compile(r"^[A-Za-z0-9._:-]{1,128}\Z")


class Edge(msgspec.Struct, frozen=True):
    """What every handler needs."""

    services: Services
    epoch: str
    measures: Measures

    async def perform(self, operation: Operation, call: Call) -> Reply:
        """What *operation* answers to *call*; repeats and conflicts are counted."""
        try:
            reply = await operation.run(self.services, call)
        except Refusal as refusal:
            self._count("refused" if refusal.code == "conflict" else "", refusal.replayed)
            raise
        self._count("merged" if reply.merged else "", reply.replayed)
        return reply

    def _count(self, resolution: str, replayed: bool) -> None:  # noqa: FBT001 - counted, not asked
        if replayed:
            self.measures.replays.inc()
        elif resolution:
            self.measures.conflicts.labels(resolution).inc()


class Handler(RequestHandler):
    """Base of all handlers: problems instead of pages, one log line a request."""

    SUPPORTED_METHODS = ("GET", "HEAD", "POST", "DELETE", "PATCH", "PUT", "OPTIONS")

    edge: Edge
    began: float
    request_id: str = ""

    def initialize(self, edge: Edge, **_: Any) -> None:
        """Take what the routing table gives."""
        self.edge = edge

    def set_default_headers(self) -> None:
        """The headers of every answer."""
        if not self.request_id:  # Tornado asks for the headers again before it answers an error
            self.began = time.perf_counter()
            given = self.request.headers.get("X-Request-Id", "")
            self.request_id = given if _REQUEST_ID.match(given) else str(uuid_utils.uuid7())
        self.clear_header("Server")
        self.set_header("X-Request-Id", self.request_id)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with a problem, whatever went wrong."""
        failure = kwargs.get("exc_info", (None, None, None))[1]
        members = {"instance": self.request.path, "request_id": self.request_id}
        if isinstance(failure, Refusal):
            self.set_status(problems.status_of(failure))
            body = problems.problem(failure, **members)
            if failure.replayed:
                self.set_header("Idempotency-Replayed", "true")
        else:
            detail = (failure.log_message or "") if isinstance(failure, HTTPError) else ""
            body = problems.http_problem(status_code, detail, **members)
        if self.get_status() in (429, 503):
            self.set_header("Retry-After", "1")
        if self.get_status() == 401:
            self.set_header("WWW-Authenticate", "Bearer")
        self.set_header("Content-Type", problems.MEDIA_TYPE)
        self.finish(msgspec.json.encode(body))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log what nobody expected; refusals are answers."""
        if not isinstance(value, Refusal | HTTPError):
            _log.error("request_failed", request_id=self.request_id, exc_info=(typ, value, tb))

    def on_finish(self) -> None:
        """Log the canonical line."""
        took = time.perf_counter() - self.began
        route = self.route
        status = self.get_status()
        self.edge.measures.requests.labels(self.request.method, route, str(status)).inc()
        self.edge.measures.request_s.labels(self.request.method, route).observe(took)
        _log.info(
            "request",
            method=self.request.method,
            route=route,
            status=status,
            ms=round(took * 1000, 1),
            request_id=self.request_id,
        )

    @property
    def route(self) -> str:
        """The path as it stands in the table."""
        return "unknown"

    def compute_etag(self) -> str | None:
        """No ETag but the version's."""
        return None


class Missing(Handler):
    """Whatever is not in the table."""

    def prepare(self) -> None:
        """Answer 404."""
        raise HTTPError(404)


class OperationHandler(Handler):
    """A path with its operations."""

    def initialize(self, edge: Edge, route: Route | None = None, **_: Any) -> None:
        """Take the route."""
        super().initialize(edge)
        assert route is not None
        self._route = route

    @property
    def route(self) -> str:
        """See `Handler.route`."""
        return self._route.path

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """See `Handler.write_error`; a 405 says what is allowed (RFC 9110, 15.5.6)."""
        # Here, because Tornado drops the headers that were set before an error.
        if status_code == 405:
            self.set_header("Allow", self._allowed())
        super().write_error(status_code, **kwargs)

    async def get(self, **names: str) -> None:
        """Run the operation."""
        await self._run(names)

    head = get
    post = get
    put = get
    patch = get
    delete = get

    def options(self, **_: str) -> None:
        """Say what is allowed."""
        self.set_header("Allow", self._allowed())
        self.set_status(204)

    async def _run(self, names: dict[str, str]) -> None:
        method = "GET" if self.request.method == "HEAD" else self.request.method
        operation = self._route.operations.get(method or "")
        if operation is None:
            raise HTTPError(405)
        call = await self._call(operation, names)
        reply = await self.edge.perform(operation, call)
        self._reply(reply)

    def _allowed(self) -> str:
        methods = set(self._route.operations) | {"OPTIONS"}
        return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))

    async def _call(self, operation: Operation, names: dict[str, str]) -> Call:
        caller = None if operation.public else self._caller()
        content = self._content(operation)
        is_json = operation.body in ("json", "merge-patch")
        body = await _parsed(content) if is_json else None
        base = self._base()
        key = self.request.headers.get("Idempotency-Key")
        asked = body if is_json else hashlib.sha256(content).hexdigest()
        mutation = operations.mutation_of(
            key if operation.writes else None, operation, self.request.path, base, asked
        )
        for name in names.values():
            check_name(name)
        return Call(
            caller=caller,
            names=names,
            query=self._query(),
            body=body,
            content=content,
            base=base,
            mutation=mutation,
        )

    def _caller(self) -> Scope | None:
        token = bearer_token(self.request.headers)
        if not token:
            return Call(caller=None, names={}).scope
        return self.edge.services.accounts.authenticate(token).scope

    def _content(self, operation: Operation) -> bytes:
        content = self.request.body
        if operation.body == "none":
            return b""
        if len(content) > operation.largest:
            raise HTTPError(413, f"The body may have {operation.largest} bytes.")
        media_type = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if media_type not in _MEDIA_TYPES[operation.body]:
            wanted = " or ".join(sorted(_MEDIA_TYPES[operation.body]))
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

    def _query(self) -> dict[str, str]:
        query = {}
        for name, values in self.request.query_arguments.items():
            if len(values) > 1:
                raise Invalid("parameter_repeated", f"The parameter {name[:64]!r} comes twice.")
            query[name] = _text(values[0])
            check_name(query[name])
        return query

    def _reply(self, reply: Reply) -> None:
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
        self.finish(reply.raw if reply.raw is not None else msgspec.json.encode(reply.body))

    def _not_modified(self, version: int) -> bool:
        etag = f'"v{version}"'
        self.set_header("ETag", etag)
        known = self.request.headers.get("If-None-Match", "")
        if self.request.method in ("GET", "HEAD") and etag in known.replace("W/", ""):
            self.set_status(304)
            return True
        return False


async def _parsed(content: bytes) -> Any:
    """The JSON value of a body, which is read on another thread if it is large."""
    if len(content) > _LARGE:
        return await asyncio.to_thread(operations.parse_body, content)
    return operations.parse_body(content)


def bearer_token(headers: HTTPHeaders) -> str:
    """The token of an `Authorization` header (RFC 6750, 2.1); empty if there is none."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Invalid("parameter_invalid", "A parameter is not UTF-8.") from None


def check_name(name: str) -> None:
    """Refuse what no id, date or parameter holds."""
    if "\0" in name or len(name) > 512:
        raise Invalid("parameter_invalid", "A part of the path or the query is not an id.")
