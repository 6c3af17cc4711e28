"""A flood of logins is sent away, and delays nobody who is in."""

import asyncio
import os
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from typing import Final

import argon2
import pytest

from config.settings import Settings
from tests.account.hashers import Counted
from tests.support.people.furnished import write_goals
from tests.support.server import PASSWORD, Server, serving
from tests.support.wire.sockets import talking
from upcoach.client import Response
from upcoach.services.account import passwords
from upcoach.services.account.passwords import THREADS

FLOOD: Final = 100
EVENTS: Final = 20
TICK_S: Final = 0.002
SENT_AWAY: Final = (503, "busy", "1")


async def person_of(server: Server) -> str:
    """The address of somebody new."""
    return str((await (await server.person()).call("GET", "/v1/me")).body["email"])


def flood(server: Server, email: str) -> list[asyncio.Task[Response]]:
    """A hundred who log in at once."""
    clients = [server.client() for _ in range(FLOOD // 10)]  # each has ten connections
    body = {"email": email, "password": PASSWORD, "device": "phone"}
    return [
        asyncio.create_task(clients[at % len(clients)].call("POST", "/v1/auth/login", body))
        for at in range(FLOOD)
    ]


def assert_no_others(answers: Sequence[Response]) -> None:
    for answer in answers:
        assert (
            answer.status == 201
            or (
                answer.status,
                answer.body["code"],
                answer.headers["retry-after"],
            )
            == SENT_AWAY
        )


async def test_whoever_waits_a_second_is_sent_away_and_sockets_wait_for_no_hash(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(settings) as server:
        hasher = Counted(passwords.HASHER)
        monkeypatch.setattr(passwords, "HASHER", hasher)
        hasher.go.set()
        email, person = await person_of(server), await server.person()
        hasher.go.clear()
        hasher.threads.clear()
        async with talking(server, person, {"f": "u:me", "since": "now"}) as wire:
            await wire.until("live")

            tries = flood(server, email)
            while len(hasher.threads) < THREADS:
                await asyncio.sleep(0)
            await write_goals(person, EVENTS)  # all threads for passwords hash, and go on hashing
            events = [(await wire.until("ev"))[-1] for _ in range(EVENTS)]
            while sum(one.done() for one in tries) < FLOOD - THREADS:
                await asyncio.sleep(0.01)
            hasher.go.set()
            answers = await asyncio.gather(*tries)

    assert len({event["seq"] for event in events}) == EVENTS
    assert [one.status for one in answers].count(503) == FLOOD - THREADS
    assert_no_others(answers)
    assert len(hasher.threads) == THREADS
    if sys.platform == "linux":
        assert min(hasher.niceness) > os.getpriority(os.PRIO_PROCESS, 0)
    assert threading.get_ident() not in hasher.threads


async def turns_s(until: asyncio.Future[list[Response]]) -> list[float]:
    """How long the loop has taken to come round, again and again, beyond what it was told to."""
    took = []
    while not until.done():
        due = time.perf_counter() + TICK_S
        await asyncio.sleep(TICK_S)
        took.append(max(0.0, time.perf_counter() - due))
    return took


def typical(turns: Sequence[float]) -> float:
    """The length of turns at most, in which half of all time went by.

    >>> typical([1, 1, 1, 1, 1, 1, 1, 1, 1, 10])
    10
    >>> typical([1, 1, 1, 1, 1, 1, 1, 1, 1, 8])
    1

    """
    half, gone = sum(turns) / 2, 0.0
    for turn in sorted(turns):
        gone += turn
        if gone >= half:
            return turn
    return 0.0


async def test_the_loop_turns_many_times_while_a_password_is_hashed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = argon2.PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)
    async with serving(settings) as server:
        hasher = Counted(real)
        hasher.go.set()
        monkeypatch.setattr(passwords, "HASHER", hasher)
        email = await person_of(server)
        hasher.took_s.clear()

        flooding = asyncio.gather(*flood(server, email))
        late = await turns_s(flooding)
        answers = await flooding

    # What else the machine does slows both: only a hash on the loop makes one as long as the other.
    hash_s = statistics.median(hasher.took_s)
    median_ms = statistics.median(late) * 1e3
    print(
        f"{FLOOD} logins at once: {len(hasher.took_s)} hashed in {hash_s * 1e3:.0f} ms each; "
        f"lag of the loop, which is the clients' too: median {median_ms:.1f} ms, "
        f"p99 {sorted(late)[len(late) * 99 // 100] * 1e3:.1f} ms, max {max(late) * 1e3:.1f} ms"
    )
    assert typical(late) < hash_s
    assert_no_others(answers)
    assert threading.get_ident() not in hasher.threads
    assert len(set(hasher.threads)) <= THREADS
