"""A refusal asks no more queries than a write, however many are refused together."""

import asyncio
from collections.abc import Callable, Mapping

import pytest

from config.settings import Settings
from models.base.errors import Conflict
from models.base.ids import new_id
from models.base.merge_patch import Json
from models.goals import Goal
from tests.support.people.furnished import GOALS
from tests.support.people.relations import CLIENT, SHARE, user_of
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from tests.support.wire.sockets import mut
from tests.support.wire.writes import send, statuses
from upcoach.client import RestClient
from upcoach.store.base.database import Bson
from upcoach.store.log.heads import Heads
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

FEW, MANY = 4, 40
TASKS, GOAL = "/v1/tasks", f"{GOALS}/{{}}"
ENTRY_SHARE = "/v1/journal/{}/shares/{}"

SCANNED = {"ns": {"$regex": "events$"}, "planSummary": {"$regex": "COLLSCAN"}}

Made = Callable[[], Json]


def nobody() -> str:
    return new_id("usr")


REFUSED: dict[str, Made] = {
    "what never was": lambda: mut("PATCH", GOAL.format(new_id("gol")), {"title": "x"}, base=1),
    "no relation": lambda: mut("DELETE", SHARE.format(nobody())),
    "no client": lambda: mut("DELETE", CLIENT.format(nobody())),
    "no share of an entry": lambda: mut("DELETE", ENTRY_SHARE.format(new_id("jen"), nobody())),
}


async def queries(server: Server, person: RestClient, writes: list[Json]) -> int:
    """How many operations MongoDB was asked for by a batch of *writes*."""
    database = server.node.database.handle
    await database.command("profile", 2)
    answers = await send(person, *writes)
    await database.command("profile", 0)
    assert len(set(statuses(answers))) == 1, answers
    asked: Bson = {
        "op": {"$in": ["query", "command", "getmore"]},
        "ns": {"$not": {"$regex": "profile"}},
    }
    count = await database["system.profile"].count_documents(asked)
    scans = await database["system.profile"].find(asked | SCANNED).to_list()
    await database["system.profile"].drop()
    assert [scan["command"] for scan in scans] == []
    return count


@pytest.mark.parametrize("refusal", REFUSED)
async def test_many_refusals_take_the_queries_of_few(settings: Settings, refusal: str) -> None:
    made = REFUSED[refusal]
    async with serving(settings) as server:
        person = await server.person()
        await queries(server, person, [made()])  # what a first request has to look up

        few, many = [await queries(server, person, [made() for _ in range(n)]) for n in (FEW, MANY)]

        assert many <= few + 1


async def test_many_writes_to_what_was_deleted_take_the_queries_of_few(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        paths = []
        for _ in range(FEW + MANY):
            made = await done(person.call("POST", GOALS, {"title": "x"}))
            paths.append(GOAL.format(made.body["id"]))
            await done(person.call("DELETE", paths[-1]))
        writes = [mut("PATCH", path, {"title": "y"}, base=1) for path in paths]
        await user_of(person)

        few = await queries(server, person, writes[:FEW])
        many = await queries(server, person, writes[FEW:])

        assert many <= few + 1


async def test_strangers_refusals_are_proven_together(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(settings) as server:
        scopes = [scope_of(server, await server.person()) for _ in range(FEW)]
        proven: list[set[str]] = []
        plain = Heads.passed

        async def passed(self: Heads, seqs: Mapping[str, int]) -> set[str]:
            proven.append(set(seqs))
            return await plain(self, seqs)

        def decide(_: WriteContext) -> Outcome[None]:
            raise Conflict("never", "Not today.")

        monkeypatch.setattr(Heads, "passed", passed)
        writes = [
            Write(scope=scope, reads=(Ref(Goal, scope.user, new_id("gol")),), decide=decide)
            for scope in scopes
        ]
        submit = server.node.committer.submit
        answers = await asyncio.gather(*map(submit, writes), return_exceptions=True)

        assert {type(answer) for answer in answers} == {Conflict}
        assert proven == [{scope.feed for scope in scopes}]
