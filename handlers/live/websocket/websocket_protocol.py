"""Tornado's WebSocket protocol object, as strict as RFC 6455 asks a server to be.

Tornado 6.6 takes frames without a mask, close codes that nobody may send and extension bits on
control frames, and most faults end with a connection that is dropped without a word.  Here each
fault has its close code: 1002 for a broken frame, 1007 for a broken text, 1009 for a large one.
Only what comes in is read here; what goes out takes its own way (`handlers.live.base.send_buffer`).
"""

import asyncio
import base64
import binascii
import codecs
import contextlib
import socket
import struct
import sys
import zlib
from typing import Any, Final

from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.util import _websocket_mask
from tornado.web import HTTPError
from tornado.websocket import (
    WebSocketHandler,
    WebSocketProtocol,
    WebSocketProtocol13,
    _DecompressTooLargeError,
)

from handlers.live.base.send_buffer import pong_frame
from models.access.limits import UNCOUNTED_BYTES

CONTROL_BYTES: Final = 125  # RFC 6455, 5.5
CLOSING_S: Final = 5.0  # for a peer that closes to take what was sent before
EXTENSIONS: Final = 1_024  # characters of what a peer may offer
LEAST_DROPPED: Final = 64  # bytes that a frame counts as, of those
DROPPED_BYTES: Final = 1 << 20  # what a peer may still send after its fault before it is cut off

_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_CHUNK: Final = 65_536
_utf8 = codecs.getincrementaldecoder("utf-8")
# What RFC 6455, 7.4 and its registry let a peer send; applications have 3000 to 4999.
_CLOSE_CODES: Final = frozenset((*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)))


class ProtocolFault(Exception):
    """The peer broke the protocol."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class WebSocketMessage:
    """What has come of one data message; a broken text is found where it breaks."""

    __slots__ = ("_checker", "_checks", "compressed", "content", "opcode")

    def __init__(self, opcode: int, *, compressed: bool) -> None:
        self.opcode = opcode
        self.compressed = compressed
        self.content = bytearray()
        self._checks = opcode == _TEXT and not compressed
        self._checker: codecs.IncrementalDecoder | None = None

    def add(self, chunk: bytes, *, last: bool) -> None:
        """Take the next bytes."""
        whole = last and not self.content  # the usual case: it is checked when it is read
        self.content += chunk
        if not self._checks or whole:
            return
        if self._checker is None:
            self._checker = _utf8()
        try:
            self._checker.decode(chunk, last)
        except UnicodeDecodeError:
            raise ProtocolFault(1007, "not UTF-8") from None


class StrictProtocol(WebSocketProtocol13):
    """The server's end of one connection."""

    # With two attributes more, CPython would give each connection a dictionary of 1.6 kB.
    __slots__ = ("_dropped", "_handler", "_message")

    def __init__(self, handler: "StrictHandler", params: Any) -> None:
        super().__init__(handler, mask_outgoing=False, params=params)
        self._handler = handler
        self._message: WebSocketMessage | None = None
        self._dropped = 0

    def _parse_extensions_header(self, headers: HTTPHeaders) -> list[tuple[str, dict[str, Any]]]:
        """What is offered; Tornado drops the terms that have no value (RFC 6455, 9.1)."""
        offers = []
        for offer in headers.get("Sec-WebSocket-Extensions", "").split(","):
            name, *terms = (part.strip() for part in offer.split(";"))
            pairs = (term.partition("=") for term in terms)
            offers.append((name, {term.strip(): value.strip() or None for term, _, value in pairs}))
        return offers

    async def _receive_frame(self) -> None:
        try:
            # Here, and not further down: an idle socket keeps each coroutine that waits.
            head = await self.stream.read_bytes(2)
            self._wire_bytes_in += 2
            await self._take_frame(*head)
        except ProtocolFault as fault:
            await self._fail(fault)

    async def _take_frame(self, first: int, second: int) -> None:
        final, flags, opcode = bool(first & self.FIN), first & self.RSV_MASK, first & 0x0F
        if not second & 0x80:
            raise ProtocolFault(1002, "not masked")
        size = second & 0x7F
        if self.server_terminated and opcode != _CLOSE:
            await self._drop(size)
            return
        is_whole = final and opcode in (_TEXT, _BINARY)
        if not is_whole and opcode != _CLOSE:
            await self._take_turn()
        if opcode & 0x8:
            if not final or flags or size > CONTROL_BYTES or opcode > _PONG:
                raise ProtocolFault(1002, "broken control frame")
            await self._take_control(opcode, size)
        else:
            await self._take_data(opcode, flags, size, final=final)

    async def _drop(self, size: int) -> None:
        """Read past a frame: the connection is closed, and waits for the peer's close frame."""
        if size > CONTROL_BYTES:
            size = await self._read_size(size)
        self._dropped += max(size, LEAST_DROPPED)
        if self._dropped > DROPPED_BYTES:
            self._abort()
            return
        await asyncio.sleep(0)
        await self._read_bytes(4)
        while size:
            size -= len(await self.stream.read_bytes(min(size, _CHUNK), partial=True))

    async def _take_turn(self) -> None:
        """Count what is no whole message, which may be as small as it likes; others go first."""
        await asyncio.sleep(0)
        if not self._handler.count_frame():
            raise ProtocolFault(1008, "too many frames")

    async def _take_data(self, opcode: int, flags: int, size: int, *, final: bool) -> None:
        message = self._message_of(opcode, flags)
        if size > CONTROL_BYTES:
            size = await self._read_size(size)
        whole = size + len(message.content)
        if whole > self._handler.max_message_bytes:
            raise ProtocolFault(1009, "message too big")
        if whole > UNCOUNTED_BYTES and not self._handler.reserve(size):
            raise ProtocolFault(1013, "too much at once")
        await self._read_payload(message, size, last=final)
        if final:
            self._message = None
            await self._deliver(message)
            if whole > UNCOUNTED_BYTES:
                self._handler.release()

    async def _read_size(self, size: int) -> int:
        """The length of a frame that says it in two or eight bytes."""
        count, least, form = (2, 126, "!H") if size == 126 else (8, 65_536, "!Q")
        (real,) = struct.unpack(form, await self._read_bytes(count))
        if real < least:
            raise ProtocolFault(1002, "length not minimal")
        return int(real)

    def _message_of(self, opcode: int, flags: int) -> WebSocketMessage:
        """The message to which a data frame belongs."""
        compressed = bool(flags & self.RSV1)
        may_be_compressed = self._decompressor is not None and opcode != _CONTINUATION
        if flags & ~self.RSV1 or (compressed and not may_be_compressed):
            raise ProtocolFault(1002, "reserved bit")
        if opcode == _CONTINUATION:
            if self._message is None:
                raise ProtocolFault(1002, "nothing to continue")
            return self._message
        if opcode not in (_TEXT, _BINARY):
            raise ProtocolFault(1002, "reserved opcode")
        if self._message is not None:
            raise ProtocolFault(1002, "message not finished")
        self._message = WebSocketMessage(opcode, compressed=compressed)
        return self._message

    async def _read_payload(self, message: WebSocketMessage, size: int, *, last: bool) -> None:
        mask = await self._read_bytes(4)
        if not size:
            message.add(b"", last=last)
        while size:
            chunk = await self.stream.read_bytes(size, partial=True)
            self._wire_bytes_in += len(chunk)
            size -= len(chunk)
            message.add(_websocket_mask(mask, chunk), last=last and not size)
            turn = len(chunk) % 4
            mask = mask[turn:] + mask[:turn]

    async def _deliver(self, message: WebSocketMessage) -> None:
        content = bytes(message.content)
        if message.compressed:
            content = self._decompressed(content)
        self._message_bytes_in += len(content)
        payload: str | bytes = content
        if message.opcode == _TEXT:
            try:
                payload = content.decode()
            except UnicodeDecodeError:
                raise ProtocolFault(1007, "not UTF-8") from None
        # In this task: Tornado makes another one, and two futures, for each message.  The others
        # get their turn nevertheless.
        await asyncio.sleep(0)
        try:
            handled = self._handler.on_message(payload)
            if handled is not None:
                await handled
        # The last place before Tornado's loop, which would drop the task without a word: a fault of
        # ours is logged with its trace, and costs one connection.
        except Exception:  # noqa: BLE001
            self._handler.log_exception(*sys.exc_info())
            self._abort()

    def _decompressed(self, content: bytes) -> bytes:
        assert self._decompressor is not None
        self._decompressor._max_message_size = self._handler.max_message_bytes  # noqa: SLF001
        try:
            return self._decompressor.decompress(content)
        except _DecompressTooLargeError:
            raise ProtocolFault(1009, "message too big") from None
        except zlib.error:
            raise ProtocolFault(1007, "not deflated") from None

    async def _take_control(self, opcode: int, size: int) -> None:
        mask = await self._read_bytes(4)
        data = _websocket_mask(mask, await self._read_bytes(size))
        if opcode == _PING:
            self._handler.pong(data)
            return
        if opcode == _CLOSE:
            _check_close(data)
            self._handler.on_close()  # nothing may be sent behind the answer
            if self.stream.writing():  # with it the connection ends, and what waits would be lost
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(CLOSING_S):
                        await self.stream.write(b"")
        self._handle_message(opcode, data)

    async def _fail(self, fault: ProtocolFault) -> None:
        """Say what is wrong, and end as RFC 6455, 7.1.1 advises.

        What the peer has sent already is read and dropped: to close with input unread would reset
        the connection, and the peer might never see the code.
        """
        self._handler.on_close()  # nothing may be sent behind a close frame
        self.close(fault.code, fault.reason)
        await self.stream.write(b"")  # done when all before it is
        with contextlib.suppress(OSError):
            self.stream.socket.shutdown(socket.SHUT_WR)
        dropped = 0
        while dropped < DROPPED_BYTES:
            dropped += len(await self.stream.read_bytes(_CHUNK, partial=True))
        self._abort()


class StrictHandler(WebSocketHandler):
    """A handler whose connections speak `StrictProtocol`."""

    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Shake hands, or refuse."""
        _check_handshake(self.request)
        if self._check_cross_origin(self.check_origin) is not None:
            raise HTTPError(403, "Another site's page may not connect.")
        await super().get(*args, **kwargs)

    @property
    def max_message_bytes(self) -> int:
        """The bytes that a message may have now."""
        return int(self.max_message_size)

    def reserve(self, size: int) -> bool:  # noqa: ARG002 - no bound of their own
        """Count *size* bytes of a large message, if there is room for them."""
        return True

    def release(self) -> None:
        """Release what is held of a message."""

    def count_frame(self) -> bool:
        """Count a ping, a pong, or a part of a message; whether there may be one more."""
        return True

    def pong(self, data: bytes) -> None:
        """Answer a ping (RFC 6455, 5.5.3), behind all that was sent before."""
        assert isinstance(self.ws_connection, StrictProtocol)
        self.ws_connection.stream.write(pong_frame(data))

    def get_websocket_protocol(self) -> WebSocketProtocol | None:
        """The protocol object of this connection."""
        stock = super().get_websocket_protocol()
        assert isinstance(stock, WebSocketProtocol13)  # the version was checked
        return StrictProtocol(self, stock.params)


def _check_close(data: bytes) -> None:
    """Refuse a close frame that nobody may send (RFC 6455, 5.5.1 and 7.4)."""
    if not data:
        return
    if len(data) == 1 or struct.unpack("!H", data[:2])[0] not in _CLOSE_CODES:
        raise ProtocolFault(1002, "broken close code")
    try:
        data[2:].decode()
    except UnicodeDecodeError:
        raise ProtocolFault(1007, "not UTF-8") from None


def _check_handshake(request: HTTPServerRequest) -> None:
    """Refuse what is no opening handshake (RFC 6455, 4.2.1)."""
    headers = request.headers
    tokens = {token.strip().lower() for token in headers.get("Connection", "").split(",")}
    upgrade = headers.get("Upgrade", "").strip().lower()
    if request.version != "HTTP/1.1" or upgrade != "websocket" or "upgrade" not in tokens:
        raise HTTPError(426, "This path speaks WebSocket (RFC 6455).")
    if len(headers.get("Sec-WebSocket-Extensions", "")) > EXTENSIONS:
        raise HTTPError(400, "Sec-WebSocket-Extensions is too long.")
    if headers.get("Sec-WebSocket-Version") != "13":
        raise HTTPError(426, "This path speaks version 13 of WebSocket (RFC 6455).")
    try:
        nonce = base64.b64decode(headers.get("Sec-WebSocket-Key", ""), validate=True)
    except (binascii.Error, ValueError):
        nonce = b""
    if len(nonce) != 16:
        raise HTTPError(400, "Sec-WebSocket-Key holds 16 bytes in base64.")
