"""The writes that were told to come again cost Redis little, whatever they were told."""

import pytest

from config.settings import Settings
from models.base.ids import new_mutation_id
from streams.limits.held_writes import AGAIN_MS, LAPSE_MS, LONGEST_WAIT_S, NAMES, HeldWrites
from tests.support.engines import TestEngines
from tests.support.server.learning import connected

USER = "usr_1"
KEY = "held:usr_1"
HOURS_S = 31.7 * 3_600


@pytest.fixture
def settings(engines: TestEngines) -> Settings:
    return engines.settings()


async def test_there_is_one_key_of_a_user_with_so_many_names_for_so_long(
    settings: Settings,
) -> None:
    names = [new_mutation_id() for _ in range(2 * NAMES)]
    async with connected(settings) as redis:
        held = HeldWrites(redis.counter)
        for number, name in enumerate(names):
            await held.hold(USER, [name], HOURS_S if number else 1.0)

        found = await redis.counter.keys("held:*")
        kept = await redis.counter.zcard(KEY)
        size = await redis.counter.memory_usage(KEY) or 0
        left_ms = await redis.counter.pttl(KEY)
        await held.look(USER)

        assert found == [KEY.encode()]
        assert kept == NAMES
        assert size < 192 * NAMES
        assert left_ms <= LONGEST_WAIT_S * 1000 + LAPSE_MS
        assert held.is_held(USER, names[-1])
        assert not held.is_held(USER, names[0])  # it comes first, and is missed least


async def test_a_node_keeps_the_names_that_redis_keeps_and_no_more(settings: Settings) -> None:
    names = [new_mutation_id() for _ in range(2 * NAMES)]
    async with connected(settings) as redis:
        one, other = HeldWrites(redis.counter), HeldWrites(redis.counter)
        await one.hold(USER, names[:NAMES], 60.0)
        copy = one._copies[USER]
        for number, name in enumerate(names[NAMES:]):
            await one.hold(USER, [name], 1.0 if number % 2 else 120.0)
        await other.look(USER)

        assert one._copies[USER] is copy  # nobody goes through all of it for each name
        assert len(copy) == NAMES
        assert set(copy) == set(other._copies[USER])


async def test_so_it_is_where_one_answer_holds_more_than_may_be_kept(settings: Settings) -> None:
    names = [new_mutation_id() for _ in range(3 * NAMES)]
    async with connected(settings) as redis:
        one, other = HeldWrites(redis.counter), HeldWrites(redis.counter)
        await one.hold(USER, names, 60.0)
        await other.look(USER)

        assert set(one._copies[USER]) == set(other._copies[USER])


async def test_nothing_is_left_of_what_was_released(settings: Settings) -> None:
    name = new_mutation_id()
    async with connected(settings) as redis:
        one, other = HeldWrites(redis.counter), HeldWrites(redis.counter)
        await one.hold(USER, [name], 60.0)
        await other.look(USER)
        waits_s = [round(held.wait_s(USER, [name])) for held in (one, other)]
        await other.release(USER, name)
        await one.look(USER)

        assert waits_s == [60, 60]
        assert await redis.counter.keys("held:*") == []
        assert (one.wait_s(USER, [name]), one._copies, other._copies) == (0.0, {}, {})


async def test_what_is_under_way_again_is_waited_for_a_moment(settings: Settings) -> None:
    name, another = new_mutation_id(), new_mutation_id()
    async with connected(settings) as redis:
        one, other = HeldWrites(redis.counter), HeldWrites(redis.counter)
        await one.hold(USER, [name], 60.0)
        await other.look(USER, [name, another])

        assert other.wait_s(USER, [name]) == AGAIN_MS / 1000
        assert not other.is_held(USER, another)
