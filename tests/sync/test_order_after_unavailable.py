"""What was sent behind a write that found no database is not carried out ahead of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from config.settings import Settings
from handlers.live.base.limits import WRITES_AT_ONCE
from models.base.ids import new_id
from models.base.merge_patch import Json
from tests.support.engines import TestEngines, paused
from tests.support.people.chaos import until
from tests.support.people.furnished import GOALS
from tests.support.people.relations import user_of
from tests.support.server import serving
from tests.support.wire.sockets import Wire, mut, talking
from tests.support.wire.writes import ask, send, statuses
from upcoach.client import RestClient, SyncDevice
from upcoach.store.base import database
from upcoach.store.write import committer

pytestmark = pytest.mark.usefixtures("impatient")

MOODS = "/v1/moods"
SOME = 5
OF_ONE_BATCH = 96
PATIENCE_S = 60.0
AGAIN_MS = 500


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a MongoDB that stands still given up soon."""
    monkeypatch.setattr(database, "OPERATION_MS", 500)
    monkeypatch.setattr(database, "SELECTION_MS", 500)


def moods(count: int) -> list[Json]:
    return [mut("POST", MOODS, {"level": 3}) for _ in range(count)]


def goal_and_changes() -> list[Json]:
    """A goal that is made, then changed from the version that it is made with."""
    goal = new_id("gol")
    create = mut("POST", GOALS, {"id": goal, "title": "0"})
    queue = [create]
    for title in "123":
        follows = [frame["id"] for frame in queue[1:]]
        path = f"{GOALS}/{goal}"
        queue.append(mut("PATCH", path, {"title": title}, base=1, follows=follows))
    return queue


async def answers_of(wire: Wire, frames: list[Json], found: list[Json]) -> list[Json]:
    """The answers to *frames* in their order, of which some were *found* already."""
    found = found + await wire.answers(len(frames) - len(found))
    by_id = {answer["id"]: answer for answer in found}
    return [by_id[frame["id"]] for frame in frames]


@pytest.mark.parametrize("ahead", [SOME, WRITES_AT_ONCE - 1, 3 * WRITES_AT_ONCE])
async def test_a_queue_on_a_socket_is_given_back_whole(settings: Settings, ahead: int) -> None:
    async with serving(settings) as server:
        person = await server.person()
        frames = [*moods(ahead), *goal_and_changes(), *moods(1)]

        async with talking(server, person) as wire:
            with paused("mongod"):
                await wire.send(*frames)
                [first] = await wire.answers(1)
            late = moods(1)
            await wire.send(*late)
            refused = await answers_of(wire, [*frames, *late], [first])
            again = await ask(wire, *frames, *late)

        assert set(statuses(refused)) == {503}
        made = [201] * (ahead + 1)
        assert statuses(again) == [*made, 200, 200, 200, 201, 201]
        assert [answer["body"]["title"] for answer in again[ahead : ahead + 4]] == list("0123")


@pytest.mark.chaos
async def test_what_was_given_up_is_not_waited_for_without_end(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()

        async with talking(server, person) as wire:
            with paused("mongod"):
                [lost] = await ask(wire, *moods(1))
            answers: list[Json] = []
            while not answers or answers[-1]["status"] == 503:
                answers += await ask(wire, *moods(1))

        assert lost["status"] == 503
        assert answers[0]["status"] == 503
        assert answers[-1]["status"] == 201


@pytest.mark.parametrize("ahead", [SOME, OF_ONE_BATCH])
async def test_a_queue_in_one_request_is_given_back_whole(settings: Settings, ahead: int) -> None:
    async with serving(settings) as server:
        person = await server.person()
        frames = [*moods(ahead), *goal_and_changes()]

        with paused("mongod"):
            refused = await send(person, *frames)
        behind = await send(person, frames[-1])
        again = await send(person, *frames)

        assert set(statuses(refused)) == {503}
        assert statuses(behind) == [503]
        assert statuses(again) == [*[201] * (ahead + 1), 200, 200, 200]


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same node", "another node"])
async def test_over_rest_what_names_it_is_told_to_wait(
    engines: TestEngines, *, elsewhere: bool
) -> None:
    settings = engines.settings(UPCOACH_LIMITS="on")
    async with serving(settings) as one, serving(settings) as other:
        person = await one.person()
        there = (other if elsewhere else one).client(person.token)
        create, change, *_ = goal_and_changes()
        change["follows"] = [create["id"]]

        with paused("mongod"):
            refused = await person.write(create)
        ahead = await there.write(change)
        created = await there.write(create)
        changed = await there.write(change)

        assert refused["status"] == 503
        assert ahead["status"] in (429, 503)
        assert ahead["problem"].get("after", AGAIN_MS) >= AGAIN_MS
        assert created["status"] == 201
        assert (changed["status"], changed["body"]["title"]) == (200, "1")


@contextlib.asynccontextmanager
async def contended(
    settings: Settings, person: RestClient
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Nothing of *person* can be committed; gives what returns once something would be."""
    mood = await person.write(moods(1)[0])
    # A client of our own name, since a node ends what those of its name have left behind.
    mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(settings.mongo_url)

    async def lost() -> int:
        status = await mongo.admin.command("serverStatus")
        return int(status["transactions"]["totalAborted"])

    async with mongo, mongo.start_session() as session:
        await session.start_transaction()
        position = int(mood["cur"].partition(".")[2])
        number = {"feed": f"u:{await user_of(person)}", "seq": position + 1}
        await mongo[settings.mongo_database].events.insert_one(number, session=session)
        before = await lost()

        async def wait() -> None:
            async with asyncio.timeout(PATIENCE_S):
                while await lost() == before:
                    await asyncio.sleep(0.01)

        yield wait
        await session.abort_transaction()


async def test_over_rest_what_names_it_waits_while_it_is_under_way(
    engines: TestEngines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committer, "PATIENCE", 100_000)
    settings = engines.settings(UPCOACH_LIMITS="on")
    async with serving(settings) as one, serving(settings) as other:
        person = await one.person()
        there = other.client(person.token)
        create, change, *_ = goal_and_changes()
        change["follows"] = [create["id"]]

        with paused("mongod"):
            refused = await person.write(create)
        async with contended(settings, person) as until_committing:
            under_way = asyncio.create_task(person.write(create))
            await until_committing()
            twice = await person.write(create)
            ahead = await there.write(change)
        created = await under_way
        changed = await there.write(change)

        assert refused["status"] == 503
        assert (twice["status"], twice["problem"]["code"]) == (409, "mutation_running")
        assert (ahead["status"], ahead["problem"]["after"]) == (429, AGAIN_MS)
        assert created["status"] == 201
        assert (changed["status"], changed["body"]["title"]) == (200, "1")


async def test_what_was_told_to_wait_does_not_go_ahead_of_what_found_no_database(
    engines: TestEngines,
) -> None:
    async with serving(engines.settings(UPCOACH_LIVE_WRITES_S="2")) as server:
        person = await server.person()
        create, change, *_ = goal_and_changes()

        async with talking(server, person) as wire:
            await ask(wire, *moods(19))
            with paused("mongod"):
                before = await ask(wire, create, change)
            answers = before
            async with asyncio.timeout(PATIENCE_S):
                while answers[0]["status"] != 201:
                    await asyncio.sleep(1)  # in which the rate lets both go
                    answers = await ask(wire, create, change)

        assert statuses(before) == [503, 429]
        assert statuses(answers) == [201, 200]


async def test_a_device_loses_nothing_of_a_long_queue(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        goal = new_id("gol")
        refusals = server.node.metrics.mutations.labels("503")

        async with SyncDevice([server.url], person.token) as phone:
            await phone.until(lambda phone: phone.live)
            with paused("mongod"):
                writes = [
                    *(phone.mutate("POST", MOODS, {"level": 3}) for _ in range(WRITES_AT_ONCE - 1)),
                    phone.mutate("POST", GOALS, {"id": goal, "title": "0"}),
                    *(phone.mutate("PATCH", f"{GOALS}/{goal}", {"title": t}, 1) for t in "123"),
                ]
                under_way = asyncio.gather(*writes)
                await until(lambda: refusals._value.get() > 0, PATIENCE_S)
            answers = await under_way

        assert statuses(answers) == [*[201] * WRITES_AT_ONCE, 200, 200, 200]
        assert [answer["body"]["title"] for answer in answers[-3:]] == list("123")
