"""The worst that one account can do, over every road at once.

Usage: python -m tests.costs.worst URL TOKEN: goes on until it is killed, in a process of its own,
so that what it computes itself delays nobody whose time is taken.
"""

import asyncio
import contextlib
import datetime as dt
import random
import sys
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from tornado.httpclient import HTTPClientError
from tornado.websocket import WebSocketError

from models.base.ids import new_id
from tests.support.people.furnished import GOALS
from tests.support.server import Server
from tests.support.wire.sockets import calling, hello, mut
from tests.support.wire.writes import MUTATIONS

HEAVY = (
    "/v1/habits/analytics",
    "/v1/habits/achievements",
    "/v1/habits/today",
    "/v1/goals/assessments",
    "/v1/moods/stats",
    "/v1/journal/search?q=x",
    "/v1/snapshot?limit=200",
    "/v1/events?since=0&limit=500",
)
CSV = {"Content-Type": "text/csv"}
JOURNAL = "/v1/journal"
AT_ONCE = 4  # of each sort
PAUSE_S = 0.01


class Worst:
    """An account that never stops."""

    def __init__(self, server: Server, token: str) -> None:
        self._server = server
        self._token = token
        self._person = server.client(token)
        self._port = urlsplit(server.url).port

    async def run(self) -> None:
        """Do it all until cancelled."""
        await self._person.call("POST", "/v1/imports/csv/habits", raw=_history(), headers=CSV)
        print("begun", flush=True)
        roads = (self._reads, self._writes, self._batches, self._sockets, self._imports, self._half)
        await asyncio.gather(*(self._again(road) for road in roads for _ in range(AT_ONCE)))

    async def _again(self, road: Callable[[], Awaitable[object]]) -> None:
        while True:
            # Whatever is refused or cut off, it goes on.
            with contextlib.suppress(OSError, AssertionError, HTTPClientError, WebSocketError):
                await road()
            await asyncio.sleep(PAUSE_S)

    async def _reads(self) -> None:
        await self._person.call("GET", random.choice(HEAVY))

    async def _writes(self) -> None:
        await self._person.call("POST", JOURNAL, {"text": "\u20ac" * 20_000})

    async def _batches(self) -> None:
        batch = [mut("POST", GOALS, {"title": "Run"}) for _ in range(100)]
        await self._person.call("POST", MUTATIONS, batch)

    async def _imports(self) -> None:
        day, name = "2026-01-01", new_id("x")
        rows = [f"{day},3,{name} {at}" for at in range(2_000)]
        raw = "\n".join(["date,level,note", *rows]).encode()
        await self._person.call("POST", "/v1/imports/csv/moods", raw=raw, headers=CSV)

    async def _half(self) -> None:
        """An upload that stops half way."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        head = (
            f"POST /v1/imports/loop HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self._token}\r\n"
            "Content-Type: application/zip\r\nContent-Length: 8000000\r\n\r\n"
        )
        try:
            writer.write(head.encode() + bytes(1_000_000))
            await writer.drain()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reader.read(1), 1)
        finally:
            writer.close()

    async def _sockets(self) -> None:
        """Snapshots again and again, and as many writes as go into a message."""
        async with calling(self._server) as wire:
            await wire.send(hello(self._person))
            for _ in range(20):
                await wire.send({"t": "sub", "f": "u:me", "snap": True})
                await wire.send(*(mut("POST", GOALS, {"title": "Run"}) for _ in range(20)))
                await wire.answers(20)


def _history() -> bytes:
    """A table of thirty habits, each day of a year."""
    days = [dt.date(2025, 1, 1) + dt.timedelta(days=at) for at in range(365)]
    rows = [f"Habit {number},{day},done" for number in range(30) for day in days]
    return "\n".join(["habit,date,state", *rows]).encode()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(Worst(Server(sys.argv[1]), sys.argv[2]).run())
