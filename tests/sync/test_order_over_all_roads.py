"""A write does not go ahead of one it builds on that was told to come again, over any road."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Final

import pytest

from config.settings import Settings
from handlers.http.limits.byte_budget import ByteReservation
from models.access.limits import HELD_BY_NETWORK
from models.access.rate_limits import SURFACES, Bound, Cost
from models.base.ids import new_id
from models.base.merge_patch import Json
from streams.limits import held_writes
from tests.support.engines import TestEngines, paused, redis_of
from tests.support.people.furnished import GOALS
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.wire.sockets import mut, talking
from tests.support.wire.writes import MUTATIONS, ask
from upcoach.client import RestClient
from upcoach.store.base import database

PATIENCE_S: Final = 30.0
HOUSEHOLD: Final = "127.0.0.1/32"
LARGE: Final = "n" * 9_000  # more than is read of a body before anything is counted
[BURST] = [
    rule.burst
    for rule in SURFACES["write"].rules
    if isinstance(rule, Bound) and rule.unit == "request"
]

Road = Callable[[Server, RestClient, list[Json]], Awaitable[list[int]]]


async def over_rest(_: Server, person: RestClient, writes: list[Json]) -> list[int]:
    return [answer["status"] for answer in await asyncio.gather(*map(person.write, writes))]


async def in_a_batch(_: Server, person: RestClient, writes: list[Json]) -> list[int]:
    answer = await person.call("POST", MUTATIONS, writes, timeout_s=PATIENCE_S)
    if answer.status != 200:
        return [answer.status] * len(writes)
    return [item["status"] for item in answer.body]


async def on_a_socket(server: Server, person: RestClient, writes: list[Json]) -> list[int]:
    async with talking(server, person) as wire:
        return [answer["status"] for answer in await ask(wire, *writes)]


ROADS: Final[dict[str, Road]] = {
    "rest": over_rest,
    "batch": in_a_batch,
    "socket": on_a_socket,
}


@pytest.fixture
def environ(engines: TestEngines, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A MongoDB that stands still is given up soon, and what was held is not, by itself."""
    monkeypatch.setattr(held_writes, "LAPSE_MS", 60_000)
    monkeypatch.setattr(database, "OPERATION_MS", 1_000)
    monkeypatch.setattr(database, "SELECTION_MS", 1_000)
    return engines.environ(UPCOACH_LIMITS="on")


@contextlib.asynccontextmanager
async def refusing(
    status: int, server: Server, person: RestClient, environ: dict[str, str]
) -> AsyncIterator[None]:
    """Every write of *person* is refused with *status*."""
    if status == 503:
        with paused("mongod"):
            yield
        return
    parties = {"user": scope_of(server, person).user}
    await server.node.runner.limits.owe("write", parties, Cost(2 * BURST))
    yield
    with redis_of(environ) as redis:
        redis.delete(*redis.keys("limit:*"))
    credit = server.node.runner.feeds._credit
    assert credit is not None
    credit._prepayments.clear()  # which says until when there is nothing


def pairs(count: int, **more: str) -> list[tuple[Json, Json]]:
    """Goals that are made, each with its deletion, which follows."""
    ids = [new_id("gol") for _ in range(count)]
    made = [mut("POST", GOALS, {"id": goal, "title": "Run"} | more) for goal in ids]
    return [
        (create, mut("DELETE", f"{GOALS}/{goal}", base=1, follows=[create["id"]]))
        for goal, create in zip(ids, made, strict=True)
    ]


async def until_done(server: Server, person: RestClient, road: Road, write: Json) -> int:
    """The final status of *write*, which is sent again when it may come."""
    async with asyncio.timeout(PATIENCE_S):
        while (found := await road(server, person, [write])) in ([429], [503]):
            await asyncio.sleep(0.1)
    return found[0]


@pytest.mark.parametrize("status", [429, pytest.param(503, marks=pytest.mark.chaos)])
async def test_what_follows_waits_on_another_node_over_every_road(
    environ: dict[str, str], status: int
) -> None:
    settings = Settings.from_environ(environ)
    rows = [(first, then) for first in ROADS for then in ROADS]
    async with serving(settings) as one, serving(settings) as other:
        person = await one.person()
        there = other.client(person.token)
        queue = {row: list(pair) for row, pair in zip(rows, pairs(len(rows)), strict=True)}

        async with refusing(status, one, person, environ):
            sent = {road: [queue[road, then][0] for then in ROADS] for road in ROADS}
            answers = await asyncio.gather(
                *(ROADS[road](one, person, sent[road]) for road in ROADS)
            )
            refused = dict(zip(ROADS, answers, strict=True))
        ahead = await asyncio.gather(*(ROADS[row[1]](other, there, queue[row][1:]) for row in rows))

        async def send_again(row: tuple[str, str]) -> tuple[int, int]:
            """Each comes again over another road."""
            create, follower = queue[row]
            made = await until_done(one, person, ROADS[row[1]], create)
            return made, await until_done(other, there, ROADS[row[0]], follower)

        found = await asyncio.gather(*map(send_again, rows))

    assert refused == dict.fromkeys(ROADS, [status] * len(ROADS))
    went = [row for row, said in zip(rows, ahead, strict=True) if said not in ([429], [503])]
    assert went == []
    assert found == [(201, 204)] * len(rows)


@contextlib.contextmanager
def full_of_bodies(server: Server) -> Iterator[None]:
    """The bodies of others fill what *server* holds for this network."""
    reservation = ByteReservation(server.node.bodies._anonymous, HOUSEHOLD)
    assert reservation.add(HELD_BY_NETWORK)
    yield
    reservation.release()


@contextlib.contextmanager
def refused_too_often(server: Server) -> Iterator[None]:
    """Others of this network were refused too often."""
    refused = server.node.runner.refused
    for_long = asyncio.get_running_loop().time() + 10  # seconds: they are given back meanwhile
    while not refused.take(HOUSEHOLD, for_long).wait_s:
        pass
    yield
    refused._buckets.clear()


@pytest.mark.parametrize(
    ("refusing_all", "code"),
    [(full_of_bodies, "bodies_too_many"), (refused_too_often, "requests_too_many")],
)
async def test_what_follows_a_write_that_was_refused_before_it_was_read_waits(
    environ: dict[str, str],
    refusing_all: Callable[[Server], contextlib.AbstractContextManager[None]],
    code: str,
) -> None:
    settings = Settings.from_environ(environ)
    async with serving(settings) as one, serving(settings) as other:
        person = await one.person()
        there = other.client(person.token)
        [(create, follower)] = pairs(1, private_notes=LARGE)

        with refusing_all(one):
            refused = await person.write(create)
        [ahead] = await over_rest(other, there, [follower])
        made = await until_done(one, person, over_rest, create)
        gone = await until_done(other, there, over_rest, follower)

    assert refused["problem"]["code"] == code
    assert (ahead, made, gone) == (429, 201, 204)
