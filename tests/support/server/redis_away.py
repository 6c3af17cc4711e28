"""A Redis that is away until a gate in front of it opens."""

import contextlib
import dataclasses
from collections.abc import AsyncIterator

from config.settings import Settings
from tests.support.engines import TestEngines
from tests.support.server import Server, serving
from tests.support.server.gate import Gate


@contextlib.asynccontextmanager
async def without_redis(
    engines: TestEngines, *, is_open: bool = False
) -> AsyncIterator[tuple[Server, Gate]]:
    """A node whose Redis does not answer until the gate is open."""
    settings = Settings.from_environ(engines.environ(UPCOACH_LIMITS="on"))
    assert settings.redis_url is not None
    async with (
        Gate(settings.redis_url, is_open=is_open).listening() as gate,
        serving(dataclasses.replace(settings, redis_url=gate.url)) as server,
    ):
        yield server, gate
