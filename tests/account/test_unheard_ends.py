"""A session whose end a node could not hear of writes nothing there, and reads briefly."""

import asyncio

import pytest

from config.settings import Settings
from models.base.ids import new_id
from streams.consumers.revocation import RevocationConsumer
from tests.support.engines import TestEngines
from tests.support.people.furnished import GOALS
from tests.support.server import serving
from tests.support.wire.answers import done
from tests.support.wire.sockets import talking

NOWHERE = "redis://127.0.0.1:1/0"


async def test_a_node_without_redis_finds_ended_sessions_by_looking(
    engines: TestEngines, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert RevocationConsumer.every_s == 10.0  # what docs/security.md says
    monkeypatch.setattr(RevocationConsumer, "every_s", 1.0)
    environ = engines.environ()
    deaf = Settings.from_environ(environ | {"UPCOACH_REDIS_URL": NOWHERE})
    async with serving(Settings.from_environ(environ)) as one, serving(deaf) as other:
        person = await one.person()
        there = other.client(person.token)
        async with talking(other, person) as wire:
            before = await there.call("GET", "/v1/me")
            await done(person.call("POST", "/v1/auth/logout"))

            written = await there.call("POST", GOALS, {"id": new_id("gol"), "title": "Run"})
            async with asyncio.timeout(20):
                while (await there.call("GET", "/v1/me")).status == 200:
                    await asyncio.sleep(0.1)
            closed = await wire.closed()

    assert (before.status, written.status, closed) == (200, 401, 4403)
