"""Many WebSockets that only count what arrives: the load generator.

Every event that is sent holds one mark, so an arrival is counted without being parsed, however
many events a server puts into one message, and the nth mark of a socket is the nth event.
"""

import asyncio
import base64
import collections
import os
import select
import socket
import struct
import time
from collections.abc import Callable

from handlers.live.outlet import text_frame
from tests.bench.child import obey
from tests.bench.node import MARK

_MARK = MARK.encode()  # two bytes: any single one may stand in the length of a frame
BUFFER = 256 * 1024
PATIENCE_S = 30.0
_MASKED = 0x80


class Sockets:
    """Open sockets of one server."""

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._buffer = bytearray(BUFFER)

    def connect(
        self, port: int, count: int, path: str = "/", hello: str = "", until: str = ""
    ) -> float:
        """Open *count* sockets, say *hello* on each, and read *until* it is answered."""
        began = time.perf_counter()
        for _ in range(count):
            opened = socket.create_connection(("127.0.0.1", port))
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.sendall(_upgrade(path))
            _read_until(opened, b"\r\n\r\n")
            if hello:
                opened.sendall(_masked(hello.encode()))
                _read_until(opened, until.encode())
            opened.setblocking(False)
            self._sockets[opened.fileno()] = opened
            self._poll.register(opened.fileno(), select.EPOLLIN)
        return time.perf_counter() - began

    def collect(self, events: int) -> list[list[float]]:
        """Wait until every socket has *events* more; when each event arrived at each socket."""
        arrivals: list[list[float]] = [[] for _ in range(events)]
        got: collections.Counter[int] = collections.Counter()
        reads: dict[int, Callable[[bytearray], int]] = {
            fd: one.recv_into for fd, one in self._sockets.items()
        }
        cut: set[int] = set()  # sockets whose last read ended within a mark
        missing, buffer = events * len(reads), self._buffer
        while missing:
            ready = self._poll.poll(PATIENCE_S)
            if not ready:
                message = f"{missing} deliveries did not arrive"
                raise TimeoutError(message)
            for fd, _ in ready:
                size = reads[fd](buffer)
                now = time.monotonic()
                if not size:
                    raise ConnectionError("the server closed a socket")
                count, first = buffer.count(_MARK, 0, size), got[fd]
                if fd in cut:
                    cut.discard(fd)
                    count += buffer[0] == _MARK[1]
                if buffer[size - 1] == _MARK[0]:
                    cut.add(fd)
                got[fd] = first + count
                missing -= count
                for number in range(first, first + count):
                    arrivals[number].append(now)
        return arrivals

    def close(self) -> None:
        """Close all."""
        for opened in self._sockets.values():
            opened.close()
        self._sockets.clear()


def _upgrade(path: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def _masked(payload: bytes) -> bytes:
    """*payload* as a client's text message; a mask of zeros changes nothing (RFC 6455, 5.3)."""
    frame = bytearray(text_frame(payload))
    frame[1] |= _MASKED
    header = len(frame) - len(payload)
    return bytes(frame[:header]) + struct.pack("!I", 0) + payload


def _read_until(opened: socket.socket, mark: bytes) -> None:
    got = b""
    while mark not in got:
        some = opened.recv(BUFFER)
        if not some:
            message = f"the server closed a socket after {got!r}"
            raise ConnectionError(message)
        got += some


async def main() -> None:
    sockets = Sockets()
    await obey({"connect": sockets.connect, "collect": sockets.collect})
    sockets.close()


if __name__ == "__main__":
    asyncio.run(main())
