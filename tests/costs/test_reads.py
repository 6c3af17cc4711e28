"""Heavy reads beside everybody else: the loop is held for no longer than a slice."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec
import pytest

from config.settings import Settings
from tests.costs.reading import HELD_S, fetched
from tests.support.people.relations import user_of
from tests.support.people.wealth import hold, moods, old_habits, vacations
from tests.support.server import serving
from tests.support.server.lag import heartbeat
from upcoach.client import RestClient

TRIES = 3  # of which others on the machine may disturb some
HABITS, FEWER, VACATIONS, MOODS = 500, 100, 100, 3_600
AT_ONCE = 20

PATHS = (
    "/v1/habits/achievements",
    "/v1/habits/today",
    "/v1/habits/analytics?from=2017-01-01",
    "/v1/habits/reminders?limit=100",
    "/v1/moods/stats?from=2017-01-01",
)


@contextlib.asynccontextmanager
async def wealthy(settings: Settings, habits: int = HABITS) -> AsyncIterator[RestClient]:
    async with serving(settings) as server:
        person = await server.person()
        owner = await user_of(person)
        await hold(server, owner, old_habits(owner, habits))
        await hold(server, owner, vacations(owner, VACATIONS))
        await hold(server, owner, moods(owner, MOODS))
        yield person


@pytest.mark.parametrize("path", PATHS)
async def test_a_heavy_read_gives_the_loop_back(settings: Settings, path: str) -> None:
    async with wealthy(settings) as person:
        worst: list[float] = []
        while len(worst) < TRIES and min(worst, default=HELD_S) >= HELD_S:
            async with heartbeat() as beat:
                answer = await fetched(person, path)
            assert answer.code == 200
            worst.append(beat.worst())

        assert min(worst) < HELD_S


async def test_twenty_at_once_are_answered_some_at_a_time(settings: Settings) -> None:
    async with wealthy(settings, FEWER) as person, heartbeat() as beat:
        answers = await asyncio.gather(*(fetched(person, PATHS[0]) for _ in range(AT_ONCE)))

        codes = [answer.code for answer in answers]
        refused = [answer for answer in answers if answer.code == 429]
        problems = [msgspec.json.decode(answer.body) for answer in refused]
        assert set(codes) == {200, 429}
        assert codes.count(200) >= 2
        assert {problem["code"] for problem in problems} == {"requests_too_many"}
        assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
        assert beat.worst() < HELD_S
        assert (await fetched(person, PATHS[3])).code == 200
