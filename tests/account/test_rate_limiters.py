"""Whoever counts, the same is asked and the same is answered; and its headers are made once."""

import asyncio
from collections.abc import Callable
from typing import Final

import pytest

from config.settings import Settings
from handlers.http.limits.rate_limit_headers import rate_limit, retry_after
from handlers.http.limits.refused_requests import BURST_S, RATE_S, RefusalLimiter
from models.access.rate_limiter import GO_ON, RateCount, RateLimiter, RateVerdict
from models.access.rate_limits import SURFACES, Bound, Cost
from models.base.ids import new_id
from streams.limits.prepaid_rate_limiter import PrepaidRateLimiter
from streams.limits.rate_limiter import SharedRateLimiter
from tests.account.limited import log_in, patient, person_at, serving_limited
from tests.support.server import PASSWORD, serving
from upcoach.services.account.passwords import THREADS

MAKERS: Final[dict[str, Callable[[SharedRateLimiter], RateLimiter]]] = {
    "for each request": lambda limits: limits,
    "ahead, on each node": PrepaidRateLimiter,
}
[READS] = SURFACES["read"].rules


async def test_an_attempt_that_nobody_could_look_at_is_none(limited: dict[str, str]) -> None:
    async with serving_limited(limited) as server:
        hashing = server.node.services.account.passwords
        _, email = await person_at(server)
        for _ in range(THREADS):  # somebody else is hashing all the time
            await hashing._turns.acquire(is_known=False)
        busy = []
        for _ in range(2):
            tries = (log_in(server.client(), email, PASSWORD) for _ in range(3))
            busy += [answer.status for answer in await asyncio.gather(*tries)]
        for _ in range(THREADS):
            hashing._turns.release()
        wrong = [(await log_in(server.client(), email, "wrong")).status for _ in range(6)]

    assert busy == [503] * 6
    assert wrong == [401] * 5 + [429]


@pytest.mark.parametrize("maker", MAKERS)
async def test_every_limiter_lets_the_burst_through_and_says_how_long_to_wait(
    limited: dict[str, str], maker: str
) -> None:
    assert isinstance(READS, Bound)
    async with serving_limited(limited) as server:
        limiter = MAKERS[maker](patient(server.node.runner.limits))
        parties = {"user": new_id("usr")}

        whole = await limiter.take("read", parties, Cost(READS.burst))
        beyond = await limiter.take("read", parties, Cost(READS.burst))
        other = await limiter.take("read", {"user": new_id("usr")})

    assert (whole.wait_s, other.wait_s) == (0, 0)
    assert 0 < beyond.wait_s <= READS.seconds
    assert beyond.wait_s <= beyond.retry_after_s < beyond.wait_s + 1


@pytest.mark.parametrize("maker", MAKERS)
async def test_what_is_owed_keeps_everybody_waiting(limited: dict[str, str], maker: str) -> None:
    assert isinstance(READS, Bound)
    async with serving_limited(limited) as server:
        limiter = MAKERS[maker](patient(server.node.runner.limits))
        parties = {"user": new_id("usr")}

        await limiter.owe("read", parties, Cost(2 * READS.burst))
        verdict = await limiter.take("read", parties)

    assert verdict.wait_s > 0


@pytest.mark.parametrize("maker", MAKERS)
async def test_where_nobody_counts_everybody_goes_on(settings: Settings, maker: str) -> None:
    async with serving(settings) as server:
        limiter = MAKERS[maker](server.node.runner.limits)

        assert await limiter.take("read", {"user": "usr_1"}, Cost(10_000)) == GO_ON


def test_a_network_has_so_many_refusals_and_is_told_how_long_to_wait() -> None:
    refused = RefusalLimiter()
    taken = [refused.take("192.0.2.1", 0.0) for _ in range(RATE_S * BURST_S - 1)]
    taken += [refused.take("192.0.2.1", 0.001) for _ in range(2)]

    assert taken[:-1] == [GO_ON] * RATE_S * BURST_S
    assert taken[-1].wait_s == pytest.approx(1 / RATE_S, abs=0.002)
    assert refused.look("192.0.2.1", 0.001) == taken[-1]
    assert refused.look("192.0.2.1", 0.1) == GO_ON
    assert refused.look("192.0.2.2", 0.0) == GO_ON


def test_the_headers_tell_what_clients_count_by() -> None:
    requests, kibibytes, _ = SURFACES["write"].rules
    *_, address = SURFACES["mail"].rules
    counts = (
        RateCount(requests, "write", "limit:abcdefgh", 0.0, 599, 0.5),
        RateCount(kibibytes, "write", "limit:ijklmnop", 0.0, 9, 0.5),
        RateCount(address, "mail", "limit:qrstuvwx", 1.5, 0, 0.5),
    )

    verdict = RateVerdict.of(counts)

    assert verdict.wait_s == 1.5
    assert rate_limit(verdict) == {
        "RateLimit-Policy": '"write-user";q=120;w=60;pk=:YWJjZGVmZ2g=:',
        "RateLimit": '"write-user";r=599;t=1',
    }
    assert rate_limit(GO_ON) == {}
    assert retry_after(verdict.wait_s) == {"Retry-After": "2"}
