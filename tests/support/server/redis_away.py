"""A Redis that is away until a gate in front of it opens."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from config.settings import Settings
from tests.support.engines import TestEngines
from tests.support.server import Server, serving


class Gate:
    """A port in front of Redis that hangs up at once until it is open."""

    def __init__(self, redis_url: str) -> None:
        self._redis = urlsplit(redis_url)
        self.refused = 0
        self.is_open = False

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry the bytes of a connection both ways, or refuse it."""
        if not self.is_open:
            self.refused += 1
            writer.close()
            return
        answers, asks = await asyncio.open_connection(self._redis.hostname, self._redis.port)
        with contextlib.suppress(OSError):
            await asyncio.gather(carry(reader, asks), carry(answers, writer))

    def url(self, port: int) -> str:
        """The URL of the Redis behind it."""
        return self._redis._replace(netloc=f":{self._redis.password}@127.0.0.1:{port}").geturl()


async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.closing(sink):
        while piece := await source.read(65_536):
            sink.write(piece)
            await sink.drain()


@contextlib.asynccontextmanager
async def without_redis(engines: TestEngines) -> AsyncIterator[tuple[Server, Gate]]:
    """A node whose Redis does not answer until the gate is open."""
    settings = Settings.from_environ(engines.environ(UPCOACH_LIMITS="on"))
    assert settings.redis_url is not None
    gate = Gate(settings.redis_url)
    async with await asyncio.start_server(gate.take, "127.0.0.1", 0) as port:
        behind = gate.url(port.sockets[0].getsockname()[1])
        async with serving(dataclasses.replace(settings, redis_url=behind)) as server:
            yield server, gate
