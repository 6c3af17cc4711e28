"""What a refused write keeps is taken from the ledger, over every road."""

import asyncio
from collections.abc import Awaitable, Callable

import bson
import pytest

from models.access.rate_limits import SURFACES, Bound, Cost
from models.base.ids import new_id
from models.base.merge_patch import Json
from tests.costs.ledger import nodes
from tests.costs.raw import PATIENCE_S
from tests.support.engines import TestEngines
from tests.support.people.furnished import GOALS
from tests.support.server import Server
from tests.support.wire.answers import done
from tests.support.wire.sockets import mut, talking
from tests.support.wire.writes import ask, send, write
from upcoach.client import RestClient
from upcoach.store.write.idempotency import COLLECTION

DAY = next(rule for rule in SURFACES["write"].rules if rule.name == "day")
TIMES = 10
NOTES = "\N{SEEDLING}" * 9_999

Writes = list[Json]
Road = Callable[[Server, RestClient, Writes], Awaitable[list[int]]]


@pytest.fixture
def environ(engines: TestEngines) -> dict[str, str]:
    return engines.environ(UPCOACH_LIMITS="on")


async def over_rest(_: Server, person: RestClient, writes: Writes) -> list[int]:
    answers = [
        await write(person, one["op"], one["path"], one.get("body"), one["base"], one["id"])
        for one in writes
    ]
    return [one.status for one in answers]


async def over_a_socket(server: Server, person: RestClient, writes: Writes) -> list[int]:
    async with talking(server, person) as wire:
        return [one["status"] for one in await ask(wire, *writes)]


async def in_a_batch(_: Server, person: RestClient, writes: Writes) -> list[int]:
    return [one["status"] for one in await send(person, *writes)]


async def left_kib(server: Server, user: str) -> int:
    """What *user* may keep today."""
    limits = server.node.runner.limits
    verdict = await limits.take("write", {"user": user}, Cost(0, 0), charge=False)
    return next(count.left for count in verdict.counts if count.rule == DAY)


async def charged(server: Server, user: str, left: int, size: int) -> None:
    """Return when *size* bytes are taken of what was *left*: of an answer, behind it."""
    async with asyncio.timeout(PATIENCE_S):
        while (left - await left_kib(server, user)) * 1024 < size:
            await asyncio.sleep(0.05)


async def kept_bytes(server: Server) -> int:
    """The bytes of all receipts."""
    rows = await server.node.database[COLLECTION].find().to_list()
    return sum(len(bson.encode(row)) for row in rows)


async def furnished_goal(person: RestClient) -> str:
    """The path of a large goal that has changed since its first version."""
    goal = new_id("gol")
    await done(person.call("POST", GOALS, {"id": goal, "title": "a", "private_notes": NOTES}))
    path = f"{GOALS}/{goal}"
    await done(person.call("PATCH", path, {"title": "b"}, headers={"If-Match": '"v1"'}))
    return path


REFUSED: dict[str, tuple[int, Callable[[str, int], Json]]] = {
    "a conflict": (409, lambda path, turn: mut("PATCH", path, {"title": f"{turn}"}, base=1)),
    "an old version": (412, lambda path, _: mut("DELETE", path, base=1)),
    "no version": (412, lambda path, turn: mut("PATCH", path, {"title": f"{turn}"}, base=99)),
}


@pytest.mark.parametrize("road", [over_rest, over_a_socket, in_a_batch])
@pytest.mark.parametrize("refusal", REFUSED)
async def test_what_a_refusal_keeps_is_charged(
    environ: dict[str, str], road: Road, refusal: str
) -> None:
    status, made = REFUSED[refusal]
    assert isinstance(DAY, Bound)
    async with nodes(environ, 1) as (server,):
        person = await server.person()
        user = (await person.call("GET", "/v1/me")).body["id"]
        path = await furnished_goal(person)
        kept, left = await kept_bytes(server), await left_kib(server, user)

        answered = await road(server, person, [made(path, turn) for turn in range(TIMES)])

        kept = await kept_bytes(server) - kept
        assert answered == [status] * TIMES
        assert kept > TIMES * len(NOTES.encode())
        await charged(server, user, left, int(kept * 0.99))  # a seal makes it some bytes longer


async def test_a_refusal_without_a_name_is_paid_for_as_it_is_answered(
    environ: dict[str, str],
) -> None:
    async with nodes(environ, 1) as (server,):
        person = await server.person()
        user = (await person.call("GET", "/v1/me")).body["id"]
        path = await furnished_goal(person)
        left = await left_kib(server, user)

        stale = await person.call("PATCH", path, {"title": "c"}, headers={"If-Match": '"v1"'})

        assert (stale.status, stale.body["current"]["private_notes"]) == (412, NOTES)
        assert (left - await left_kib(server, user)) * 1024 >= len(NOTES.encode())
