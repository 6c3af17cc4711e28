"""The send buffer of a connection: ready-made bytes, written with as few calls as possible.

Tornado's `write_message` makes a task and a future for each message.  Here the same bytes go to
every reader with one `send`; only what the kernel does not take goes through its stream.  Sockets
and event streams differ in nothing but *wrap*: how lines become a message of the transport.
"""

import asyncio
import fcntl
import socket
import struct
import sys
import termios
from collections.abc import Callable
from typing import Final

from tornado.iostream import IOStream, SSLIOStream, StreamClosedError

from streams.base.transport import BackpressureListener, Send

WINDOW: Final = 256 * 1024  # unsent bytes beyond which a connection is slow

_TEXT: Final = 0x81  # FIN and opcode 1 (RFC 6455, 5.2)
_PONG: Final = 0x8A  # the same with opcode 10
_SHORT, _MEDIUM = 126, 1 << 16


def text_frame(payload: bytes, flags: int = 0) -> bytes:
    """*payload* as one unmasked text message (RFC 6455, 5.2), with the bits that extensions set."""
    size, first = len(payload), _TEXT | flags
    if size < _SHORT:
        return bytes((first, size)) + payload
    if size < _MEDIUM:
        return struct.pack("!BBH", first, 126, size) + payload
    return struct.pack("!BBQ", first, 127, size) + payload


def pong_frame(payload: bytes) -> bytes:
    """The answer to a ping with *payload*, of 125 bytes at most (RFC 6455, 5.5.3)."""
    return bytes((_PONG, len(payload))) + payload


class SocketTransport:
    """See `streams.base.transport.Transport`."""

    def __init__(self, stream: IOStream, wrap: Callable[[bytes], bytes] = text_frame) -> None:
        self._stream = stream
        self.wrap = wrap
        self._send: Send | None = None
        # Through TLS, bytes take another way: the stream's.
        if not isinstance(stream, SSLIOStream) and not stream.closed():
            self._send = stream.socket.send
        self._queued: list[bytes] = []
        self._late = b""  # what is sent when nothing waits any more
        self._is_shut = False
        self._listeners: tuple[BackpressureListener, ...] = ()
        self._writes = 0  # of the stream's that are under way, and their bytes
        self._unsent = 0
        self._handed = self._seen = 0  # bytes that the stream was given, and the peer has of them
        self._drained: asyncio.Event | None = None  # made when somebody waits
        self.stuck_since: float | None = None
        if stream.writing():  # the head of the answer
            self._hand_over(memoryview(b""))

    @property
    def raw_send(self) -> Send | None:
        """See `Transport.raw_send`."""
        return None if self._writes else self._send

    def attach(self, listener: BackpressureListener) -> None:
        """See `Transport.attach`."""
        self._listeners = (*self._listeners, listener)

    def detach(self, listener: BackpressureListener) -> None:
        """See `Transport.detach`."""
        self._listeners = tuple(
            attached for attached in self._listeners if attached is not listener
        )

    @property
    def unsent(self) -> int:
        """See `Transport.unsent`."""
        return self._unsent

    @property
    def has_room(self) -> bool:
        """See `Transport.has_room`."""
        return self._unsent < WINDOW

    def queue(self, wrapped: bytes) -> None:
        """See `Transport.queue`."""
        if not self._is_shut:
            self._queued.append(wrapped)

    def discard(self) -> None:
        """See `FlowControl.discard`."""
        self._is_shut = True
        self._queued.clear()
        self._late = b""

    def send_late(self, wrapped: bytes) -> None:
        """Send *wrapped* as soon as nothing waits before it, or whatever is given here later."""
        if self._writes:
            self._late = wrapped
        else:
            self.queue(wrapped)
            self.flush()

    def flush(self) -> None:
        """See `Transport.flush`."""
        queued = self._queued
        if not queued:
            return
        wrapped = queued[0] if len(queued) == 1 else b"".join(queued)
        queued.clear()
        self._write(wrapped)

    def finish(self, wrapped: bytes, sent: int) -> None:
        """See `Transport.finish`."""
        if sent < 0:
            self._stream.close()
        else:
            self._hand_over(memoryview(wrapped)[sent:])

    async def room(self) -> None:
        """See `Transport.room`."""
        while not self.has_room:
            if self._drained is None:
                self._drained = asyncio.Event()
            await self._drained.wait()

    def _write(self, wrapped: bytes) -> None:
        sent = 0
        if self._send is not None and not self._writes:
            try:
                sent = self._send(wrapped)
            except BlockingIOError:
                sent = 0
            except OSError:
                sent = -1  # the connection hears of it in a later turn of the loop
        if sent != len(wrapped):
            self.finish(wrapped, sent)

    def _hand_over(self, rest: memoryview) -> None:
        """Let Tornado's stream send *rest* when the kernel takes it."""
        size = len(rest)
        try:
            written = self._stream.write(rest)
        except StreamClosedError:
            return
        if self._stream.closed():  # it has just found out
            return
        self._handed += size
        if not self._writes:
            self._seen = self._arrived
            self.stuck_since = asyncio.get_running_loop().time()
        self._writes += 1
        self._unsent += size
        written.add_done_callback(lambda _: self._taken(size))
        listeners, self._listeners = self._listeners, ()
        for listener in listeners:
            listener.on_backpressure()

    def check_progress(self, now: float) -> None:
        """See `FlowControl.check_progress`."""
        if not self._writes or self._stream.closed():
            return
        arrived = self._arrived
        if arrived != self._seen:
            self._seen = arrived
            self.stuck_since = now

    @property
    def _arrived(self) -> int:
        """How far the peer is; the kernel holds megabytes before it lets us see any progress."""
        buffer = self._stream._write_buffer  # noqa: SLF001
        return self._handed - len(buffer) - _unacknowledged(self._stream.socket)

    def _taken(self, size: int) -> None:
        self._writes -= 1
        self._unsent -= size
        self.stuck_since = asyncio.get_running_loop().time() if self._writes else None
        if self.has_room and self._drained is not None:
            self._drained.set()
            self._drained = None
        if self._late and not self._writes:
            late, self._late = self._late, b""
            self.send_late(late)


def _unacknowledged(sock: socket.socket) -> int:
    """The bytes that the kernel holds until *sock*'s peer has them (Linux; elsewhere 0)."""
    size = bytearray(4)
    try:
        fcntl.ioctl(sock, termios.TIOCOUTQ, size)
    except OSError:
        return 0
    return int.from_bytes(size, sys.byteorder)
