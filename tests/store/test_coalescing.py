"""Coalesced calls: what comes in one turn of the event loop is done together."""

import asyncio
from collections.abc import Collection

import pytest

from models.base.errors import Unavailable
from upcoach.store.base.coalescing import AT_ONCE, Coalesced

AWAY = Unavailable("database_unavailable", "The database does not answer.")


class Squares:
    """Squares numbers, all of a call together, once it is let go on."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.failures: dict[int, Exception] = {}
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.of = Coalesced(self._squared)

    async def _squared(self, numbers: Collection[int]) -> dict[int, int]:
        self.calls.append(sorted(numbers))
        await self.goes_on.wait()
        for number in numbers:
            if number in self.failures:
                raise self.failures[number]
        return {number: number * number for number in numbers}


async def test_those_of_one_turn_are_one_call() -> None:
    squares = Squares()

    assert await asyncio.gather(*map(squares.of, [3, 1, 2, 1])) == [9, 1, 4, 1]
    assert await squares.of(1) == 1

    assert squares.calls == [[1, 2, 3], [1]]


async def test_too_many_for_one_call_are_several() -> None:
    squares, numbers = Squares(), range(2 * AT_ONCE + 1)

    assert await asyncio.gather(*map(squares.of, numbers)) == [number**2 for number in numbers]

    assert sorted(map(len, squares.calls)) == [1, AT_ONCE, AT_ONCE]


async def test_who_comes_while_it_is_done_is_not_answered_by_it() -> None:
    squares = Squares()
    squares.goes_on.clear()
    first = asyncio.create_task(squares.of(2))
    while not squares.calls:
        await asyncio.sleep(0)
    second = asyncio.create_task(squares.of(2))
    while len(squares.calls) < 2:
        await asyncio.sleep(0)
    squares.goes_on.set()

    assert (await first, await second, squares.calls) == (4, 4, [[2], [2]])


async def test_what_breaks_a_call_breaks_its_own() -> None:
    squares = Squares()
    squares.failures = {2: ValueError("broken")}

    answers = await asyncio.gather(*map(squares.of, [1, 2, 3]), return_exceptions=True)

    assert answers == [1, squares.failures[2], 9]


async def test_while_the_database_is_away_nobody_asks_it_one_by_one() -> None:
    squares = Squares()
    squares.failures = {2: AWAY}

    answers = await asyncio.gather(*map(squares.of, [1, 2, 3]), return_exceptions=True)

    assert (answers, len(squares.calls)) == ([AWAY] * 3, 1)


async def test_who_gives_up_takes_nobody_along() -> None:
    squares = Squares()
    squares.goes_on.clear()
    impatient, patient = asyncio.create_task(squares.of(2)), asyncio.create_task(squares.of(2))
    while not squares.calls:
        await asyncio.sleep(0)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    squares.goes_on.set()

    assert await patient == 4
