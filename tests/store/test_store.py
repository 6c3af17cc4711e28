"""What the store promises: no query without an index, and nothing of anybody else's."""

import asyncio
import datetime as dt

import pytest

from config.settings import Settings
from models.base.clock import utc_now
from models.base.errors import NotFound
from models.base.ids import new_mutation_id
from models.goals import NewGoal
from tests.store.opened import answered, bare, new_goal
from tests.support.laws.context import FULL_GOAL as GOAL
from tests.support.laws.context import FULL_HABIT as HABIT
from tests.support.laws.context import FULL_OWNER as OWNER
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, Server, serving
from upcoach.client import Response, RestClient
from upcoach.store.base import codec
from upcoach.store.base.sealing import Unreadable


async def test_an_address_is_taken_once(settings: Settings) -> None:
    async with serving(settings) as one, serving(settings) as two, bare(settings) as database:
        clients = [server.client() for server in (one, two)]

        answers = await asyncio.gather(
            *(
                registered(clients[number % 2], email)
                for number, email in enumerate(["eve@example.org", "EVE@example.org"] * 5)
            )
        )

        assert [answer.status for answer in answers] == [202] * 10
        assert await database["users"].count_documents({}) == 1
        assert await database["keys"].count_documents({}) == 1
        assert await database["events"].count_documents({}) == 1


async def registered(client: RestClient, email: str) -> Response:
    """The answer to a registration, asked for again while all hashing threads are busy."""
    while True:
        answer = await client.register(email, PASSWORD, "Eve")
        if answer.status != 503:
            return answer
        assert answer.body["code"] == "busy"


async def logged_in(server: Server, *names: str) -> int:
    """How many of *names* have an account that they can log in to."""
    clients = [
        await server.client().log_in(f"{name}@example.org", PASSWORD, "phone") for name in names
    ]
    for client in clients:
        client.close()
    return len(clients)


async def test_a_taken_address_harms_nobody_who_registers_beside_it(settings: Settings) -> None:
    async with serving(settings) as server:
        client = server.client()
        await answered(client.register("eve@example.org", PASSWORD, "Eve"), 202)

        answers = await asyncio.gather(
            client.register("ann@example.org", PASSWORD, "Ann"),
            client.register("eve@example.org", PASSWORD, "Eve"),
            client.register("bob@example.org", PASSWORD, "Bob"),
        )

        assert [answer.status for answer in answers] == [202] * 3
        assert await logged_in(server, "eve", "ann", "bob") == 3


async def test_every_query_of_the_road_has_an_index(settings: Settings) -> None:
    async with serving(settings) as server, bare(settings) as database:
        person = await server.person()
        scope = scope_of(server, person)
        habit = (await person.call("POST", "/v1/habits", {"name": "Read"})).body["id"]
        cursor = f"{(await person.call('GET', '/v1/snapshot')).headers['upcoach-cursor']}"
        await database.command("profile", 2)

        entry = f"/v1/habits/{habit}/entries/2026-01-05"
        named = {"Idempotency-Key": new_mutation_id()}
        await answered(person.call("PUT", entry, {}, headers=named), 201)
        await answered(person.call("PUT", entry, {}, headers=named), 201)
        await answered(person.call("GET", f"/v1/habits/{habit}/entries"), 200)
        await answered(person.call("GET", "/v1/goals?limit=1&sort=-updated"), 200)
        await answered(person.call("GET", "/v1/snapshot?kind=habit.entry"), 200)
        await answered(person.call("GET", f"/v1/events?since={cursor}"), 200)
        await answered(person.call("DELETE", f"/v1/habits/{habit}"), 204)
        await server.client().register("eve@example.org", PASSWORD, "Eve")
        await server.client().log_in("eve@example.org", PASSWORD, "phone")
        await server.node.log.due(utc_now() + dt.timedelta(hours=1), 10)
        await server.node.log.mark_published(await server.node.log.page(scope.feed, 0, 10))
        await server.node.committer.heads.read(scope.feed)
        await database.command("profile", 0)

        profile = (
            await database["system.profile"].find({"planSummary": {"$exists": True}}).to_list()
        )
        seen = {(one["ns"].partition(".")[2], one["op"]) for one in profile}
        assert [one["command"] for one in profile if "COLLSCAN" in one["planSummary"]] == []
        assert seen >= {
            ("events", "query"),
            ("events", "update"),
            ("goals", "query"),
            ("habits", "query"),
            ("habit_entries", "query"),
            ("habit_entries", "remove"),
            ("receipts", "query"),
            ("sessions", "query"),
            ("users", "query"),
        }


async def test_a_page_reads_no_more_than_it_shows(settings: Settings) -> None:
    async with serving(settings) as server, bare(settings) as database:
        ann, bob = await server.person(), await server.person()
        scopes = [scope_of(server, person) for person in (ann, bob)]
        submit = server.node.committer.submit
        await asyncio.gather(
            *(submit(new_goal(scope, str(n))) for scope in scopes for n in range(40))
        )
        span = codec.below(scopes[0].user)
        queries = {
            "goals": ({"_id": span}, [("_id", 1)]),
            "events": ({"feed": scopes[0].feed, "seq": {"$gt": 20}}, [("seq", 1)]),
        }

        examined = {}
        for name, (query, order) in queries.items():
            plan = await database[name].find(query, sort=order).limit(10).explain()
            examined[name] = plan["executionStats"]["totalDocsExamined"]

        assert examined == {"goals": 10, "events": 10}


async def test_a_stranger_cannot_be_asked_for_by_a_name_that_reaches_out(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        ann, bob = await server.person(), await server.person()
        mine, theirs = scope_of(server, ann), scope_of(server, bob)
        documents = server.node.services.goals.goals
        await documents.create(theirs, NewGoal(id=GOAL, title="Secret"))

        for after in ("", "~", f"../{theirs.user}/", theirs.user, "\x00"):
            assert await documents.page(mine, after=after) == []
        with pytest.raises(NotFound):
            await documents.get(mine, f"../{theirs.user}/{GOAL}")


async def test_an_erased_person_is_unreadable_everywhere(settings: Settings) -> None:
    async with serving(settings) as one, serving(settings) as two:
        person = await one.person()
        scope = scope_of(one, person)
        await one.node.services.goals.goals.create(scope, NewGoal(id=GOAL, title="Run"))

        await one.node.keyring.destroy(scope.user)

        assert await one.node.services.goals.goals.page(scope) == []
        assert await two.node.services.goals.goals.page(scope) == []
        (event, *_) = await two.node.log.page(scope.feed, 0, 1)
        await two.node.log.load_keys([scope.feed])
        with pytest.raises(Unreadable):
            two.node.log.open_line(event)


def test_ids_of_documents_stay_below_their_owner() -> None:
    span = codec.below(OWNER)
    children = codec.below(OWNER, HABIT)

    assert span["$gt"] < codec.key_of(OWNER, GOAL) < span["$lt"]
    assert not span["$gt"] < codec.key_of(f"{OWNER}0", GOAL) < span["$lt"]
    assert children["$gt"] < codec.key_of(OWNER, f"{HABIT}/2026-01-05") < children["$lt"]
    assert not children["$gt"] < codec.key_of(OWNER, HABIT) < children["$lt"]
    assert not children["$gt"] < codec.key_of(OWNER, f"{HABIT}0/2026-01-05") < children["$lt"]
