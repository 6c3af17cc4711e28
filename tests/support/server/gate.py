"""A port in front of an engine, which hangs up at once while it is closed."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from typing import Self
from urllib.parse import urlsplit

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: a close is a reset


class Gate:
    """Carries connections to the engine of a URL, or refuses them."""

    def __init__(self, engine_url: str, *, is_open: bool = False) -> None:
        self._engine = urlsplit(engine_url)
        self._carried: set[asyncio.StreamWriter] = set()
        self.refused = 0
        self.is_open = is_open
        self.url = ""

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Self]:
        """Listen, at its `url`."""
        async with await asyncio.start_server(self._take, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            user, at, _ = self._engine.netloc.rpartition("@")
            self.url = self._engine._replace(netloc=f"{user}{at}127.0.0.1:{port}").geturl()
            yield self

    def reset(self) -> None:
        """Break all connections, as an engine does that is killed and started again."""
        for writer in self._carried:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()

    def close(self) -> None:
        """Break all connections, and refuse others."""
        self.is_open = False
        self.reset()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.is_open:
            self.refused += 1
            writer.close()
            return
        answers, asks = await asyncio.open_connection(self._engine.hostname, self._engine.port)
        self._carried.add(writer)
        with contextlib.suppress(OSError):
            await asyncio.gather(_carry(reader, asks), _carry(answers, writer))
        self._carried.discard(writer)


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.closing(sink):
        while piece := await source.read(65_536):
            sink.write(piece)
            await sink.drain()
