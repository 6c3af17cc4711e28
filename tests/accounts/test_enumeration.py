"""Nothing tells whether an address has an account: no word, no header, and no time."""

import math
import statistics
import time
from collections.abc import Sequence
from typing import Any, Final

import pytest

from config.settings import Settings
from models.identity import new_id
from tests.accounts.principals import told
from tests.support.server import PASSWORD, Server, serving

TRIES: Final = 200
CLOSE_MS: Final = 2.0
LIKELY: Final = 0.01

VARYING: Final = ("date", "x-request-id", "content-length")


def kolmogorov_smirnov(one: Sequence[float], other: Sequence[float]) -> float:
    """The odds that two samples of the same distribution differ so much (two-sided, asymptotic).

    >>> kolmogorov_smirnov(range(100), range(100))
    1.0
    >>> kolmogorov_smirnov(range(100), range(50, 150)) < 1e-6
    True

    """
    apart = max(
        abs(sum(x <= at for x in one) / len(one) - sum(x <= at for x in other) / len(other))
        for at in (*one, *other)
    )
    scale = apart * math.sqrt(len(one) * len(other) / (len(one) + len(other)))
    if scale < 0.2:
        return 1.0
    terms = [math.exp(-2 * (k * scale) ** 2) * (1 if k % 2 else -1) for k in range(1, 101)]
    return max(0.0, 2 * sum(terms))


async def tried(server: Server, email: str) -> tuple[float, Any, Any]:
    """How long a wrong password took in milliseconds, and what it was answered."""
    client = server.client()
    body = {"email": email, "password": "wrong wrong wrong", "device": "phone"}
    began = time.perf_counter()
    answer = await client.call("POST", "/v1/auth/login", body)
    took_ms = (time.perf_counter() - began) * 1000
    headers = {name: it for name, it in answer.headers.items() if name not in VARYING}
    client.close()
    return took_ms, (answer.status, told(answer)), headers


async def accounts(server: Server, count: int) -> list[str]:
    """The addresses of *count* accounts."""
    emails = [f"{new_id('known')}@example.org" for _ in range(count)]
    for email in emails:
        assert (await server.client().register(email, PASSWORD, "A")).status in (201, 202)
    return emails


async def test_an_address_without_an_account_is_answered_as_one_with(settings: Settings) -> None:
    async with serving(settings) as server:
        (known,) = await accounts(server, 1)
        answers = [await tried(server, one) for one in (known, "nobody@example.org")]

    (_, first, headers), (_, second, other_headers) = answers
    assert first == second
    assert first[0] == 401
    assert headers == other_headers


@pytest.mark.chaos
async def test_an_address_without_an_account_takes_as_long(settings: Settings) -> None:
    # With a hash that costs nothing, which in earnest hides what this looks for.
    async with serving(settings) as server:
        known = await accounts(server, 5)
        await tried(server, "first@example.org")  # it makes the decoy
        times: dict[bool, list[float]] = {True: [], False: []}
        for number in range(2 * TRIES):
            is_known = number % 2 == 0
            email = known[number % 5] if is_known else f"{new_id('none')}@example.org"
            times[is_known].append((await tried(server, email))[0])

    medians = {is_known: statistics.median(found) for is_known, found in times.items()}
    assert abs(medians[True] - medians[False]) < CLOSE_MS
    assert kolmogorov_smirnov(times[True], times[False]) > LIKELY
