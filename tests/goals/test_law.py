"""The law of snapshots for goals' points, templates and undone changes, over REST and sockets."""

import asyncio

import pytest

from config.settings import Settings
from tests.goals.people import (
    GOAL,
    furnished,
)
from tests.goals.rows import ROWS
from tests.support.laws.snapshots import Row, assert_same_both_ways
from tests.support.laws.surface import surface
from tests.support.server import serving
from upcoach.client import Device

AT_ONCE = 4  # of those who wait for the database


def test_every_operation_of_goals_is_here() -> None:
    rows = {(row.method, row.path) for row in ROWS if row.path != GOAL}

    assert rows == surface(live=True, below=("/v1/goals/templates", "/v1/goals/{id}/"))


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.chaos)])
async def test_both_ways_of_a_write_have_the_same_effect(settings: Settings, every: int) -> None:
    async with serving(settings) as server:
        turns = asyncio.Semaphore(AT_ONCE)

        async def try_out(row: Row) -> None:
            async with turns:
                ann, bob = await asyncio.gather(furnished(server), furnished(server))
                async with Device([server.url], bob.token) as phone:
                    await assert_same_both_ways(ann, bob, phone, row)

        await asyncio.gather(*map(try_out, ROWS[::every]))
