"""Goals that wait for each other: however long the chain, it is saved, and no circle is."""

import asyncio
import itertools
from collections.abc import Sequence

import pytest

from config.settings import Settings
from models.base.ids import new_id
from models.base.merge_patch import Json
from models.goals.goal import ID_PREFIX
from tests.support.server import serving
from tests.support.wire.sockets import mut
from tests.support.wire.writes import send, statuses, write
from upcoach.client import RestClient

BATCH = 50
LONG = 600


async def chained(person: RestClient, length: int) -> list[str]:
    """Goals of which each waits for the one before; the last links are made first."""
    ids = [new_id(ID_PREFIX) for _ in range(length)]
    made = [mut("POST", "/v1/goals", {"id": name, "title": "Step"}) for name in ids]
    await carried_out(person, made, 201)
    links = [waiting(later, [former]) for former, later in itertools.pairwise(ids)]
    await carried_out(person, links[::-1], 200)
    return ids


def waiting(goal: str, needed: list[str], base: int = 1) -> Json:
    """The mutation by which *goal* waits for those *needed*."""
    return mut("PATCH", f"/v1/goals/{goal}", {"depends_on": needed}, base=base)


async def carried_out(person: RestClient, mutations: Sequence[Json], status: int) -> None:
    for start in range(0, len(mutations), BATCH):
        part = mutations[start : start + BATCH]
        assert statuses(await send(person, *part)) == [status] * len(part)


def reasons(answer: Json) -> list[str]:
    return [flaw["code"] for flaw in answer["errors"]]


async def top_of(person: RestClient, needed: str) -> str:
    """A goal that waits for the one *needed*, and is new."""
    body = {"title": "Top", "depends_on": [needed]}
    answer = await person.call("POST", "/v1/goals", body)
    assert answer.status == 201, answer
    return str(answer.body["id"])


@pytest.mark.parametrize("length", [2, 200, LONG])
async def test_a_chain_is_saved_and_a_circle_through_it_is_not(
    settings: Settings, length: int
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        ids = await chained(person, length)
        path = f"/v1/goals/{ids[0]}"

        top = await top_of(person, ids[-1])
        refused = await write(person, "PATCH", path, {"depends_on": [top]}, base=1)

        assert (refused.status, reasons(refused.body)) == (422, ["cycle"])
        assert (await person.call("GET", path)).body["depends_on"] == []


async def test_a_circle_within_one_batch_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        low, top = (await chained(person, 2))[0], new_id(ID_PREFIX)
        circle = [
            mut("POST", "/v1/goals", {"id": top, "title": "Top", "depends_on": [low]}),
            waiting(low, [top]),
            waiting(top, []),
            waiting(low, [top]),
        ]

        answers = await send(person, *circle)

        assert statuses(answers) == [201, 422, 200, 200]


async def test_a_link_is_counted_no_more_when_its_goal_is_deleted(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        low, middle, top = await chained(person, 3)
        writes = [mut("DELETE", f"/v1/goals/{middle}"), waiting(low, [top]), waiting(low, [middle])]

        answers = await send(person, *writes)

        assert statuses(answers) == [204, 200, 422]


async def test_two_nodes_do_not_close_a_circle_between_them(settings: Settings) -> None:
    async with serving(settings) as one, serving(settings) as two:
        person = await one.person()
        elsewhere = two.client(person.token)
        for _ in range(5):
            left, right = await chained(person, 1), await chained(person, 1)
            links = [(person, left[0], right[0]), (elsewhere, right[0], left[0])]

            answers = await asyncio.gather(
                *(
                    write(node, "PATCH", f"/v1/goals/{goal}", {"depends_on": [needed]}, base=1)
                    for node, goal, needed in links
                )
            )

            assert sorted(answer.status for answer in answers) == [200, 422]
