"""A network between client and server that can be cut."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

CHUNK = 65_536


class Cutter:
    """Carries bytes from its port to another one, until it is told to cut.

    Attributes
    ----------
    port
        Where clients connect.
    carried
        How many connections there were.

    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._lines: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.carried = 0

    def cut(self) -> None:
        """Break every connection with a reset, and lose what is on the way."""
        for line in tuple(self._lines):
            line.transport.abort()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        self.carried += 1
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, far_writer}
        self._lines |= both
        try:
            await asyncio.gather(_pour(reader, far_writer), _pour(far_reader, writer))
        finally:
            self._lines -= both
            for line in both:
                line.close()


@contextlib.asynccontextmanager
async def cutting(target: int) -> AsyncIterator[Cutter]:
    """A network in front of the port *target*."""
    cutter = Cutter(target)
    server = await asyncio.start_server(cutter.carry, "127.0.0.1", 0)
    cutter.port = server.sockets[0].getsockname()[1]
    try:
        yield cutter
    finally:
        server.close()
        cutter.cut()
        await server.wait_closed()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes one way, up to the end or a cut."""
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        writer.write_eof()
