"""The WebSocket transport of the live protocol (RFC 6455), on Tornado."""

import asyncio
from typing import Any

from handlers.http import cors, token_auth
from handlers.http.client_ip import origin_of
from handlers.http.limits.byte_budget import ByteReservation
from handlers.http.problem_handler import ProblemHandler
from handlers.live.base.live_node import LiveNode
from handlers.live.base.send_buffer import SocketTransport, pong_frame, text_frame
from handlers.live.websocket import deflate
from handlers.live.websocket.connection import Connection
from handlers.live.websocket.deflate import deflated_frame
from handlers.live.websocket.websocket_protocol import StrictHandler
from models.access.caller import Caller
from models.access.limits import HELLO_BYTES
from models.access.request_origin import RequestOrigin
from models.wire.close_codes import CloseCode
from models.wire.frames import PROTOCOL


class LiveSocket(ProblemHandler, StrictHandler):
    """Bytes in, bytes out; `Connection` knows what they mean."""

    authenticated: Caller | None = None  # the caller, if known before the socket is open
    _connection: Connection | None = None
    _transport: SocketTransport
    _deflates = False
    _is_admitted = False  # the page that connects
    _reservation: ByteReservation | None = None
    _network = ""  # where it came from, as long as it counts there

    def initialize(self, node: LiveNode) -> None:
        """Take what the routing table gives."""
        self._node = node
        self._connections = node.connections

    def headers_of(self, status: int) -> dict[str, str]:
        """See `ProblemHandler.headers_of`; 426 names what is spoken (RFC 6455, 4.4)."""
        if status == 426:
            return {"Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        return super().headers_of(status)

    async def get(self, *args: Any, **kwargs: Any) -> None:
        """See `StrictHandler.get`; the page may be of a client that was registered just now."""
        self._is_admitted = await cors.may_connect(self.request, self.web_origins)
        await super().get(*args, **kwargs)

    def check_origin(self, origin: str) -> bool:  # noqa: ARG002 - that of the request
        """See `WebSocketHandler.check_origin`: by the list that REST goes by."""
        return self._is_admitted

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """Choose ours if the client offers it."""
        return PROTOCOL if PROTOCOL in subprotocols else None

    def get_compression_options(self) -> dict[str, Any] | None:
        """Agree to compression, if the client offers it on terms that suit us."""
        self._deflates = deflate.agree(self.request.headers)
        return {} if self._deflates else None

    async def open(self, *_: str, **__: str) -> None:
        """Register the connection, and let in who has shown a token already."""
        assert self.ws_connection is not None
        self.set_nodelay(True)
        stream = self.ws_connection.stream
        assert stream is not None
        transport = SocketTransport(stream, deflated_frame if self._deflates else text_frame)
        origin = origin_of(self.request, self._node.runner.proxies, self.request_id)
        connection = Connection(
            self._node,
            self._connections.name(),
            transport,
            self._end,
            asyncio.get_running_loop().time(),
            origin,
        )
        self._transport, self._connection = transport, connection
        self._connections.add(connection)
        if not await self._may_enter(origin):
            connection.close(CloseCode.TOO_MANY, "too many sockets")
            return
        if self._connections.is_full:
            connection.close(CloseCode.FULL, "node full")
            return
        if self.authenticated is not None:
            connection.set_caller(self.authenticated)
        elif token_auth.scheme_of(self.request)[0] in token_auth.SCHEMES:
            services = self._node.runner.services
            caller = token_auth.caller_of(services.account, services.oauth, self.request)
            await connection.admit(caller)
        # They were sent, and would stay as long as the socket.
        self._headers.clear()
        self.request.headers.clear()

    async def on_message(self, message: str | bytes) -> None:
        """Hand a message on; the next is read when this one is done with."""
        if self._connection is None:
            return
        if isinstance(message, bytes):
            self._end(CloseCode.BAD_FRAME, "text only")
            return
        await self._connection.take(message.encode(), asyncio.get_running_loop().time())

    @property
    def max_message_bytes(self) -> int:
        """See `StrictHandler.max_message_bytes`."""
        return HELLO_BYTES if self._connection is None else self._connection.max_message_bytes

    def reserve(self, size: int) -> bool:
        """See `StrictHandler.reserve`; what comes before a hello is small, and soon gone."""
        caller = None if self._connection is None else self._connection.caller
        if caller is None:
            return True
        if self._reservation is None:
            self._reservation = self._node.bodies.reserve_for(caller.scope.user)
        return self._reservation.add(size)

    def release(self) -> None:
        """See `StrictHandler.release`."""
        if self._reservation is not None:
            self._reservation.release()
            self._reservation = None

    def count_frame(self) -> bool:
        """See `StrictHandler.count_frame`."""
        if self._connection is None:
            return True
        return self._connection.count_frame(asyncio.get_running_loop().time())

    def pong(self, data: bytes) -> None:
        """See `StrictHandler.pong`."""
        if self._connection is not None:
            self._transport.send_late(pong_frame(data))  # one for many will do (RFC 6455, 5.5.3)

    def on_close(self) -> None:
        """Remove the connection, and release what it holds."""
        if self._connection is not None:
            self._connections.remove(self._connection)
            self._connection = None
        self.release()
        if self._network:
            self._node.sockets_by_network.release(self._network)
            self._network = ""

    async def _may_enter(self, origin: RequestOrigin) -> bool:
        """Whether there are not too many sockets from where this one comes."""
        limits = self._node.runner.limits
        if not limits.is_on:
            return True
        if not self._node.sockets_by_network.acquire(origin.household):
            return False
        self._network = origin.household
        return not (await limits.take("connect", {"ip": origin.household})).wait_s

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log what nobody expected, and close."""
        super().log_exception(typ, value, tb)
        if self._connection is not None:
            self._end(CloseCode.INTERNAL, "internal")

    def _end(self, code: int, reason: str) -> None:
        self._node.runner.metrics.closes.labels(str(code)).inc()
        self.close(code, reason)
        self.on_close()  # nothing may be sent behind a close frame
