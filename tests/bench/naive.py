"""A fan-out as Tornado's documentation shows it: `write_message` of a dict to each of a set."""

import asyncio
import time
from typing import Any, ClassVar

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketHandler

from tests.bench.child import obey


class Feed(WebSocketHandler):
    """Somebody who listens."""

    waiters: ClassVar[set["Feed"]] = set()

    def open(self, *_: str, **__: str) -> None:
        self.waiters.add(self)

    def on_message(self, _message: str | bytes) -> None:
        pass

    def on_close(self) -> None:
        self.waiters.discard(self)


class Publisher:
    """Sends one event again and again; nothing lies between it and the sockets."""

    def __init__(self) -> None:
        self._event: dict[str, Any] = {}
        self._events = 0

    def begin(self, event: dict[str, Any]) -> None:
        """Take the *event* to send."""
        self._event = event

    def prepare(self, events: int) -> None:
        """Take note how often to send it."""
        self._events = events

    async def publish(self, every_s: float) -> list[float]:
        """Send it to everybody; when each was published."""
        published = []
        for _ in range(self._events):
            published.append(time.monotonic())
            for waiter in Feed.waiters:
                waiter.write_message(self._event)
            await asyncio.sleep(every_s)
        return published


async def main() -> None:
    sockets = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(Application([("/", Feed)]))
    server.add_sockets(sockets)
    publisher = Publisher()
    await obey(
        {
            "port": lambda: sockets[0].getsockname()[1],
            "begin": publisher.begin,
            "prepare": publisher.prepare,
            "publish": publisher.publish,
        }
    )


if __name__ == "__main__":
    asyncio.run(main())
