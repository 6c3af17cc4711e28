"""A learner of everybody's habits keeps what it knows, and the loop goes on meanwhile."""

import datetime as dt
import time
from typing import Final

import msgspec

from config.settings import Settings
from models.learners import HabitOdds
from streams.consumers.durable import DurableRunner
from streams.consumers.habit_learner import HabitLearner
from tests.learners.events import created, entered, noon
from tests.support.server import serving
from tests.support.server.lag import heartbeat
from tests.support.server.learning import connected, learning_on
from upcoach.store.collections.consumer_snapshots import ConsumerTurn

START = dt.date(2026, 1, 5)
HABITS: Final = 20_000
PEOPLE: Final = 5_000
# How often the longest hold goes into all of it at once, at the least.
KEPT_NOISE, READ_NOISE = 4, 10


def of_everybody(odds: HabitOdds) -> None:
    """Make it as large as that of a city: copies of what one habit comes to."""
    odds.apply(created("u:usr_0", "hab_0", START))
    for number in range(9):
        odds.tick(noon(START + dt.timedelta(days=number)))
        odds.apply(entered("u:usr_0", "hab_0", START + dt.timedelta(days=number)))
    odds.drain()
    track, person = odds._habit_states["u:usr_0", "hab_0"], odds._population.people["u:usr_0"]
    for number in range(HABITS):
        feed, habit = f"u:usr_{number % PEOPLE}", f"hab_{number}"
        odds._habit_states[feed, habit] = msgspec.structs.replace(track, feed=feed)
        odds._habits[feed][habit] = None
        odds._population.people[feed] = person


async def grow(runner: DurableRunner[HabitLearner]) -> None:
    await runner.load()
    of_everybody(runner.consumer.odds)
    await runner._snapshots.record(ConsumerTurn(number=1, spans=()))
    runner._turn = 1
    for number in range(PEOPLE):
        runner._sequencer(f"u:usr_{number}").last = 9


async def test_the_loop_is_not_held_while_what_is_learned_is_kept_and_read_again(
    settings: Settings,
) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        runner, heir = (learning_on(server, settings, redis) for _ in range(2))
        await grow(runner)
        began = time.thread_time()
        state = runner.consumer.odds.to_state()
        at_once = time.thread_time() - began
        began = time.thread_time()
        HabitOdds.from_state(state)
        read_at_once = time.thread_time() - began

        async with heartbeat() as beat:
            await runner._save()

        kept = beat.worst()
        async with heartbeat() as beat:
            await heir.load()

        read = beat.worst()
        print(f"learner: {len(state) / 1e6:.1f} MB, {at_once:.3f} s at once, {kept:.4f} s held,")
        print(f"and {read:.4f} s of {read_at_once:.3f} while it is read")
        assert heir.consumer.odds.to_state() == state
        assert heir._sequencer("u:usr_7").last == 9
        assert kept < at_once / KEPT_NOISE
        assert read < read_at_once / READ_NOISE
