"""Nothing tells whether an address has an account: no word, no header, and no time."""

import math
import random
import statistics
import time
from collections.abc import Sequence
from typing import Any, Final

import pytest

from config.settings import Settings
from models.base.ids import new_id
from models.base.merge_patch import Json
from tests.account.principals import told
from tests.support.engines import TestEngines
from tests.support.people.mail import all_sent
from tests.support.server import PASSWORD, Server, serving

TRIES: Final = 200
CLOSE_MS: Final = 2.0
LIKELY: Final = 0.01
IN_EARNEST_S: Final = 0.25  # which tests shorten elsewhere: tests/conftest.py

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


# What asks for an account by its address, and with what else.
WAYS: Final[dict[str, Json]] = {
    "login": {"password": "wrong wrong wrong", "device": "phone"},
    "register": {"password": "another horse battery", "name": "Eve"},
    "password/forgot": {},
}
STATUSES: Final = {"login": 401, "register": 202, "password/forgot": 202}


async def tried(server: Server, way: str, email: str) -> tuple[float, Any, Any]:
    """How long an answer took in milliseconds, and what it was, but for the address itself."""
    client = server.client()
    body = WAYS[way] | {"email": email}
    began = time.perf_counter()
    answer = await client.call("POST", f"/v1/auth/{way}", body)
    took_ms = (time.perf_counter() - began) * 1000
    headers = {name: it for name, it in answer.headers.items() if name not in VARYING}
    client.close()
    said = {name: it if it != email else "the address" for name, it in told(answer).items()}
    return took_ms, (answer.status, said), headers


async def accounts(server: Server, count: int) -> list[str]:
    """The addresses of *count* accounts."""
    emails = [f"{new_id('known')}@example.org" for _ in range(count)]
    for email in emails:
        assert (await server.client().register(email, PASSWORD, "A")).status in (201, 202)
    return emails


@pytest.mark.parametrize("limits", ["off", "on"])
async def test_an_address_without_an_account_is_answered_as_one_with(
    engines: TestEngines, limits: str
) -> None:
    async with serving(engines.settings(UPCOACH_LIMITS=limits)) as server:
        (known,) = await accounts(server, 1)
        for way, status in STATUSES.items():
            one = await tried(server, way, known)
            other = await tried(server, way, f"{new_id('known')}@example.org")

            assert one[1] == other[1]
            assert one[1][0] == status
            assert one[2].keys() == other[2].keys()
            if limits == "off":
                assert one[2] == other[2]


@pytest.mark.chaos
@pytest.mark.timeout(600)
@pytest.mark.parametrize("way", WAYS)
async def test_an_address_without_an_account_takes_as_long(settings: Settings, way: str) -> None:
    # With a hash that costs nothing, which in earnest hides what this looks for.
    async with serving(settings) as server:
        server.node.services.account.accounts.pace_s = IN_EARNEST_S
        known = await accounts(server, 5)
        await tried(server, way, "first@example.org")  # it makes the decoy
        times: dict[bool, list[float]] = {True: [], False: []}
        # What an answer leaves to be done afterwards must not tell of the next one.
        for is_known in random.sample([True, False] * TRIES, 2 * TRIES):
            await all_sent(server)
            email = random.choice(known) if is_known else f"{new_id('none')}@example.org"
            times[is_known].append((await tried(server, way, email))[0])

    medians = {is_known: statistics.median(found) for is_known, found in times.items()}
    odds = kolmogorov_smirnov(times[True], times[False])
    print(f"{way}: medians {medians[True]:.2f} and {medians[False]:.2f} ms, KS p = {odds:.3f}")
    assert abs(medians[True] - medians[False]) < CLOSE_MS
    assert odds > LIKELY
