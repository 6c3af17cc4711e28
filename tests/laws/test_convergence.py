"""Whatever breaks, wherever devices wander: in the end everybody holds what the database holds."""

import os
import time
from collections.abc import Iterator

import pytest

from tests.support.engines import TestEngines
from tests.support.laws.journey import Journey

STEPS = 8
SEED = int(os.environ.get("JOURNEY_SEED", "20261124"))
MINUTES = float(os.environ.get("JOURNEY_MINUTES", "5"))


@pytest.fixture(scope="module")
def frail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestEngines]:
    """Engines that these tests may kill."""
    started = TestEngines(tmp_path_factory.mktemp("frail"))
    started.start()
    yield started
    started.stop()


async def test_a_short_journey_converges(frail: TestEngines) -> None:
    journey = Journey(frail, SEED)
    async with journey.under_way():
        for _ in range(STEPS):
            await journey.step()


@pytest.mark.chaos
async def test_a_long_journey_converges(frail: TestEngines) -> None:
    ends = time.monotonic() + MINUTES * 60
    seed = SEED
    while time.monotonic() < ends:
        seed += 1
        print(f"journey {seed}")
        journey = Journey(frail, seed, people=3)
        async with journey.under_way():
            for _ in range(4 * STEPS):
                await journey.step()
