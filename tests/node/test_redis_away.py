"""A Redis that is away when a node starts, and comes: what the log says of it."""

import asyncio
import collections
import dataclasses
import re
from collections.abc import Iterable, MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from config.settings import Settings
from tests.support.engines import TestEngines
from tests.support.server import serving
from tests.support.server.redis_away import without_redis
from tests.support.wire.waiting import until
from upcoach.store.base import outage_log

BUSY = 8
REFUSED = 30  # three seconds of tries
BEGINS = {"channels_lost", "streams_lost", "publish_failed", "limits_alone"}
ENDS = {"channels_back", "streams_back", "publish_resumed", "limits_shared"}


def of_outages(lines: Iterable[MutableMapping[str, Any]]) -> collections.Counter[str]:
    """How often each line was written that an outage is behind."""
    return collections.Counter(line["event"] for line in lines if line["event"] in BEGINS | ENDS)


async def test_an_outage_is_logged_when_it_begins_and_when_it_is_over(
    engines: TestEngines,
) -> None:
    with capture_logs() as lines:
        async with without_redis(engines) as (server, gate):
            await server.person()
            await until(lambda: of_outages(lines).keys() == BEGINS and gate.refused > REFUSED)
            during = of_outages(lines)
            gate.is_open = True
            await until(lambda: of_outages(lines).keys() == BEGINS | ENDS)

    warnings = [line for line in lines if line["event"] in BEGINS]
    assert during == dict.fromkeys(BEGINS, 1)
    assert {line["setting"] for line in warnings} == {"UPCOACH_REDIS_URL"}
    assert all(line["reason"] for line in warnings)


async def test_a_start_says_that_redis_refuses_its_password(settings: Settings) -> None:
    assert settings.redis_url is not None
    url = re.sub("//:[^@]+@", "//:wr0ng@", settings.redis_url)

    with capture_logs() as lines:
        async with serving(dataclasses.replace(settings, redis_url=url)) as server:
            ready = await server.client().call("GET", "/readyz")

    [warning] = [line for line in lines if line["event"] == "serving_without_redis"]
    assert ready.status == 200
    assert warning["setting"] == "UPCOACH_REDIS_URL"
    assert "invalid username-password pair" in warning["reason"]
    assert "wr0ng" not in str(lines)


async def test_connections_that_broke_meanwhile_are_no_outage(engines: TestEngines) -> None:
    with capture_logs() as lines:
        async with without_redis(engines, is_open=True) as (server, gate):
            person = await server.person()
            await asyncio.gather(*(person.call("GET", "/v1/goals") for _ in range(BUSY)))
            before = of_outages(lines)
            gate.reset()
            await until(lambda: of_outages(lines).keys() >= {"streams_back", "channels_back"})
            for _ in range(BUSY):
                await person.call("POST", "/v1/goals", {"title": "Run"})

    # The reads that were under way are broken, and begin again; what lay in the pools is replaced.
    reads = ("streams_lost", "streams_back", "channels_lost", "channels_back")
    assert before == collections.Counter()
    assert of_outages(lines) == dict.fromkeys(reads, 1)


async def test_a_long_outage_is_repeated(
    engines: TestEngines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage_log, "REPEAT_S", 1.0)

    with capture_logs() as lines:
        async with without_redis(engines):
            await until(lambda: of_outages(lines)["channels_lost"] > 1)

    assert lines[-1]["event"] not in ENDS
