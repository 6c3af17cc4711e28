"""Limits on request bodies: how much a node holds at once, and who may send more.

A request's headers are looked at before its body comes.  Only who shows a token that holds, or the
cookie of a session, may send what is large; who does not is told so at once, and the rest of what
they send is read and dropped, since a connection that is closed with input unread loses the answer.
"""

import asyncio
import contextlib
import math
import re
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, Final

from tornado.http1connection import HTTP1Connection
from tornado.httputil import (
    HTTPHeaders,
    HTTPInputError,
    HTTPMessageDelegate,
    HTTPServerRequest,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import IOStream, StreamClosedError
from tornado.web import HTTPError, _HandlerDelegate

from handlers.http import operations, token_auth
from handlers.http.client_ip import Network, address_of
from handlers.http.limits.byte_budget import ByteBudget, ByteReservation
from handlers.http.limits.upload_meter import UploadMeter
from handlers.http.operation_runner import OperationRunner
from handlers.http.rest.handler import Handler
from handlers.http.rest.request_owner import admit, hold_by_headers, owner_of, secret_of
from handlers.http.rest.upload_spool import UploadSpool, not_spooled
from models.access.limits import (
    ANONYMOUS_BODY_BYTES,
    ANONYMOUS_BODY_S,
    ARCHIVE_S,
    AUTHENTICATED_BODY_BYTES,
    AUTHENTICATED_BODY_S,
    CHUNKS,
    DROPPED_BYTES,
    HELD_BY_ANONYMOUS,
    HELD_BY_AUTHENTICATED,
    HELD_BY_NETWORK,
    HELD_BY_USER,
    LEAST_CHUNK,
    LINGER_S,
    SPOOLED_BY_ALL,
    SPOOLED_BY_USER,
    UNCOUNTED_BYTES,
    UPLOAD_S,
)
from models.access.request_origin import RequestOrigin
from models.base.errors import Refusal, Unavailable
from upcoach.services.account import AccountServices

ANY_BYTES: Final = 1 << 60  # of a body, of which this module counts by itself what may come
# Of what is longer, or no number, the connection itself finds that it is too much, or none.
_LENGTH: Final = re.compile("[0-9]{1,18}")
_PARTS_OF_A_JWT: Final = 3


class BodyLimits:
    """How many bytes of bodies a node holds, and for whom."""

    def __init__(
        self, account: AccountServices, proxies: tuple[Network, ...], folder: Path | None
    ) -> None:
        self._account = account
        self._proxies = proxies
        self._folder = folder
        self._meter = UploadMeter()
        self._spooled = ByteBudget(SPOOLED_BY_USER, SPOOLED_BY_ALL)
        self._anonymous = ByteBudget(HELD_BY_NETWORK, HELD_BY_ANONYMOUS)
        self._authenticated = ByteBudget(HELD_BY_USER, HELD_BY_AUTHENTICATED)

    @property
    def held(self) -> int:
        """The bytes that are held in all."""
        return self._anonymous.total + self._authenticated.total

    @property
    def spooled(self) -> int:
        """The bytes that are on the disk in all."""
        return self._spooled.total

    def spool_for(self, user: str) -> UploadSpool:
        """A spool for *user*, with nothing in it; `Unavailable` if they have sent too much."""
        wait_s = self._meter.wait_s(user, asyncio.get_running_loop().time())
        if wait_s:
            words = "You have sent too many large files. Send this one later."
            raise Unavailable("requests_too_many", words, extra={"after": math.ceil(wait_s * 1000)})
        try:
            return UploadSpool(self._folder, ByteReservation(self._spooled, user))
        except OSError as failure:
            raise not_spooled(failure) from None

    def count_spooled(self, user: str, size: int) -> None:
        """Count *size* bytes that *user* has sent to the disk, whatever comes of them."""
        self._meter.count(user, size, asyncio.get_running_loop().time())

    def reserve_for(self, user: str) -> ByteReservation:
        """A reservation for *user*, of nothing yet."""
        return ByteReservation(self._authenticated, user)

    def reserve_for_network(self, request: HTTPServerRequest) -> ByteReservation:
        """A reservation for the network of *request*, whose sender is not known."""
        origin = RequestOrigin(address=address_of(request, self._proxies))
        return ByteReservation(self._anonymous, origin.household)

    async def owner(self, request: HTTPServerRequest) -> str:
        """The user whose token or session *request* shows, or `Refusal`."""
        return await owner_of(self._account, request)


class RefusalHandler(Handler):
    """Answers with a refusal, and closes the connection when the rest of the body is dropped."""

    def initialize(self, runner: OperationRunner, **refused: Any) -> None:
        """Take the refusal, and the event that the rest is dropped."""
        super().initialize(runner)
        self._refusal: Exception = refused["refusal"]
        self._dropped: asyncio.Event = refused["dropped"]

    async def prepare(self) -> None:
        """Answer with the refusal."""
        if isinstance(self._refusal, Unavailable):
            self.retry_after_s = math.ceil(self._refusal.extra.get("after", 1_000) / 1000)
        await hold_by_headers(self.runner, self.request, self._refusal)
        status = self._refusal.status_code if isinstance(self._refusal, HTTPError) else 400
        content = self.problem(status, self._refusal)
        self.set_header("Connection", "close")
        self.set_header("Content-Length", str(len(content)))
        self.write(content)
        with contextlib.suppress(StreamClosedError):
            await self.flush()
            await self._dropped.wait()
        self.finish()
        _connection(self.request).stream.close()  # as it was told (RFC 9112, 9.6)


class LimitedBodyDelegate(HTTPMessageDelegate):
    """Passes a body on to its handler, as long as it is within the limits."""

    def __init__(
        self, inner: _HandlerDelegate, runner: OperationRunner, bodies: BodyLimits
    ) -> None:
        self._inner = inner
        self._runner = runner
        self._bodies = bodies
        self._request = inner.request
        self._max_bytes = ANONYMOUS_BODY_BYTES
        self._reservation: ByteReservation | None = None
        self._owner = ""
        self._no_owner: Refusal | None = None  # why nobody is known who could send more
        self._declared = self._size = self._received = self._chunks = 0
        self._dropped: asyncio.Event | None = None
        self._spool: UploadSpool | None = None
        self._counted: IOStream | None = None
        self._patience_s = ANONYMOUS_BODY_S
        self._deadline: asyncio.TimerHandle | None = None

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        """Find the limit of the body, and refuse one that is declared to be larger."""
        connection = _connection(self._request)
        connection.set_max_body_size(ANY_BYTES)
        length = headers.get("Content-Length", "")
        self._declared = int(length) if _LENGTH.fullmatch(length) else 0
        is_chunked = "Transfer-Encoding" in headers
        if is_chunked:
            self._count_chunks(connection.stream)
        if self._declared > self._max_bytes or is_chunked:
            return self._look(connection, start_line, headers)
        if "Content-Length" in headers:
            self._set_deadline(connection)
        return self._inner.headers_received(start_line, headers)

    async def _look(
        self,
        connection: HTTP1Connection,
        start_line: RequestStartLine | ResponseStartLine,
        headers: HTTPHeaders,
    ) -> None:
        await self._find_owner()
        self._set_deadline(connection)
        begun = self._inner.headers_received(start_line, headers)
        if begun is not None:
            await begun
        if self._declared > self._max_bytes:
            self._refuse(self._too_large())

    def _set_deadline(self, connection: HTTP1Connection) -> None:
        """Let the body come from now on; the connection itself ends a little behind the answer."""
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(self._patience_s, self._time_out)
        connection.set_body_timeout(self._patience_s + LINGER_S)

    def _time_out(self) -> None:
        """Answer that the body comes too slowly; hang up on what is answered already."""
        if self._dropped is None:
            words = f"The body has not come within {self._patience_s:g} s."
            self._refuse(HTTPError(408, words))
            return
        _connection(self._request).stream.close()

    async def _find_owner(self) -> None:
        upload = self._upload()
        try:
            if upload is None:
                self._owner = await self._bodies.owner(self._request)
            else:
                self._owner = await admit(self._runner, upload, self._request)
                if upload.body == "zip":
                    self._spool = self._bodies.spool_for(self._owner)
        except Refusal as refusal:
            if _shows_credentials(self._request):
                self._no_owner = refusal
            return
        self._reservation = self._bodies.reserve_for(self._owner)
        self._max_bytes = AUTHENTICATED_BODY_BYTES if upload is None else upload.largest
        self._patience_s = _patience_s(upload)

    def _upload(self) -> operations.Operation[Any] | None:
        """The operation that takes a whole file, if the request is for one."""
        match = self._runner.router.find(self._request.path)
        operation = match[0].operations.get(self._request.method or "") if match else None
        return operation if operation is not None and operation.limit == "upload" else None

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Take the next bytes, or drop them."""
        self._received += len(chunk)
        if self._dropped is not None:
            self._drop()
            return None
        self._size += len(chunk)
        if self._size > self._max_bytes:
            self._refuse(self._too_large())
            return None
        if self._spool is not None:
            return self._spool_on(self._spool, chunk)
        if self._size > UNCOUNTED_BYTES and not self._reserve(len(chunk)):
            words = "Too much is being sent at once. Send it again a little later."
            self._refuse(Unavailable("bodies_too_many", words))
            return None
        return self._inner.data_received(chunk)

    def _drop(self) -> None:
        """Hang up on whoever sends on and on after the answer."""
        if self._received > self._max_bytes + DROPPED_BYTES:
            _connection(self._request).stream.close()

    def _spool_on(self, spool: UploadSpool, chunk: bytes) -> Awaitable[None] | None:
        if not spool.has_room(len(chunk)):
            words = "Too many large files are being sent at once. Send it again a little later."
            self._refuse(Unavailable("bodies_too_many", words))
            return None
        self._bodies.count_spooled(self._owner, len(chunk))
        written = spool.take(chunk)
        return None if written is None else self._written(written)

    async def _written(self, written: Awaitable[None]) -> None:
        try:
            await written
        except ValueError:  # the connection was closed, and the file with it
            return
        except OSError as failure:  # the disk is full
            self._refuse(not_spooled(failure))

    def _count_chunks(self, stream: IOStream) -> None:
        """Hang up on masses of small chunks: each costs as much time as a large one.

        Tornado joins them before it hands them on, so they are counted where their heads are read.
        """
        read_until, self._counted = stream.read_until, stream

        def read(delimiter: bytes, max_bytes: int | None = None) -> Awaitable[bytes]:
            self._chunks += 1
            if self._chunks > CHUNKS + self._received // LEAST_CHUNK:
                if self._dropped is None:
                    raise HTTPInputError("chunks too small")  # answered with 400
                stream.close()
            return read_until(delimiter, max_bytes)

        stream.read_until = read  # type: ignore[method-assign]

    def _restore_read_until(self) -> None:
        if self._counted is not None:
            del self._counted.read_until
            self._counted = None

    def _reserve(self, size: int) -> bool:
        if self._reservation is None:
            self._reservation = self._bodies.reserve_for_network(self._request)
        return self._reservation.add(size)

    def _end_reading(self) -> None:
        """Take back what holds while the body comes."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._restore_read_until()

    def finish(self) -> None:
        """Run the handler, which has the whole body."""
        self._end_reading()
        if self._dropped is not None:
            self._dropped.set()
            return
        if self._spool is not None:
            self._request.upload = self._spool  # type: ignore[attr-defined]
            self._spool = None  # the request has it, until the answer
        if self._reservation is not None:
            # Until the answer.
            self._request.reservation = self._reservation  # type: ignore[attr-defined]
        self._inner.finish()
        self._inner.chunks = bytearray()  # the request has them as its body

    def on_connection_close(self) -> None:
        """Release the reservation."""
        self._end_reading()
        self._release()
        if self._dropped is not None:
            self._dropped.set()
        self._inner.on_connection_close()

    def _release(self) -> None:
        if self._reservation is not None:
            self._reservation.release()
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    def _too_large(self) -> Exception:
        if self._no_owner is not None:
            return self._no_owner
        return HTTPError(413, f"The body may have {self._max_bytes} bytes.")

    def _refuse(self, refusal: Exception) -> None:
        """Answer now, and drop what comes; once."""
        if self._dropped is not None:
            return
        self._release()
        self._dropped = asyncio.Event()
        self._inner.chunks = bytearray()
        self._inner.handler_class = RefusalHandler
        self._inner.handler_kwargs = {
            "runner": self._runner,
            "refusal": refusal,
            "dropped": self._dropped,
        }
        self._inner.path_args, self._inner.path_kwargs = [], {}
        self._request.body = b""
        self._inner.execute()


def _patience_s(upload: operations.Operation[Any] | None) -> float:
    """How long the body of who is known may take: an archive the longest."""
    if upload is None:
        return AUTHENTICATED_BODY_S
    return ARCHIVE_S if upload.body == "zip" else UPLOAD_S


def _connection(request: HTTPServerRequest) -> HTTP1Connection:
    """The connection that *request* came over."""
    assert isinstance(request.connection, HTTP1Connection)
    return request.connection


def _shows_credentials(request: HTTPServerRequest) -> bool:
    """Whether a request has a session cookie, or what looks like a token."""
    if "Authorization" not in request.headers:
        return bool(secret_of(request))
    _, token = token_auth.scheme_of(request)
    return len(token.split(".")) == _PARTS_OF_A_JWT
