"""The floor for a fan-out in Python: no server at all, one blocking `send` after another."""

import asyncio
import socket
import time
from typing import Any

import msgspec

from handlers.live.outlet import text_frame
from tests.bench.child import obey

HEADERS = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


class Sender:
    """Sockets that are written to, and what is written."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._sockets: list[socket.socket] = []
        self._frame = b""
        self._events = 0

    def port(self) -> int:
        """Where to connect."""
        return int(self._listening.getsockname()[1])

    def accept(self, count: int) -> None:
        """Take *count* connections, and agree to whatever they ask for."""
        for _ in range(count):
            accepted, _ = self._listening.accept()
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            accepted.recv(4096)
            accepted.sendall(HEADERS)
            self._sockets.append(accepted)

    def begin(self, event: dict[str, Any]) -> None:
        """Take the *event* to send."""
        self._frame = text_frame(msgspec.json.encode(event))

    def prepare(self, events: int) -> None:
        """Take note how often to send it."""
        self._events = events

    def publish(self, every_s: float) -> list[float]:
        """Send it to everybody; when each was published."""
        sends = [one.sendall for one in self._sockets]
        frame = self._frame
        published = []
        for _ in range(self._events):
            published.append(time.monotonic())
            for send in sends:
                send(frame)
            time.sleep(every_s)
        return published

    def close(self) -> None:
        """Close all."""
        for one in (*self._sockets, self._listening):
            one.close()


async def main() -> None:
    sender = Sender()
    await obey(
        {
            "port": sender.port,
            "accept": sender.accept,
            "begin": sender.begin,
            "prepare": sender.prepare,
            "publish": sender.publish,
        }
    )
    sender.close()


if __name__ == "__main__":
    asyncio.run(main())
