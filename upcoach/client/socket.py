"""The WebSocket transport (RFC 6455), on Tornado."""

import asyncio
import math

import msgspec
from tornado.websocket import WebSocketClientConnection, WebSocketError, websocket_connect

from models.base.merge_patch import Json
from models.wire.frames import PROTOCOL
from upcoach.client.channel import CONNECT_S, Channel
from upcoach.client.outbox import too_large
from upcoach.client.rest import NO_ANSWER

_Connecting = asyncio.Future[WebSocketClientConnection]


class SocketChannel(Channel):
    """A WebSocket."""

    _connection: WebSocketClientConnection | None = None
    _most = math.inf  # bytes of a message, which the welcome tells

    async def run(self) -> None:
        """See `Channel.run`."""
        try:
            connection = self._connection = await self._connect()
        except (*NO_ANSWER, WebSocketError):
            self._listener.failed(self)
            return
        try:
            self._listener.opened(self)
            while isinstance(message := await connection.read_message(), str):
                # Not `splitlines`: a title may hold U+2028, which ends a line for Python only.
                for line in message.split("\n"):
                    self._take_line(line)
            self._end(connection.close_code)
        finally:
            connection.close()

    def send(self, frame: Json) -> None:
        """See `Channel.send`."""
        connection = self._connection
        if connection is None or self._is_over:
            return
        line = msgspec.json.encode(frame)
        if frame["t"] == "mut" and len(line) > self._most:
            asyncio.get_running_loop().call_soon(self._hear, too_large(frame))
            return
        try:
            written = connection.write_message(line.decode())
        except WebSocketError:
            return
        written.add_done_callback(_ignore_failure)

    def cut(self) -> None:
        """See `Channel.cut`; without a closing frame, and what was on its way is lost."""
        protocol = self._connection.protocol if self._connection is not None else None
        if protocol is not None and protocol.stream is not None:
            protocol.stream.close()
        self._end(None)

    async def _connect(self) -> WebSocketClientConnection:
        url = self.url.replace("http", "ws", 1)
        connecting: _Connecting = asyncio.ensure_future(
            websocket_connect(f"{url}/v1/live", connect_timeout=CONNECT_S, subprotocols=[PROTOCOL])
        )
        try:
            return await asyncio.shield(connecting)
        except asyncio.CancelledError:
            # Tornado goes on connecting, and nobody would close what it gets.
            connecting.add_done_callback(_hang_up)
            raise

    def _take_line(self, line: str) -> None:
        if line:
            frame: Json = msgspec.json.decode(line)
            if frame["t"] == "welcome":
                self.patience_s = 2 * frame["hb"] + 1
                self._most = frame.get("limits", {}).get("frame", math.inf)
            self._hear(frame)


def _hang_up(connecting: _Connecting) -> None:
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().close()


def _ignore_failure(written: "asyncio.Future[None]") -> None:
    """Ignore a failed write: the reader finds that the socket is closed."""
    if not written.cancelled():
        written.exception()
