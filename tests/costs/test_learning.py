"""The learner beside everybody else: what one person writes holds up nobody."""

import asyncio
import contextlib
import dataclasses
import datetime as dt
import time

import pytest

from config.settings import Settings
from models.insights.insight import insight_id
from streams.consumers.durable import DurableRunner
from streams.consumers.habit_learner import HabitLearner
from tests.support.server import serving
from tests.support.server.lag import heartbeat
from tests.support.server.learning import connected, learning_on
from upcoach.client import RestClient
from upcoach.store.base import pacing
from upcoach.store.collections.consumer_snapshots import SNAPSHOTS

HABITS, VACATIONS, LONGEST = 60, 30, 366
DAY = dt.timedelta(days=1)
TODAY = dt.date.today()  # noqa: DTZ011 - any day near now


async def habits_of(person: RestClient, number: int) -> list[str]:
    made = [await person.call("POST", "/v1/habits", {"name": f"h{n}"}) for n in range(number)]
    return [str(one.body["id"]) for one in made]


async def adjoining_vacations(person: RestClient) -> None:
    for number in range(VACATIONS):
        first = TODAY + number * LONGEST * DAY
        body = {"first": str(first), "last": str(first + (LONGEST - 1) * DAY)}
        answer = await person.call("POST", "/v1/habits/vacations", body)
        assert answer.status == 201, answer


async def test_a_row_of_vacations_holds_up_nobody(settings: Settings) -> None:
    both = dataclasses.replace(settings, roles=frozenset({"web", "learn"}), limits="off")
    async with serving(both) as server:
        heavy, stranger = await server.person(), await server.person()
        habits = await habits_of(heavy, HABITS)
        waits: list[float] = []

        async def ask() -> None:
            while True:
                began = time.perf_counter()
                assert (await stranger.call("GET", "/v1/me")).status == 200
                waits.append(time.perf_counter() - began)
                await asyncio.sleep(0.01)

        asking = asyncio.create_task(ask())
        async with heartbeat() as beat:
            await adjoining_vacations(heavy)
            path = f"/v1/coach/insights/{insight_id(habits[-1])}"
            away = TODAY + VACATIONS * LONGEST * DAY
            while (await heavy.call("GET", path)).body.get("day") != str(away):
                await asyncio.sleep(0.02)
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking

        assert beat.worst() < 0.05
        assert max(waits) < 1.0


def settled(runner: DurableRunner[HabitLearner], habit: str) -> int:
    """How many days of *habit* are settled."""
    states = runner.consumer.odds._habit_states
    return sum(state.known.history.labels for (_, id_), state in states.items() if id_ == habit)


async def test_a_turn_that_was_cut_off_is_taken_again_whole(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "SLICE_S", 0.0)  # a breath after each step
    async with serving(settings) as server, connected(settings) as redis:
        person = await server.person()
        cut = learning_on(server, settings, redis)
        await cut.load()
        habit, *_ = await habits_of(person, 3)
        for number in range(20, 0, -1):
            day = TODAY - number * DAY
            await person.call("PUT", f"/v1/habits/{habit}/entries/{day}", {"state": "done"})

        # It is stopped after some steps of its turn, and keeps what it knows as it goes.
        stepping = asyncio.create_task(cut.step())
        while settled(cut, habit) == 0:
            await asyncio.sleep(0)
        stepping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await stepping
        await cut.stop()

        heir, rebuilt = (learning_on(server, settings, redis) for _ in range(2))
        await heir.load()
        await heir.step()
        await server.node.database[SNAPSHOTS].delete_many({})
        await rebuilt.load()

        assert settled(heir, habit) == 20  # each once
        assert heir.consumer.odds.to_state() == rebuilt.consumer.odds.to_state()
