"""A reader of event streams, by hand, on a raw socket (WHATWG HTML, 9.2.6)."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from models.base.merge_patch import Json
from tests.support.server import Server

PATIENCE_S = 30.0


class StreamEvent(msgspec.Struct, frozen=True):
    """One event as it came."""

    name: str
    data: str
    id: str | None = None

    @property
    def frame(self) -> Json:
        """What the data say."""
        frame: Json = msgspec.json.decode(self.data)
        return frame


class EventStreamReader:
    """An open event stream.

    Attributes
    ----------
    retry_ms
        When the server wants to be asked again.
    last_id
        What an EventSource would send as `Last-Event-ID`.

    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.status = 0
        self.headers: dict[str, str] = {}
        self.retry_ms: int | None = None
        self.last_id: str | None = None
        self.comments = 0

    async def read_head(self) -> None:
        """Read the answer's status and headers."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        self.status = int(first.split()[1])
        pairs = (line.partition(": ") for line in lines)
        self.headers = {name.lower(): value for name, _, value in pairs}

    async def event(self) -> StreamEvent | None:
        """The next event; None when the stream is over."""
        fields: dict[str, str] = {}
        while True:
            line = await asyncio.wait_for(self._reader.readline(), PATIENCE_S)
            if not line:
                return None
            name, _, value = line.decode().rstrip("\n").partition(":")
            if name:
                fields[name] = value.removeprefix(" ")
            elif line != b"\n":
                self.comments += 1
            elif (event := self._dispatch(fields)) is not None:
                return event
            else:
                fields = {}

    async def until(self, *names: str) -> list[StreamEvent]:
        """The events up to the first of one of *names*, with it."""
        events: list[StreamEvent] = []
        while not events or events[-1].name not in names:
            event = await self.event()
            assert event is not None, f"over after {events}"
            events.append(event)
        return events

    async def rest(self) -> list[StreamEvent]:
        """What comes until the server ends the stream."""
        events = []
        while (event := await self.event()) is not None:
            events.append(event)
        return events

    async def problem(self) -> Json:
        """The body of a refusal."""
        body = await self._reader.readexactly(int(self.headers["content-length"]))
        problem: Json = msgspec.json.decode(body)
        return problem

    async def say(self, more: bytes) -> None:
        """Send something more, which no reader does."""
        self._writer.write(more)
        await self._writer.drain()

    async def close(self) -> None:
        """Cut the connection."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def _dispatch(self, fields: dict[str, str]) -> StreamEvent | None:
        if "retry" in fields:
            self.retry_ms = int(fields["retry"])
        if "id" in fields:
            self.last_id = fields["id"]
        if "data" not in fields:
            return None
        return StreamEvent(fields["event"], fields["data"], fields.get("id"))


@contextlib.asynccontextmanager
async def reading(
    server: Server,
    path: str,
    token: str = "",
    *,
    last_id: str | None = None,
    buffer: int = 1 << 20,
    **more: Any,
) -> AsyncIterator[EventStreamReader]:
    """A stream that was asked for, whatever the answer; *more* headers go along.

    What nobody reads waits in *buffer* bytes, and then at the server.
    """
    headers = {"Host": "test", "Accept": "text/event-stream"} | more
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if last_id is not None:
        headers["Last-Event-ID"] = last_id
    host, _, port = server.url.removeprefix("http://").partition(":")
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, (host, int(port)))
    stream, writer = await asyncio.open_connection(sock=raw, limit=buffer)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())
    reader = EventStreamReader(stream, writer)
    try:
        await reader.read_head()
        yield reader
    finally:
        await reader.close()
