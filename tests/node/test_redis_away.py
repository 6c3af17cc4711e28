"""A Redis that is away when a node starts, and comes: what the log says of it."""

import asyncio
import collections
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Iterable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from config.settings import Settings
from streams.base import outage_log
from tests.support.engines import TestEngines
from tests.support.server import Server, serving
from tests.support.wire.waiting import until
from upcoach.client import RestClient

REFUSED = 30  # three seconds of tries
BEGINS = {"channels_lost", "streams_lost", "publish_failed", "limits_alone"}
ENDS = {"channels_back", "streams_back", "publish_resumed", "limits_shared"}


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


def of_outages(lines: Iterable[MutableMapping[str, Any]]) -> collections.Counter[str]:
    """How often each line was written that an outage is behind."""
    return collections.Counter(line["event"] for line in lines if line["event"] in BEGINS | ENDS)


async def asking(person: RestClient) -> None:
    while True:
        await person.call("GET", "/v1/goals")


async def test_an_outage_is_logged_when_it_begins_and_when_it_is_over(
    engines: TestEngines,
) -> None:
    with capture_logs() as lines:
        async with without_redis(engines) as (server, gate):
            person = await server.person()
            await until(lambda: of_outages(lines).keys() == BEGINS and gate.refused > REFUSED)
            during = of_outages(lines)
            gate.is_open = True
            calls = asyncio.create_task(asking(person))
            await until(lambda: of_outages(lines).keys() == BEGINS | ENDS)
            calls.cancel()

    warnings = [line for line in lines if line["event"] in BEGINS]
    assert during == dict.fromkeys(BEGINS, 1)
    assert {line["setting"] for line in warnings} == {"UPCOACH_REDIS_URL"}
    assert all(line["reason"] for line in warnings)


async def test_a_long_outage_is_repeated(
    engines: TestEngines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage_log, "REPEAT_S", 1.0)

    with capture_logs() as lines:
        async with without_redis(engines):
            await until(lambda: of_outages(lines)["channels_lost"] > 1)

    assert lines[-1]["event"] not in ENDS
