"""Nobody is logged out who should not be, and no old token is taken, whatever happens."""

import pytest

from tests.oauth.soak import Count, soak
from tests.support.engines import TestEngines


def _assert_sound(count: Count, logins: int, refreshes: int) -> None:
    print(count)
    assert (count.logged_out, count.replays_accepted) == (0, 0)
    assert count.logins >= logins
    assert count.refreshes >= refreshes
    assert count.lost > 0


async def test_nobody_is_logged_out(engines: TestEngines) -> None:
    count = await soak(engines, users=10, logins=3, refreshes=10)

    _assert_sound(count, 30, 300)


@pytest.mark.chaos
@pytest.mark.timeout(3_600)
async def test_ten_thousand_logins_and_fifty_thousand_refreshes(engines: TestEngines) -> None:
    count = await soak(engines, users=50, logins=200, refreshes=5)

    _assert_sound(count, 10_000, 50_000)
