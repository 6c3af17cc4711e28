"""The live protocol, spoken by hand on raw WebSockets."""

import asyncio
import collections
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Iterable
from typing import Any

import msgspec
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from handlers.live.websocket.connection import Connection
from models.base.ids import new_mutation_id
from models.base.merge_patch import Json
from tests.support.people.furnished import GOALS
from tests.support.server import Server
from upcoach.client import RestClient

PATIENCE_S = 30.0  # beyond what a write waits for a database that stands still
TOKEN_S = 600


class Wire:
    """One WebSocket: frames out, frames in."""

    def __init__(self, connection: WebSocketClientConnection) -> None:
        self._connection = connection
        self._lines: collections.deque[str] = collections.deque()
        self._is_over = False

    async def send(self, *frames: Json | str) -> None:
        """Send *frames* in one message, texts as they are."""
        lines = (
            frame if isinstance(frame, str) else msgspec.json.encode(frame).decode()
            for frame in frames
        )
        await self._connection.write_message("\n".join(lines))

    async def send_bytes(self, message: bytes) -> None:
        """Send a binary message."""
        await self._connection.write_message(message, binary=True)

    async def line(self) -> str | None:
        """The next line; None when the socket is closed."""
        while not self._lines:
            if self._is_over:
                return None
            self._lines.extend((await self.message()).splitlines())
        return self._lines.popleft()

    async def message(self) -> str:
        """The next message, of which no line was taken; empty when the socket is closed."""
        message = await asyncio.wait_for(self._connection.read_message(), PATIENCE_S)
        if message is None:
            self._is_over = True
            return ""
        assert isinstance(message, str)
        assert message.endswith("\n")
        return message

    async def frame(self) -> Json:
        """The next frame."""
        line = await self.line()
        assert line is not None, f"closed with {self._connection.close_code}"
        frame: Json = msgspec.json.decode(line)
        return frame

    async def until(self, *kinds: str) -> list[Json]:
        """The frames up to the first of one of *kinds*, with it."""
        frames = [await self.frame()]
        while frames[-1]["t"] not in kinds:
            frames.append(await self.frame())
        return frames

    async def answers(self, count: int) -> list[Json]:
        """The next *count* answers to writes."""
        return [(await self.until("res"))[-1] for _ in range(count)]

    async def closed(self) -> int | None:
        """The code with which the server closes the socket, whatever it says before."""
        while await self.line() is not None:
            pass
        return self._connection.close_code

    @property
    def protocol(self) -> str | None:
        """The subprotocol that was agreed."""
        return self._connection.selected_subprotocol

    async def hang_up(self) -> None:
        """Close the socket."""
        self._connection.close()
        await self.closed()


@contextlib.asynccontextmanager
async def calling(
    server: Server, *, token: str = "", protocol: str = "", address: str = ""
) -> AsyncIterator[Wire]:
    """A socket on which nothing was said yet, of somebody at *address*, as a balancer tells it."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if address:
        headers["X-Forwarded-For"] = address
    request = HTTPRequest(server.url.replace("http", "ws", 1) + "/v1/live", headers=headers)
    offered = [protocol] if protocol else None
    wire = Wire(await websocket_connect(request, subprotocols=offered))
    try:
        yield wire
    finally:
        await wire.hang_up()


@contextlib.asynccontextmanager
async def talking(
    server: Server, person: RestClient, *subs: Json, address: str = ""
) -> AsyncIterator[Wire]:
    """A socket on which both have greeted; see `calling`."""
    async with calling(server, address=address) as wire:
        await wire.send(hello(person, *subs))
        assert (await wire.frame())["t"] == "welcome"
        yield wire


def hello(person: RestClient, *subs: Json, **more: Any) -> Json:
    """The first frame of *person*."""
    return {"t": "hello", "v": 1, "token": person.token, "subs": list(subs)} | more


def mut(op: str, path: str, body: Any = None, **more: Any) -> Json:
    """A write."""
    frame = {"t": "mut", "id": new_mutation_id(), "op": op, "path": path} | more
    return frame if body is None else frame | {"body": body}


def sub(since: str | None = None, feed: str = "u:me", **more: Any) -> Json:
    """A subscription."""
    return {"t": "sub", "f": feed} | ({} if since is None else {"since": since}) | more


def numbers(frames: Iterable[Json]) -> list[int]:
    """The numbers of the events among *frames*."""
    return [frame["seq"] for frame in frames if frame["t"] == "ev"]


def only_connection(server: Server) -> Connection:
    """The server's end of the only socket."""
    [connection] = server.node._connections._open
    assert isinstance(connection, Connection)
    return connection


def ends_in(connection: Connection, left_s: float) -> None:
    """Have the token of *connection* end so soon."""
    assert connection.caller is not None
    ends = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=left_s)
    connection.caller = msgspec.structs.replace(connection.caller, expires_at=ends)


def raw_mut(body: str) -> str:
    """A write whose body is *body*, whatever that is."""
    head = msgspec.json.encode(mut("POST", GOALS)).decode().removesuffix("}")
    return f'{head},"body":{body}}}'
