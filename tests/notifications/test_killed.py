"""Schedulers and engines that die while reminders are due: each comes, and none comes twice."""

import asyncio
import collections
import contextlib
import datetime as dt
import os
import random
import signal
from collections.abc import Iterator
from typing import Final

import pytest

from config.settings import Settings
from models.base.clock import utc_now
from models.base.errors import Refusal
from tests.support.engines import TestEngines, redis_of
from tests.support.server import Server, ServerProcess, serving
from tests.support.wire.answers import done
from upcoach.client import RestClient

PEOPLE: Final = 12
TASKS: Final = 12  # of each, at each of the minutes
MINUTES: Final = 3
MINUTE: Final = dt.timedelta(minutes=1)


@pytest.fixture
def frail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestEngines]:
    """Engines that this test may kill."""
    started = TestEngines(tmp_path_factory.mktemp("frail"))
    started.start()
    yield started
    started.stop()


async def add_tasks(person: RestClient, minutes: list[dt.datetime]) -> set[str]:
    """Give *person* tasks that are due at each of some *minutes*; their ids."""
    ids = set[str]()
    for due in minutes:
        day, time = str(due.date()), f"{due:%H:%M}"
        for number in range(TASKS):
            body = {"title": f"Call {number}", "due_date": day, "due_time": time, "tz": "UTC"}
            ids.add((await done(person.call("POST", "/v1/tasks", body))).body["id"])
    return ids


async def told(person: RestClient) -> collections.Counter[str]:
    """What *person* was told of, and how often."""
    answer = await done(person.call("GET", "/v1/notifications?limit=100"))
    assert "link" not in answer.headers
    return collections.Counter(one["about"] for one in answer.body["items"])


async def kill_on(engines: TestEngines, schedulers: list[ServerProcess]) -> None:
    """Kill a scheduler or an engine every few seconds, or empty Redis."""
    chance = random.Random(7)
    while True:
        await asyncio.sleep(chance.uniform(1, 6))
        what = chance.random()
        if what < 0.6:
            doomed = chance.choice(schedulers)
            await doomed.kill()
            await doomed.start()
        elif what < 0.8:
            os.kill(engines.engines.mongod_pid, signal.SIGKILL)
        else:
            with contextlib.suppress(OSError), redis_of(engines.environ()) as redis:
                redis.flushall()


@pytest.mark.chaos
async def test_of_hundreds_that_are_due_none_is_missing_and_none_comes_twice(
    frail: TestEngines,
) -> None:
    environ = frail.environ(UPCOACH_ROLES="web")
    scheduling = environ | {"UPCOACH_ROLES": "web,schedule"}
    async with serving(Settings.from_environ(environ)) as web, contextlib.AsyncExitStack() as stack:
        people = [await web.person() for _ in range(PEOPLE)]
        first = utc_now().replace(second=0, microsecond=0) + 2 * MINUTE
        minutes = [first + number * MINUTE for number in range(MINUTES)]
        expected = [await add_tasks(person, minutes) for person in people]
        assert utc_now() < first
        schedulers = [
            await stack.enter_async_context(ServerProcess(dict(scheduling))) for _ in range(3)
        ]
        async with asyncio.timeout((first - utc_now()).total_seconds() + 60 * MINUTES):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout((minutes[-1] - utc_now()).total_seconds() + 10):
                    await kill_on(frail, schedulers)
        await all_told(web, people, expected)
        assert [await told(person) for person in people] == list(map(collections.Counter, expected))


async def all_told(web: Server, people: list[RestClient], expected: list[set[str]]) -> None:
    """Return when all *people* were told of what they are *expected* to be, and it is at rest."""
    async with asyncio.timeout(150):  # two leases
        while True:
            with contextlib.suppress(Refusal, AssertionError):
                if [set(await told(person)) for person in people] == expected:
                    break
            await asyncio.sleep(0.5)
        while await web.node.database["timers"].count_documents({"due": {"$lte": utc_now()}}):
            await asyncio.sleep(0.5)
