"""The demo, played to its end, and refused."""

import dataclasses
import re

import pytest

from config.settings import Settings
from models.access.rate_limits import Cost
from models.access.request_origin import RequestOrigin
from streams.limits.rate_limiter import SharedRateLimiter
from streams.redis.connection import RedisConnections
from tests.support.engines import TestEngines
from tests.support.server import serving
from upcoach.cli import demo
from upcoach.node.process.listener import StartError

HERE = {"ip": RequestOrigin(address="127.0.0.1").household}
MANY = Cost(100)  # registrations: a day of them


async def use_up_registrations(settings: Settings) -> None:
    redis = RedisConnections(settings.redis_url or "")
    await SharedRateLimiter(redis.counter, settings.index_key).owe("mail", HERE, MANY)
    await redis.aclose()


@pytest.mark.chaos
async def test_the_demo_says_whom_it_leaves_behind_however_many_were_played(
    engines: TestEngines, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = engines.settings(UPCOACH_ROLES="web,learn", UPCOACH_LIMITS="on")
    await use_up_registrations(settings)

    await demo.play(settings)

    assert re.search(
        r"^The account demo_[0-9a-f-]+@example\.org and its data stay on this server\. "
        r"Each run of the demo adds another account\.$",
        capsys.readouterr().out,
        re.MULTILINE,
    )


async def test_a_server_that_registers_no_more_ends_the_demo_with_a_sentence(
    engines: TestEngines,
) -> None:
    settings = engines.settings(UPCOACH_LIMITS="on")
    await use_up_registrations(settings)
    async with serving(settings) as server:
        with pytest.raises(StartError, match=r"Too many requests.*UPCOACH_LIMITS=off"):
            await demo.play_at(server.url)


async def test_the_demo_leaves_nobody_in_production(engines: TestEngines) -> None:
    settings = dataclasses.replace(engines.settings(), environment="production")

    with pytest.raises(StartError, match="for a server with UPCOACH_ENV=development"):
        await demo.play(settings)
