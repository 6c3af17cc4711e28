"""What people are sending: how much of it a node holds at once, and of whom it takes more.

A request's headers are looked at before its body comes.  Only who shows a token that holds, or the
cookie of a session, may send what is large; who does not is told so at once, and the rest of what
they send is read and dropped, since a connection that is closed with input unread loses the answer.
"""

import asyncio
import contextlib
from collections.abc import Awaitable
from http.cookies import CookieError, SimpleCookie
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
from handlers.http.limits.byte_budget import HeldBytes, Holding
from handlers.http.operation_runner import Edge
from handlers.http.rest.handler import Handler
from models.access.limits import (
    ANONYMOUS_BODY_BYTES,
    ANONYMOUS_BODY_S,
    AUTHENTICATED_BODY_BYTES,
    AUTHENTICATED_BODY_S,
    CHUNKS,
    DROPPED_BYTES,
    HELD_BY_ANONYMOUS,
    HELD_BY_AUTHENTICATED,
    HELD_BY_NETWORK,
    HELD_BY_USER,
    LEAST_CHUNK,
    UNCOUNTED_BYTES,
    UPLOAD_BODY_BYTES,
    UPLOAD_S,
)
from models.access.request_origin import RequestOrigin
from models.base.errors import Refusal, Unavailable
from upcoach.services.account import AccountServices

UPLOADS: Final = "/v1/imports/"
_COOKIES: Final = ("__Host-sid", "sid")
_PARTS_OF_A_JWT: Final = 3


class Bodies:
    """What a node holds, of whom, and who may send how much."""

    def __init__(self, account: AccountServices, proxies: tuple[Network, ...]) -> None:
        self._account = account
        self._proxies = proxies
        self._of_nobody = HeldBytes(HELD_BY_NETWORK, HELD_BY_ANONYMOUS)
        self._of_somebody = HeldBytes(HELD_BY_USER, HELD_BY_AUTHENTICATED)

    @property
    def held(self) -> int:
        """The bytes that are held of all."""
        return self._of_nobody.total + self._of_somebody.total

    def of(self, user: str) -> Holding:
        """The holding of *user*."""
        return Holding(self._of_somebody, user)

    def of_network(self, request: HTTPServerRequest) -> Holding:
        """The holding of whoever sends *request* and has not shown who they are."""
        origin = RequestOrigin(address=address_of(request, self._proxies))
        return Holding(self._of_nobody, origin.household)

    async def owner(self, request: HTTPServerRequest) -> str:
        """Whose token or session *request* shows; `Refusal` if it is nobody's (any more)."""
        if "Authorization" not in request.headers:
            session = await self._account.browsers.session(_secret(request))
            if session is None:
                raise operations.token_missing()
            return session.owner
        scheme, token = token_auth.scheme_of(request)
        if scheme not in token_auth.SCHEMES or not token:
            raise operations.token_missing()
        # Without a proof of the key, which is asked for with the rest: this gives room only.
        await self._account.sessions.load_key_of(token)
        caller = self._account.sessions.holder(token)
        return caller.scope.user or caller.client


class Refusing(Handler):
    """Answers at once, and hangs up when everything that was sent is dropped."""

    def initialize(self, edge: Edge, **refused: Any) -> None:
        """Take why, and what tells that it is over."""
        super().initialize(edge)
        self._refusal: Exception = refused["refusal"]
        self._dropped: asyncio.Event = refused["dropped"]

    async def prepare(self) -> None:
        """Answer."""
        status = self._refusal.status_code if isinstance(self._refusal, HTTPError) else 400
        content = self.problem(status, self._refusal)
        self.set_header("Connection", "close")
        self.set_header("Content-Length", str(len(content)))
        self.write(content)
        with contextlib.suppress(StreamClosedError):
            await self.flush()
            await self._dropped.wait()
        self.finish()


class Measured(HTTPMessageDelegate):
    """A body on its way to a handler: no larger than it may be, and counted while it is held."""

    def __init__(self, inner: _HandlerDelegate, edge: Edge, bodies: Bodies) -> None:
        self._inner = inner
        self._edge = edge
        self._bodies = bodies
        self._request = inner.request
        self._most = ANONYMOUS_BODY_BYTES
        self._holding: Holding | None = None
        self._unknown: Refusal | None = None  # why nobody is known who could send more
        self._declared = self._size = self._received = self._chunks = 0
        self._dropped: asyncio.Event | None = None
        self._counted: IOStream | None = None

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        """Find out how much may come, and refuse at once what says that it is more."""
        connection = self._request.connection
        assert isinstance(connection, HTTP1Connection)
        connection.set_max_body_size(DROPPED_BYTES)
        connection.set_body_timeout(ANONYMOUS_BODY_S)
        length = headers.get("Content-Length", "")
        self._declared = int(length) if length.isdecimal() else 0
        is_chunked = "Transfer-Encoding" in headers
        if is_chunked:
            self._count_chunks(connection.stream)
        if self._declared > self._most or is_chunked:
            return self._look(connection, start_line, headers)
        return self._inner.headers_received(start_line, headers)

    async def _look(
        self,
        connection: HTTP1Connection,
        start_line: RequestStartLine | ResponseStartLine,
        headers: HTTPHeaders,
    ) -> None:
        if self._declared <= DROPPED_BYTES:  # else the connection itself refuses it
            await self._find_owner(connection)
        begun = self._inner.headers_received(start_line, headers)
        if begun is not None:
            await begun
        if self._most < self._declared <= DROPPED_BYTES:
            self._refuse(self._too_large())

    async def _find_owner(self, connection: HTTP1Connection) -> None:
        try:
            owner = await self._bodies.owner(self._request)
        except Refusal as refusal:
            if _shows_something(self._request):
                self._unknown = refusal
            return
        is_upload = self._request.path.startswith(UPLOADS)
        self._holding = self._bodies.of(owner)
        self._most = UPLOAD_BODY_BYTES if is_upload else AUTHENTICATED_BODY_BYTES
        connection.set_body_timeout(UPLOAD_S if is_upload else AUTHENTICATED_BODY_S)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Take the next bytes, or drop them."""
        self._received += len(chunk)
        if self._dropped is not None:
            return None
        self._size += len(chunk)
        if self._size > self._most:
            self._refuse(self._too_large())
            return None
        if self._size > UNCOUNTED_BYTES and not self._hold(len(chunk)):
            words = "Too much is being sent at once. Send it again a little later."
            self._refuse(Unavailable("bodies_too_many", words))
            return None
        return self._inner.data_received(chunk)

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

    def _hold(self, size: int) -> bool:
        if self._holding is None:
            self._holding = self._bodies.of_network(self._request)
        return self._holding.add(size)

    def finish(self) -> None:
        """Let the handler have it."""
        self._restore_read_until()
        if self._dropped is not None:
            self._dropped.set()
            return
        if self._holding is not None:
            self._request.holding = self._holding  # type: ignore[attr-defined] # until the answer
        self._inner.finish()
        self._inner.chunks = bytearray()  # the request has them as its body

    def on_connection_close(self) -> None:
        """Let go of it."""
        self._restore_read_until()
        self._let_go()
        if self._dropped is not None:
            self._dropped.set()
        self._inner.on_connection_close()

    def _let_go(self) -> None:
        if self._holding is not None:
            self._holding.release()

    def _too_large(self) -> Exception:
        if self._unknown is not None:
            return self._unknown
        return HTTPError(413, f"The body may have {self._most} bytes.")

    def _refuse(self, refusal: Exception) -> None:
        """Answer now, and drop what comes."""
        self._let_go()
        self._dropped = asyncio.Event()
        self._inner.chunks = bytearray()
        self._inner.handler_class = Refusing
        self._inner.handler_kwargs = {
            "edge": self._edge,
            "refusal": refusal,
            "dropped": self._dropped,
        }
        self._inner.path_args, self._inner.path_kwargs = [], {}
        self._request.body = b""
        self._inner.execute()


def _shows_something(request: HTTPServerRequest) -> bool:
    """Whether a request shows what may have held once: its sender is to renew it."""
    if "Authorization" not in request.headers:
        return bool(_secret(request))
    _, token = token_auth.scheme_of(request)
    return len(token.split(".")) == _PARTS_OF_A_JWT


def _secret(request: HTTPServerRequest) -> str:
    try:
        cookies = SimpleCookie(request.headers.get("Cookie", ""))
    except CookieError:
        return ""
    return next((cookies[name].value for name in _COOKIES if name in cookies), "")
