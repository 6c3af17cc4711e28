"""Requests on a raw socket, a few bytes at a time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit

from tests.support.server import Server

UPLOAD = "/v1/imports/loop"
PATIENCE_S = 20


class Raw:
    """A plain connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, path: str, headers: str, size: int, sent: int) -> None:
        """Say that a body of *size* comes, and send *sent* bytes of it."""
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{headers}"
        length = f"Content-Length: {size}\r\n\r\n" if size else "\r\n"
        with contextlib.suppress(ConnectionError):
            self.writer.write((head + length).encode())
            self.writer.write(b"x" * sent)
            await self.writer.drain()

    async def status(self) -> int:
        """The status of the answer; 0 for a connection that was closed without one."""
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(PATIENCE_S):
                line = await self.reader.readline()
                return int(line.split()[1]) if line else 0
        return 0


@contextlib.asynccontextmanager
async def raw(server: Server) -> AsyncIterator[Raw]:
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(server.url).port)
    try:
        yield Raw(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def until(condition: Callable[[], bool]) -> None:
    """Return when *condition* holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)
