"""Tornado as its documentation shows it: `write_message` of a dict to each of a set."""

import asyncio
from typing import Any, ClassVar

from pace import listen, obey
from tornado.httpserver import HTTPServer
from tornado.web import Application
from tornado.websocket import WebSocketHandler


class Feed(WebSocketHandler):
    """Somebody who listens."""

    waiters: ClassVar[set["Feed"]] = set()
    users: ClassVar[dict[int, "Feed"]] = {}

    def open(self, *_: str, **__: str) -> None:
        self.waiters.add(self)
        self.user = int(self.get_query_argument("user"))
        self.users[self.user] = self

    def on_message(self, _message: str | bytes) -> None:
        pass

    def on_close(self) -> None:
        self.waiters.discard(self)
        self.users.pop(self.user, None)


async def broadcast(event: dict[str, Any]) -> None:
    for waiter in Feed.waiters:
        waiter.write_message(event)


async def unicast(user: int, event: dict[str, Any]) -> None:
    Feed.users[user].write_message(event)


async def main() -> None:
    server = HTTPServer(Application([("/", Feed)]))
    listening = listen()
    listening.setblocking(False)
    server.add_socket(listening)
    await obey(broadcast, unicast)


asyncio.run(main())
