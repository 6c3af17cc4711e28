"""Shared calls: what many ask for is done for all of them together."""

import asyncio
import datetime as dt
import traceback
from collections.abc import Collection, Sequence

import pytest

from models.base.clock import utc_now
from models.base.errors import Unavailable
from tests.support.engines import TestEngines
from tests.support.server import serving
from upcoach.store.base.shared_calls import AT_ONCE, SharedCalls, by_key
from upcoach.store.collections.webhook_progress import (
    WebhookKey,
    WebhookProgressStore,
    advanced,
    rested,
)

AWAY = Unavailable("database_unavailable", "The database does not answer.")


class Squares:
    """Squares numbers, all of a call together, once it is let go on."""

    def __init__(
        self, *, one_at_a_time: bool = False, retries_each: bool = True, most: int = AT_ONCE
    ) -> None:
        self.calls: list[list[int]] = []
        self.failures: dict[int, Exception] = {}
        self.is_short = False
        self.works: list[asyncio.Task[object] | None] = []
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.of = SharedCalls(
            self._squared, one_at_a_time=one_at_a_time, retries_each=retries_each, most=most
        )

    async def has_begun(self, calls: int) -> None:
        """Return when so many *calls* have begun."""
        async with asyncio.timeout(5):
            while len(self.calls) < calls:
                await asyncio.sleep(0)

    async def _squared(self, numbers: Sequence[int]) -> list[int]:
        self.calls.append(list(numbers))
        self.works.append(asyncio.current_task())
        await self.goes_on.wait()
        for number in numbers:
            if number in self.failures:
                raise self.failures[number]
        return [number * number for number in numbers][self.is_short :]


async def test_those_of_one_turn_are_one_call() -> None:
    squares = Squares()

    assert await asyncio.gather(*map(squares.of, [3, 1, 2])) == [9, 1, 4]
    assert await squares.of(1) == 1

    assert squares.calls == [[3, 1, 2], [1]]


async def test_equal_keys_are_looked_up_once() -> None:
    asked: list[list[int]] = []

    async def negated(numbers: Collection[int]) -> dict[int, int]:
        asked.append(list(numbers))
        return {number: -number for number in numbers if number}

    shared = SharedCalls(by_key(negated))
    answers = await asyncio.gather(*map(shared, [2, 1, 2, 0]), return_exceptions=True)

    assert (answers[:3], type(answers[3])) == ([-2, -1, -2], KeyError)
    assert asked[0] == [2, 1, 0]


@pytest.mark.parametrize("one_at_a_time", [False, True])
async def test_too_many_for_one_call_are_several(*, one_at_a_time: bool) -> None:
    squares, numbers = Squares(one_at_a_time=one_at_a_time, most=3), range(7)

    assert await asyncio.gather(*map(squares.of, numbers)) == [number**2 for number in numbers]

    assert squares.calls == [[0, 1, 2], [3, 4, 5], [6]]


async def test_who_comes_while_it_is_done_is_not_answered_by_it() -> None:
    squares = Squares()
    squares.goes_on.clear()
    first = asyncio.create_task(squares.of(2))
    await squares.has_begun(1)
    second = asyncio.create_task(squares.of(2))
    await squares.has_begun(2)
    squares.goes_on.set()

    assert (await first, await second, squares.calls) == (4, 4, [[2], [2]])


async def test_one_at_a_time_who_comes_meanwhile_takes_the_next_together() -> None:
    squares = Squares(one_at_a_time=True)
    squares.goes_on.clear()
    first = [asyncio.create_task(squares.of(number)) for number in (1, 2)]
    await squares.has_begun(1)
    others = [asyncio.create_task(squares.of(number)) for number in (3, 4, 5)]
    await asyncio.sleep(0)
    others[1].cancel()
    squares.goes_on.set()

    answers = await asyncio.gather(*first, *others, return_exceptions=True)

    assert squares.calls == [[1, 2], [3, 4, 5]]
    assert [answers[place] for place in (0, 1, 2, 4)] == [1, 4, 9, 25]
    assert isinstance(answers[3], asyncio.CancelledError)


async def test_what_breaks_a_call_breaks_its_own() -> None:
    squares = Squares()
    squares.failures = {2: ValueError("broken")}

    answers = await asyncio.gather(*map(squares.of, [1, 2, 3]), return_exceptions=True)

    assert answers == [1, squares.failures[2], 9]


async def test_what_is_not_done_twice_fails_for_those_who_share_it_and_for_nobody_else() -> None:
    squares = Squares(one_at_a_time=True, retries_each=False)
    squares.failures = {2: ValueError("broken")}

    failed = await asyncio.gather(*map(squares.of, [1, 2, 3]), return_exceptions=True)

    assert [type(one) for one in failed] == [ValueError] * 3
    assert (await squares.of(1), squares.calls) == (1, [[1, 2, 3], [1]])


async def test_the_trace_of_a_failure_does_not_grow_with_those_who_share_it() -> None:
    squares = Squares(retries_each=False)
    squares.failures = {1: ValueError("broken")}

    async def ask(item: int) -> int:
        with pytest.raises(ValueError, match="broken") as failure:
            await squares.of(item)
        return len(traceback.extract_tb(failure.value.__traceback__))

    depths = await asyncio.gather(*map(ask, range(1, 9)))

    assert len(set(depths)) == 1


@pytest.mark.parametrize("is_away_at", [1, 2])
async def test_while_the_database_is_away_nobody_asks_it_one_by_one(is_away_at: int) -> None:
    squares = Squares()
    squares.failures = {2: AWAY} if is_away_at == 1 else {1: ValueError("broken"), 2: AWAY}

    answers = await asyncio.gather(*map(squares.of, [1, 2, 3]), return_exceptions=True)

    kinds = [Unavailable] * 3 if is_away_at == 1 else [ValueError, Unavailable, Unavailable]
    assert [type(one) for one in answers] == kinds
    assert squares.calls == [[1, 2, 3], [1], [2]][: 1 if is_away_at == 1 else 3]


async def test_a_missing_answer_is_a_failure() -> None:
    squares = Squares()
    squares.is_short = True

    async with asyncio.timeout(5):
        answers = await asyncio.gather(*map(squares.of, [1, 2]), return_exceptions=True)

    assert [type(one) for one in answers] == [ValueError] * 2


async def test_who_gives_up_takes_nobody_along() -> None:
    squares = Squares()
    squares.goes_on.clear()
    impatient, patient = asyncio.create_task(squares.of(2)), asyncio.create_task(squares.of(3))
    await squares.has_begun(1)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    squares.goes_on.set()

    assert await patient == 9


async def test_nobody_hangs_when_a_call_is_cancelled() -> None:
    squares = Squares(one_at_a_time=True)
    squares.goes_on.clear()
    first = asyncio.create_task(squares.of(1))
    await squares.has_begun(1)
    later, gone = asyncio.create_task(squares.of(2)), asyncio.create_task(squares.of(3))
    await asyncio.sleep(0)
    [work] = squares.works
    assert work is not None
    work.cancel()
    gone.cancel()
    squares.goes_on.set()

    async with asyncio.timeout(5):
        answers = await asyncio.gather(first, later, gone, return_exceptions=True)

    assert isinstance(answers[0], asyncio.CancelledError)
    assert (answers[1], squares.calls) == (4, [[1], [2]])


def test_the_end_of_the_loop_leaves_nothing_begun() -> None:
    squares: list[Squares] = []

    async def ended() -> list[asyncio.Task[int]]:
        one = Squares(one_at_a_time=True)
        squares.append(one)
        one.goes_on.clear()
        tasks = [asyncio.create_task(one.of(1))]
        await one.has_begun(1)
        tasks.append(asyncio.create_task(one.of(2)))
        await asyncio.sleep(0)
        return tasks

    tasks = asyncio.run(ended())

    assert [task.cancelled() for task in tasks] == [True, True]
    assert squares[0].calls == [[1]]


async def test_of_many_webhooks_each_has_one_holder(engines: TestEngines) -> None:
    async with serving(engines.settings(UPCOACH_ROLES="web")) as server:
        store, now = WebhookProgressStore(server.node.database), utc_now()
        keys = [WebhookKey(f"usr_{number}", f"whk_{number}") for number in range(6)]
        for key in keys[:5]:  # there is none of the last
            await store.begin(key, 7, now)

        claimed = [
            await store.claim(keys[:2], now, "one"),
            await store.claim(keys, now, "other"),
            await store.claim(keys, now, "third"),
        ]
        later = now + dt.timedelta(seconds=1)
        goes_on = await store.change([advanced(keys[0], 8, later)], "one")
        changes = [
            advanced(keys[1], 8, later),  # which the first one has
            advanced(keys[2], 9, later),
            rested(keys[3], 10, 0),
        ]
        mixed = await store.change(changes, "other")
        seqs = {one.webhook: (one.seq, one.at is None) for one in await store.page(None, 10)}

    assert [set(some) for some in claimed] == [set(keys[:2]), set(keys[2:5]), set()]
    assert {one.seq for one in claimed[1].values()} == {7}
    assert (goes_on, mixed) == ([True], [False, True, False])
    assert seqs == {
        "whk_0": (8, False),
        "whk_1": (7, False),
        "whk_2": (9, False),
        "whk_3": (10, True),
        "whk_4": (7, False),
    }


async def test_who_is_overtaken_by_a_replay_has_it_no_more(engines: TestEngines) -> None:
    async with serving(engines.settings(UPCOACH_ROLES="web")) as server:
        store, now = WebhookProgressStore(server.node.database), utc_now()
        key = WebhookKey("usr_1", "whk_1")
        await store.begin(key, 7, now)
        await store.claim([key], now, "one")
        await store.rewind(key, 3, now)

        lost = await store.change([advanced(key, 8, now)], "one")
        claimed = await store.claim([key], now, "other")

    assert lost == [False]
    assert claimed[key].seq == 3
