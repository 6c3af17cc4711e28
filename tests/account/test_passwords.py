"""What a password costs whoever guesses it; the other tests pay less (tests/conftest.py)."""

import asyncio
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.account.hashers import Counted
from upcoach.services.account import passwords
from upcoach.services.account.hashing_turns import HashingTurns
from upcoach.services.account.passwords import THREADS, Passwords

COST = """
import asyncio
from upcoach.services.account.passwords import Passwords
print(asyncio.run(Passwords(bytes(32)).hash("correct horse battery")))
"""


def test_a_password_is_hashed_at_the_cost_that_was_decided() -> None:
    hashed = subprocess.run(
        [sys.executable, "-c", COST], capture_output=True, text=True, check=True
    ).stdout

    name, _, cost = hashed.partition("$")
    assert len(name) == 8
    assert cost.startswith("argon2id$v=19$m=47104,t=1,p=1$")


async def test_who_is_logged_in_waits_for_one_guess_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hashing = Passwords(bytes(32))
    password_hash = await hashing.hash("right")
    hasher = Counted(passwords.HASHER)
    monkeypatch.setattr(passwords, "HASHER", hasher)

    async def shown(guess: str, *, is_known: bool) -> None:
        await hashing.verify(password_hash, guess, is_known=is_known)

    thieves = [asyncio.create_task(shown("stolen", is_known=False)) for _ in range(20)]
    while len(hasher.threads) < THREADS:
        await asyncio.sleep(0)
    owner = asyncio.create_task(shown("mistyped", is_known=True))
    await asyncio.sleep(0)  # they wait, behind eighteen
    hasher.go.set()
    await asyncio.gather(owner, *thieves)
    hashing.close()

    # Whose thread is the faster then is the system's affair.
    assert hasher.asked.index(hashing._peppered("mistyped")) <= 2 * THREADS
    assert len(hasher.asked) == 21


async def test_who_is_told_that_one_form_is_wrong_is_told_of_all_of_them() -> None:
    hashing = Passwords(bytes(32))
    password_hash = await hashing.hash("right")
    for _ in range(THREADS - 1):
        await hashing._turns.acquire(is_known=False)

    guess = asyncio.create_task(hashing.verify(password_hash, "stra\u00dfe \u00e9"))
    await asyncio.sleep(0)
    await hashing._turns.acquire(is_known=False)  # the next one has the turn, and keeps it

    assert await guess is None  # not sent away, as if nothing had been tried
    hashing.close()


async def test_a_turn_that_nobody_waits_for_any_more_is_handed_on() -> None:
    turns = HashingTurns(1)
    await turns.acquire(is_known=False)
    waiting = [asyncio.create_task(turns.acquire(is_known=at % 2 == 0)) for at in range(6)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # while it waits
    turns.release()
    given = [one for one in waiting if await _has_turn(one)]
    for _ in range(4):
        turns.release()
        given += [one for one in waiting if one not in given and await _has_turn(one)]
    turns.release()

    assert given == [waiting[at] for at in (2, 1, 4, 3, 5)]
    await turns.acquire(is_known=True)  # it is free again
    late = asyncio.create_task(turns.acquire(is_known=True))
    await asyncio.sleep(0)
    turns.release()
    late.cancel()  # when it was given its turn
    await asyncio.wait({late})
    await turns.acquire(is_known=False)


@given(st.lists(st.booleans(), max_size=8))
def test_everybody_gets_a_turn(kinds: list[bool]) -> None:
    asyncio.run(_take_turns(kinds))


async def _take_turns(kinds: list[bool]) -> None:
    turns = HashingTurns(1)
    for _ in range(2):
        await turns.acquire(is_known=True)
        for is_known in kinds:  # one after the other, each while another is at it
            waiting = asyncio.create_task(turns.acquire(is_known=is_known))
            await asyncio.sleep(0)
            turns.release()
            assert await _has_turn(waiting)
        turns.release()


async def _has_turn(waiting: asyncio.Task[None]) -> bool:
    await asyncio.sleep(0)
    return waiting.done() and not waiting.cancelled()
