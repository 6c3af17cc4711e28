"""A thousand guesses at one account: how many are compared with its password, in an hour too."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

import pytest

from tests.account.hashers import Counted
from tests.account.limited import log_in, person_at, serving_limited
from tests.support.engines import TestEngines, redis_of
from tests.support.server import PASSWORD, Server
from upcoach.client import Response
from upcoach.services.account import passwords

GUESSES: Final = 1_000
ADDRESSES: Final = 200
HOUR_S: Final = 3_600
# What security.md, G11, allows.
FROM_ONE, FROM_MANY_AN_HOUR = 10, 40


def address(number: int) -> str:
    return f"198.51.100.{number % ADDRESSES}"


def pass_by(environ: dict[str, str], seconds: float) -> None:
    """Let time go by for the limits: all that they keep is when something will have been paid."""
    gone_us = int(seconds * 1e6)
    with redis_of(environ) as redis:
        for key in redis.keys("limit:*"):
            tries, colon, at = redis.get(key).decode().rpartition(":")
            left_ms = redis.pttl(key) - gone_us // 1000
            if left_ms > 0:
                redis.set(key, f"{tries}{colon}{int(float(at)) - gone_us}", px=left_ms)
            else:
                redis.delete(key)


async def guess(server: Server, email: str, number: int, origin: str) -> Response:
    return await log_in(server.client(), email, f"guess number {number}", origin)


async def guesses(server: Server, email: str, *, addresses: int) -> set[int]:
    """The statuses of a thousand guesses at once, which come from some *addresses*."""
    clients = [server.client() for _ in range(4)]
    answers = await asyncio.gather(
        *(
            log_in(clients[at % 4], email, f"guess number {at}", address(at % addresses))
            for at in range(GUESSES)
        )
    )
    return {one.status for one in answers}


@contextlib.asynccontextmanager
async def besieged(
    engines: TestEngines, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Server, dict[str, str], Counted, str, str]]:
    """A server, its environment, what counts its hashes; somebody's address and known device."""
    environ = engines.environ(UPCOACH_LIMITS="on", UPCOACH_PROXIES="127.0.0.1")
    hasher = Counted(passwords.HASHER)
    hasher.go.set()
    monkeypatch.setattr(passwords, "HASHER", hasher)
    async with serving_limited(environ) as server:
        _, email = await person_at(server)
        login = await log_in(server.client(), email, PASSWORD)
        hasher.threads.clear()
        yield server, environ, hasher, email, login.headers["upcoach-known-device"]


async def test_few_of_a_thousand_guesses_are_compared_and_the_owner_gets_in(
    engines: TestEngines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with besieged(engines, monkeypatch) as (server, environ, hasher, email, known):
        client = server.client()

        statuses = await guesses(server, email, addresses=1)
        from_one = len(hasher.threads)
        pass_by(environ, 24 * HOUR_S)
        statuses |= await guesses(server, email, addresses=ADDRESSES)
        from_many = len(hasher.threads) - from_one

        stranger = await log_in(client, email, PASSWORD, "192.0.2.1")
        owner = await log_in(client, email, PASSWORD, "192.0.2.2", Upcoach_Known_Device=known)

    print(f"of {GUESSES} from one address {from_one} hashed, from {ADDRESSES} {from_many}")
    assert statuses == {401, 429}
    assert 0 < from_one <= FROM_ONE
    assert 0 < from_many <= FROM_ONE
    assert (stranger.status, owner.status) == (429, 201)


async def test_whoever_guesses_for_an_hour_from_everywhere_gets_few_in(
    engines: TestEngines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with besieged(engines, monkeypatch) as (server, environ, hasher, email, known):
        client = server.client()

        number, gone_s = 0, 0.0
        while gone_s < HOUR_S:  # each guess at the first moment at which it is let through
            number += 1
            answer = await guess(server, email, number, address(number))
            if answer.status == 429:
                wait_s = answer.body["after"] / 1000
                pass_by(environ, wait_s)
                gone_s += wait_s
        in_an_hour = len(hasher.threads)
        owner = await log_in(client, email, PASSWORD, "192.0.2.2", Upcoach_Known_Device=known)

    print(f"in an hour, as soon as may be, from {ADDRESSES} addresses: {in_an_hour} hashed")
    assert 5 < in_an_hour <= FROM_MANY_AN_HOUR
    assert owner.status == 201
