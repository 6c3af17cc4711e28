"""A device whose connection broke sends its queue again to another node, beside the first."""

import asyncio
from typing import Any

import pytest

from models.base.ids import new_id, new_mutation_id
from tests.support.engines import TestEngines
from tests.support.server import serving
from upcoach.client import RestClient

FOR_NOW = {409, 503}  # it is still under way, or was given back: the device sends it again


def queue_of(goal: str) -> list[dict[str, Any]]:
    """A goal that is made, then changed twice, each from what was known when it was made."""
    made = {"op": "POST", "path": "/v1/goals", "body": {"id": goal, "title": "Run"}}
    titled = {"op": "PATCH", "path": f"/v1/goals/{goal}", "body": {"title": "Walk"}, "base": 1}
    moved = {"op": "PATCH", "path": f"/v1/goals/{goal}", "body": {"title": "Rest"}, "base": 1}
    return [{"t": "mut", "id": new_mutation_id(), **one} for one in (made, titled, moved)]


async def sent(person: RestClient, writes: list[dict[str, Any]]) -> dict[str, int]:
    """The final status of each of *writes*."""
    statuses: dict[str, int] = {}
    while left := [one for one in writes if statuses.get(one["id"], 503) in FOR_NOW]:
        answer = await person.call("POST", "/v1/mutations", left)
        assert answer.status == 200, answer
        statuses |= {one["id"]: one["status"] for one in answer.body}
    return statuses


async def race(engines: TestEngines, rounds: int) -> list[list[int]]:
    """The statuses that the second node gave, where not all writes were carried out."""
    settings = engines.settings()
    lost = []
    async with serving(settings) as one, serving(settings) as other:
        person = await one.person()
        there = other.client(person.token)
        for number in range(rounds):
            writes = queue_of(new_id("gol"))
            first = asyncio.create_task(sent(person, writes[:2]))
            await asyncio.sleep(0.0005 * (number % 12))  # where in the first one's work it comes
            statuses = await sent(there, writes)
            await first
            found = [statuses[one["id"]] for one in writes]
            if found != [201, 200, 200]:
                lost.append(found)
    return lost


async def test_a_queue_that_comes_again_at_another_node_loses_nothing(engines: TestEngines) -> None:
    assert await race(engines, 60) == []


@pytest.mark.chaos
async def test_many_queues_that_come_again_lose_nothing(engines: TestEngines) -> None:
    assert await race(engines, 1_000) == []
