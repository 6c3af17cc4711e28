"""What the store promises: sealed values, one number a time, and no query without an index."""

import asyncio
import contextlib
import datetime as dt
import os
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import bson
import msgspec
import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from config.settings import Settings
from models.access.scope import Scope
from models.account import Session, User
from models.base.clock import utc_now
from models.base.document import Document, Mark, fields_marked
from models.base.errors import Conflict, Invalid, NotFound, Unavailable
from models.base.ids import new_mutation_id
from models.contexts import DOCUMENTS
from models.goals import Goal, NewGoal
from models.habits import Entry, Habit
from tests.store.full import GOAL, HABIT, OWNER, full_documents
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, Server, serving
from upcoach.client import Client, Response
from upcoach.store.base import codec
from upcoach.store.base.database import Bson, Database, is_outage, unavailable
from upcoach.store.base.sealing import DataKey, Unreadable, place, seal, unseal
from upcoach.store.secrets.keyring import KeyRing, MasterKeys
from upcoach.store.write.changes import Changes
from upcoach.store.write.committer import BATCH, Committer
from upcoach.store.write.mail_outbox import Outbox
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Mutation, Write

UTC: Any = bson.CodecOptions(tz_aware=True, tzinfo=dt.UTC)
MASTERS = MasterKeys("k1", {"k1": b"1" * 32})


@contextlib.asynccontextmanager
async def database_of(settings: Settings) -> AsyncIterator[Database]:
    """The settings' database, as a node opens it."""
    assert settings.mongo_url is not None
    database = Database(settings.mongo_url, settings.mongo_database)
    try:
        yield database
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def bare(settings: Settings) -> AsyncIterator[AsyncDatabase[Bson]]:
    """The settings' database, as anybody sees it who can read the disk."""
    client: AsyncMongoClient[Bson] = AsyncMongoClient(settings.mongo_url)
    try:
        yield client[settings.mongo_database]
    finally:
        await client.close()


async def answered(call: Awaitable[Any], *statuses: int) -> Any:
    """The answer to *call*, which has one of *statuses*."""
    answer = await call
    assert answer.status in statuses, answer
    return answer


def key() -> DataKey:
    """A new data key."""
    return DataKey(os.urandom(32))


def test_what_was_sealed_opens() -> None:
    one, where = key(), place("goals", OWNER, GOAL, "title")

    sealed = seal(one, b"Run", where)

    assert unseal(one, sealed, where) == b"Run"
    assert seal(one, b"Run", where) != sealed
    assert b"Run" not in sealed


@pytest.mark.parametrize(
    "elsewhere",
    [
        ("goals", OWNER, GOAL, "description"),
        ("goals", OWNER, f"{GOAL}2", "title"),
        ("goals", "usr_2", GOAL, "title"),
        ("habits", OWNER, GOAL, "title"),
        ("goals", OWNER, GOAL),
        ("goals", OWNER + GOAL, "", "title"),
        ("goals", OWNER, GOAL, "title", ""),
    ],
)
def test_what_was_moved_does_not_open(elsewhere: tuple[str, ...]) -> None:
    one = key()
    sealed = seal(one, b"Run", place("goals", OWNER, GOAL, "title"))

    with pytest.raises(Unreadable):
        unseal(one, sealed, place(*elsewhere))


def test_what_was_tampered_with_does_not_open() -> None:
    one, where = key(), place("goals", OWNER, GOAL, "title")
    sealed = seal(one, b"Run", where)

    changed = [
        sealed[:index] + bytes([sealed[index] ^ 1]) + sealed[index + 1 :]
        for index in range(len(sealed))
    ]
    cut = [sealed[:length] for length in range(len(sealed))]

    for broken in (*changed, *cut, sealed + b"\0"):
        with pytest.raises(Unreadable):
            unseal(one, broken, where)


def test_another_key_does_not_open() -> None:
    where = place("goals", OWNER, GOAL, "title")
    sealed = seal(key(), b"Run", where)

    with pytest.raises(Unreadable):
        unseal(key(), sealed, where)


def test_a_server_that_has_just_started_is_away_and_a_wrong_request_is_wrong() -> None:
    starting = OperationFailure("No keys found for HMAC that is valid for time", 211)
    wrong = OperationFailure("unknown operator: $x", 2)

    assert (is_outage(starting), is_outage(wrong)) == (True, False)


async def test_a_key_is_wrapped_for_every_process(settings: Settings) -> None:
    async with database_of(settings) as database:
        maker, other = KeyRing(database, MASTERS), KeyRing(database, MASTERS)
        stored = maker.create(OWNER)
        await database["keys"].insert_one(stored)
        sealed = seal(maker[OWNER], b"Run", b"")

        with pytest.raises(Unreadable):
            other[OWNER]
        await other.load([OWNER, "usr_nobody"])

        assert set(stored) == {"_id", "master", "wrapped"}
        assert len(stored["wrapped"]) == 40
        assert unseal(other[OWNER], sealed, b"") == b"Run"
        assert [other.holds(OWNER), other.holds("usr_nobody")] == [True, False]


async def test_keys_outlive_a_new_master_key_and_not_a_lost_one(settings: Settings) -> None:
    rotated = MasterKeys("k2", {"k2": b"2" * 32, "k1": b"1" * 32})
    lost = MasterKeys("k2", {"k2": b"2" * 32})
    async with database_of(settings) as database:
        old, new, poor = (KeyRing(database, masters) for masters in (MASTERS, rotated, lost))
        await database["keys"].insert_one(old.create(OWNER))
        await database["keys"].insert_one(new.create("usr_2"))

        await new.load([OWNER])
        await poor.load([OWNER, "usr_2"])

        assert new.holds(OWNER)
        assert [poor.holds(OWNER), poor.holds("usr_2")] == [False, True]


async def test_a_destroyed_key_is_gone(settings: Settings) -> None:
    async with database_of(settings) as database:
        ring, other = KeyRing(database, MASTERS), KeyRing(database, MASTERS)
        await database["keys"].insert_one(ring.create(OWNER))

        await ring.destroy(OWNER)
        await ring.load([OWNER])
        await other.load([OWNER])

        assert await database["keys"].count_documents({}) == 0
        assert [ring.holds(OWNER), other.holds(OWNER)] == [False, False]
        with pytest.raises(Unreadable):
            ring[OWNER]


def test_master_keys_are_not_shown() -> None:
    assert repr(MASTERS) == "MasterKeys(current='k1')"


@pytest.mark.parametrize("document", list(full_documents()), ids=lambda document: document.kind)
def test_a_document_comes_back_as_it_was(document: Document) -> None:
    one, other = key(), key()
    kind = type(document)

    stored = codec.to_bson(document, one)
    read = bson.decode(bson.encode(stored), codec_options=UTC)

    assert codec.from_bson(kind, read, one) == document
    assert b"canary" not in bson.encode(stored)
    if fields_marked(kind, Mark.SEALED):
        with pytest.raises(Unreadable):
            codec.from_bson(kind, read, other)
        with pytest.raises(Unreadable):
            codec.from_bson(kind, read | {"_id": f"{OWNER}/other"}, one)


def test_every_kind_of_document_is_tried_with_every_field() -> None:
    documents = list(full_documents())

    assert {type(document) for document in documents} == set(DOCUMENTS)
    for document in documents:
        assert [
            name for name, value in msgspec.structs.asdict(document).items() if value is None
        ] == []


async def test_what_people_write_is_nowhere_in_the_clear(settings: Settings) -> None:
    async with serving(settings) as server, bare(settings) as database:
        anonymous = server.client()
        body = {"email": "canary@example.org", "password": PASSWORD, "name": "Canary Bird"}
        await answered(anonymous.call("POST", "/v1/auth/register", body), 202)
        login = {"email": body["email"], "password": PASSWORD, "device": "phone"}
        login["device_name"] = "canary phone"
        granted = (await answered(anonymous.call("POST", "/v1/auth/login", login), 201)).body
        person = server.client(granted["token"])
        secrets = [granted["refresh_token"].rpartition(".")[2], granted["token"].split(".")[2]]
        habit = {"id": HABIT, "name": "canary", "question": "canary?", "description": "canary."}
        goal = {"id": GOAL, "title": "canary", "description": "canary"}
        named = {"Idempotency-Key": new_mutation_id()}
        await answered(person.call("POST", "/v1/habits", habit, headers=named), 201)
        named = {"Idempotency-Key": new_mutation_id()}
        await answered(person.call("POST", "/v1/goals", goal, headers=named), 201)
        named = {"Idempotency-Key": new_mutation_id(), "If-Match": '"v9"'}
        patch = {"title": "another canary"}
        await answered(person.call("PATCH", f"/v1/goals/{GOAL}", patch, headers=named), 412)
        named = {"If-Match": '"v1"'}
        await answered(person.call("PATCH", f"/v1/goals/{GOAL}", patch, headers=named), 200)
        entry = f"/v1/habits/{HABIT}/entries/2026-01-05"
        await answered(person.call("PUT", entry, {"note": "canary"}), 201)

        counts = {}
        for name in await database.list_collection_names():
            found = await database[name].find().to_list()
            counts[name] = len(found)
            for stored in found:
                raw = bson.encode(stored).lower()
                for secret in ("canary", PASSWORD, *secrets):
                    assert secret.lower().encode() not in raw, (name, stored)

        assert counts["receipts"] == 3
        assert counts["events"] == 6
        assert {counts[kind.collection] for kind in (User, Session, Goal, Habit, Entry)} == {1}


def new_goal(scope: Scope, title: str, mutation: Mutation | None = None) -> Write:
    """A write that makes a goal."""
    draft = NewGoal(title=title)

    def decide(changes: Changes) -> Outcome:
        goal = Goal.drafted(draft, owner=scope.user, at=changes.at)
        changes.create(goal)
        return Outcome(verb="created", version=1, body={"title": title})

    reads = (Ref(Goal, scope.user, draft.id),)
    return Write(scope=scope, reads=reads, decide=decide, mutation=mutation)


def refused(scope: Scope) -> Write:
    """A write that stages a change and is refused then."""
    goal = Goal.drafted(NewGoal(id=GOAL, title="Never"), owner=scope.user, at=utc_now())

    def decide(changes: Changes) -> Outcome:
        changes.create(goal)
        raise Conflict("never", "Not today.")

    return Write(scope=scope, reads=(Ref(Goal, scope.user, GOAL),), decide=decide)


async def seqs_of(database: AsyncDatabase[Bson], feed: str) -> list[int]:
    """The numbers of a feed in the log, in order."""
    found = await database["events"].find({"feed": feed}, sort=[("seq", 1)]).to_list()
    return [stored["seq"] for stored in found]


async def test_thirty_writes_at_once_take_thirty_numbers(settings: Settings) -> None:
    async with serving(settings) as server, bare(settings) as database:
        person = await server.person()
        scope = scope_of(server, person)
        submit = server.node.committer.submit

        outcomes = await asyncio.gather(*(submit(new_goal(scope, str(n))) for n in range(30)))

        assert [outcome.seq for outcome in outcomes] == list(range(3, 33))
        assert await seqs_of(database, scope.feed) == list(range(1, 33))
        assert await database["goals"].count_documents({}) == 30


async def test_a_refused_write_harms_nobody_in_its_batch(settings: Settings) -> None:
    async with serving(settings) as server, bare(settings) as database:
        person, stranger = await server.person(), await server.person()
        scope, other = scope_of(server, person), scope_of(server, stranger)
        submit = server.node.committer.submit
        writes = [
            write
            for n in range(5)
            for write in (new_goal(scope, str(n)), refused(scope), new_goal(other, str(n)))
        ]

        outcomes = await asyncio.gather(*map(submit, writes), return_exceptions=True)

        accepted = [one.seq for one in outcomes if isinstance(one, Outcome)]
        assert accepted == [n for n in range(3, 8) for _ in range(2)]
        assert [type(one) for one in outcomes[1::3]] == [Conflict] * 5
        assert await seqs_of(database, scope.feed) == list(range(1, 8))
        assert await seqs_of(database, other.feed) == list(range(1, 8))
        assert await database["goals"].find_one({"_id": f"{scope.user}/{GOAL}"}) is None


async def test_a_write_that_crashes_harms_nobody_in_its_batch(settings: Settings) -> None:
    async with serving(settings) as server, bare(settings) as database:
        person = await server.person()
        scope = scope_of(server, person)
        submit = server.node.committer.submit

        def crash(_: Changes) -> Outcome:
            raise ZeroDivisionError

        broken = Write(scope=scope, reads=(), decide=crash)
        outcomes = await asyncio.gather(
            *map(submit, (new_goal(scope, "a"), broken, new_goal(scope, "b"))),
            return_exceptions=True,
        )

        assert isinstance(outcomes[1], ZeroDivisionError)
        assert await seqs_of(database, scope.feed) == [1, 2, 3, 4]
        assert await database["goals"].count_documents({}) == 2


async def test_later_writes_of_a_batch_see_the_earlier_ones(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        scope = scope_of(server, person)
        goals = server.node.services.goals

        created, changed, missed, deleted, gone, again = await asyncio.gather(
            goals.create(scope, NewGoal(id=GOAL, title="Run")),
            goals.change(scope, GOAL, {"title": "Walk"}, 1),
            goals.change(scope, GOAL, {"title": "Swim"}, 1),
            goals.delete(scope, GOAL, 2),
            goals.delete(scope, GOAL),
            goals.create(scope, NewGoal(id=GOAL, title="Rest")),
            return_exceptions=True,
        )

        assert isinstance(created, Outcome)
        assert isinstance(changed, Outcome)
        assert isinstance(deleted, Outcome)
        assert isinstance(again, Outcome)
        assert [created.seq, changed.seq, deleted.seq, again.seq] == [3, 4, 5, 6]
        assert [type(missed), type(gone)] == [Conflict, NotFound]
        goal = await goals.get(scope, GOAL)
        assert (goal.title, goal.version) == ("Rest", 4)


async def test_two_nodes_write_to_one_feed_without_a_hole_or_a_repeat(settings: Settings) -> None:
    async with serving(settings) as one, serving(settings) as two, bare(settings) as database:
        person = await one.person()
        scope = scope_of(one, person)
        nodes = [server.node.committer.submit for server in (one, two)]

        async def writer(number: int) -> list[int]:
            outcomes = [await nodes[number % 2](new_goal(scope, f"{number}")) for _ in range(4)]
            return [outcome.seq for outcome in outcomes]

        async with asyncio.TaskGroup() as writers:
            tasks = [writers.create_task(writer(number)) for number in range(50)]
        taken = [task.result() for task in tasks]

        assert sorted(seq for seqs in taken for seq in seqs) == list(range(3, 203))
        assert all(seqs == sorted(seqs) for seqs in taken)
        assert await seqs_of(database, scope.feed) == list(range(1, 203))
        assert await database["goals"].count_documents({}) == 200


async def test_two_nodes_do_not_lose_each_others_changes(settings: Settings) -> None:
    async with serving(settings) as one, serving(settings) as two:
        person = await one.person()
        scope = scope_of(one, person)
        nodes = [server.node.services.goals for server in (one, two)]
        await nodes[0].create(scope, NewGoal(id=GOAL, title="0"))

        async def count_up(number: int) -> None:
            for _ in range(5):
                while True:
                    goal = await nodes[number % 2].get(scope, GOAL)
                    patch = {"title": str(int(goal.title) + 1)}
                    with contextlib.suppress(Conflict):
                        await nodes[number % 2].change(scope, GOAL, patch, goal.version)
                        break

        async with asyncio.TaskGroup() as writers:
            for number in range(6):
                writers.create_task(count_up(number))

        goal = await nodes[0].get(scope, GOAL)
        assert (goal.title, goal.version) == ("30", 31)


async def test_a_mutation_is_carried_out_once_on_two_nodes(settings: Settings) -> None:
    async with serving(settings) as one, serving(settings) as two, bare(settings) as database:
        person = await one.person()
        scope = scope_of(one, person)
        nodes = [server.node.committer.submit for server in (one, two)]
        mutation = Mutation(new_mutation_id(), b"asked")

        both = await asyncio.gather(
            *(submit(new_goal(scope, "Run", mutation)) for submit in nodes), return_exceptions=True
        )
        again = await nodes[1](new_goal(scope, "Run", mutation))
        with pytest.raises(Invalid) as refusal:
            await nodes[0](new_goal(scope, "Walk", Mutation(mutation.id, b"other")))

        assert all(isinstance(outcome, Outcome) for outcome in both), both
        assert sorted(outcome.replayed for outcome in both if isinstance(outcome, Outcome)) == [
            False,
            True,
        ]
        assert again == Outcome(
            verb="created", version=1, body={"title": "Run"}, seq=3, replayed=True
        )
        assert refusal.value.code == "mutation_reused"
        assert await seqs_of(database, scope.feed) == [1, 2, 3]


async def test_somebody_elses_mutation_id_is_not_ours(settings: Settings) -> None:
    async with serving(settings) as server:
        person, stranger = await server.person(), await server.person()
        scope, other = scope_of(server, person), scope_of(server, stranger)
        submit = server.node.committer.submit
        mutation = Mutation(new_mutation_id(), b"asked")

        outcomes = await asyncio.gather(
            submit(new_goal(scope, "Run", mutation)), submit(new_goal(other, "Run", mutation))
        )

        assert [outcome.replayed for outcome in outcomes] == [False, False]


class Shaky(Database):
    """A database that can be away."""

    is_away = False

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        if self.is_away:
            raise unavailable()
        async with super().turn():
            yield


async def test_what_follows_a_write_that_found_no_database_is_given_back_with_it(
    settings: Settings,
) -> None:
    async with serving(settings) as server, contextlib.AsyncExitStack() as stack:
        person, stranger = await server.person(), await server.person()
        scope, other = scope_of(server, person), scope_of(server, stranger)
        assert settings.mongo_url is not None
        database = Shaky(settings.mongo_url, settings.mongo_database)
        stack.push_async_callback(database.close)
        masters = MasterKeys(next(iter(settings.master_keys)), settings.master_keys)
        keyring, outbox = KeyRing(database, masters), Outbox(database, masters, utc_now)
        committer = Committer(database, keyring, outbox, utc_now, lambda _: None)
        names = [new_mutation_id() for _ in range(BATCH + 2)]
        writes = [
            new_goal(scope, str(n), Mutation(name, b"asked", follows=tuple(names)))
            for n, name in enumerate(names)
        ]
        stranger_goal = new_goal(other, "Swim", Mutation(new_mutation_id(), b"asked"))

        def leave(changes: Changes) -> Outcome:
            database.is_away = True
            return writes[0].decide(changes)

        first = asyncio.ensure_future(
            committer.submit(msgspec.structs.replace(writes[0], decide=leave))
        )
        rest = asyncio.gather(
            *map(committer.submit, (*writes[1:], stranger_goal)), return_exceptions=True
        )
        with pytest.raises(Unavailable):
            await first
        database.is_away = False
        answers = await rest
        again = [await committer.submit(write) for write in writes]

        # A stranger's write is given back only if its batch began while nobody answered.
        strangers = await committer.submit(stranger_goal)
        assert [type(answer) for answer in answers[:-1]] == [Unavailable] * (BATCH + 1)
        assert strangers.replayed is isinstance(answers[-1], Outcome)
        assert [outcome.seq for outcome in again] == list(range(3, 3 + len(writes)))


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


async def registered(client: Client, email: str) -> Response:
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
        documents = server.node.services.goals
        await documents.create(theirs, NewGoal(id=GOAL, title="Secret"))

        for after in ("", "~", f"../{theirs.user}/", theirs.user, "\x00"):
            assert await documents.page(mine, after=after) == []
        with pytest.raises(NotFound):
            await documents.get(mine, f"../{theirs.user}/{GOAL}")


async def test_an_erased_person_is_unreadable_everywhere(settings: Settings) -> None:
    async with serving(settings) as one, serving(settings) as two:
        person = await one.person()
        scope = scope_of(one, person)
        await one.node.services.goals.create(scope, NewGoal(id=GOAL, title="Run"))

        await one.node.keyring.destroy(scope.user)

        assert await one.node.services.goals.page(scope) == []
        assert await two.node.services.goals.page(scope) == []
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
