"""Collections and indexes are what is declared, whatever the database was before."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from config.settings import Settings
from handlers.contexts import ROUTER
from models.contexts import DOCUMENTS
from tests.schemas.reading import Reader
from tests.support.server import serving
from upcoach.client import RestClient
from upcoach.node.connecting import open_database
from upcoach.store.base.database import Database
from upcoach.store.base.indexes import definition_of
from upcoach.store.schema import schema
from upcoach.store.schema.schema import Schema, SchemaError, collections, declared


@contextlib.asynccontextmanager
async def empty(environ: dict[str, str]) -> AsyncIterator[Database]:
    """A database with nothing in it."""
    opened = Database(environ["UPCOACH_MONGO_URL"], environ["UPCOACH_MONGO_DATABASE"])
    await opened.client.drop_database(environ["UPCOACH_MONGO_DATABASE"])
    yield opened
    await opened.close()


async def indexes_of(database: Database, collection: str) -> dict[str, Any]:
    found = await database.handle[collection].list_indexes()
    return {one["name"]: definition_of(dict(one)) async for one in found if one["name"] != "_id_"}


async def flaws_of(database: Database) -> list[str]:
    """What is declared and not there."""
    return [
        f"{collection}.{index.name}"
        for collection, wanted in declared().items()
        for index in wanted
        if (await indexes_of(database, collection)).get(index.name) != index.definition
    ]


async def asked(database: Database, command: str) -> int:
    """How often MongoDB was given *command* so far."""
    status = await database.client.admin.command("serverStatus")
    return int(status["metrics"]["commands"][command]["total"])


async def test_a_start_with_nothing_to_do_asks_once_of_indexes(environ: dict[str, str]) -> None:
    having = [name for name, indexes in declared().items() if indexes]
    async with empty(environ) as database:
        await Schema(database).ensure()
        names = ("listIndexes", "createIndexes", "dropIndexes", "create")
        before = [await asked(database, name) for name in names]

        await Schema(database).ensure()

        after = [await asked(database, name) for name in names]
        assert [b - a for a, b in zip(before, after, strict=True)] == [len(having), 0, 0, 0]
        assert await flaws_of(database) == []


@pytest.mark.parametrize(
    ("collection", "name", "keys", "options"),
    [
        ("sessions", "expires_at", [("owner", 1), ("expires_at", 1)], {}),  # other keys
        ("users", "email", [("email_index", 1)], {}),  # not unique
        ("receipts", "kept", [("at", 1)], {"expireAfterSeconds": 60}),
        ("receipts", "kept", [("at", 1)], {}),
        ("sessions", "ended", [("ended_at", 1)], {}),  # not sparse
        ("events", "due", [("feed", 1), ("seq", 1), ("at", 1)], {}),  # not partial
        ("goals", "progress", [("owner", 1), ("progress", 1), ("_id", 1)], {"hidden": True}),
        ("goals", "mine", [("owner", 1), ("progress", 1), ("_id", 1)], {}),  # under another name
        ("once", "mine", [("until", 1)], {}),
        ("moods", "words_at", [("owner", 1), ("words", 1), ("at", 1), ("_id", 1)], {}),
    ],
)
async def test_an_index_that_is_wrong_is_built_anew(
    environ: dict[str, str], collection: str, name: str, keys: Any, options: dict[str, Any]
) -> None:
    async with empty(environ) as database:
        await database.handle[collection].create_index(keys, name=name, **options)

        await Schema(database).ensure()

        wanted = {index.name: index.definition for index in declared()[collection]}
        assert await indexes_of(database, collection) == wanted


async def test_an_index_of_an_operator_stays(environ: dict[str, str]) -> None:
    async with empty(environ) as database:
        await database.handle["goals"].create_index([("owner", 1), ("priority", 1)], name="mine")

        await Schema(database).ensure()

        assert "mine" in await indexes_of(database, "goals")
        assert await flaws_of(database) == []


async def test_many_nodes_ensure_it_at_once(environ: dict[str, str]) -> None:
    async with empty(environ) as database:
        await database.handle["goals"].create_index([("owner", 1)], name="progress")
        await database.handle["receipts"].create_index([("at", 1)], name="kept")

        await asyncio.gather(*(Schema(database).ensure() for _ in range(8)))

        assert await flaws_of(database) == []


async def test_what_no_unique_index_can_hold_is_said_in_a_sentence(environ: dict[str, str]) -> None:
    async with empty(environ) as database:
        twice = [{"_id": name, "email_index": "x"} for name in "ab"]
        await database.handle["users"].insert_many(twice)

        with pytest.raises(SchemaError, match="users holds several documents of one email_index"):
            await Schema(database).ensure()


async def test_large_collections_are_indexed_beside_the_work(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with empty(environ) as database:
        monkeypatch.setattr(schema, "LARGE", 0)
        slow = Schema(database)

        await slow.ensure()
        missing = await flaws_of(database)
        with pytest.raises(Exception, match="goals: created_at") as refusal:
            await slow.check()
        await slow.run()
        await slow.check()

        unique = {"users.email", "events.number", "passkeys.credential", "audit.number"}
        assert refusal.value.code == "indexes_building"  # type: ignore[attr-defined]
        assert "sessions.expires_at" in missing
        assert not unique & set(missing)
        assert await flaws_of(database) == []


async def test_a_node_says_when_its_indexes_are_there(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.mongo_url is not None
    async with open_database(settings.mongo_url, settings) as database:
        await database.handle["goal_points"].drop_index("goal_at")
        monkeypatch.setattr(schema, "LARGE", 0)
        async with database.client.start_session() as session:
            # An index waits for the transactions that have written to its collection.
            await session.start_transaction()
            await database.handle["goal_points"].insert_one({"_id": "x"}, session=session)
            async with serving(settings) as server:
                client = server.client()
                early = await client.call("GET", "/readyz")
                await session.abort_transaction()
                ready = await _ready(client)

    assert (early.status, early.body["ready"]) == (503, False)
    assert early.body["checks"]["schema"] == "Indexes are being built (goal_points: goal_at)."
    assert ready


async def _ready(client: RestClient) -> bool:
    async with asyncio.timeout(20):
        while (await client.call("GET", "/readyz")).status != 200:
            await asyncio.sleep(0.05)
    return True


async def test_lists_are_answered_without_their_indexes(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        for number in range(5):
            await person.call("POST", "/v1/goals", {"title": f"Run {number}"})
            await person.call("POST", "/v1/tasks", {"title": f"Walk {number}"})
            await person.call("POST", "/v1/moods", {"level": 1 + number})
            await person.call("POST", "/v1/journal", {"text": f"A run {number}"})
        stranger = await server.person()
        await stranger.call("POST", "/v1/goals", {"title": "Not hers"})
        indexed, found = Reader(person), Reader(person)
        await indexed.read_all(ROUTER)
        for kind in DOCUMENTS:
            for index in await indexes_of(server.node.database, kind.collection):
                await server.node.database.handle[kind.collection].drop_index(index)

        await found.read_all(ROUTER)

        await Schema(server.node.database).ensure()
    assert found.statuses == indexed.statuses
    assert {path: _items(body) for path, body in found.bodies.items()} == {
        path: _items(body) for path, body in indexed.bodies.items()
    }
    assert len(found.bodies["/v1/goals"]["items"]) == 5


def _items(body: Any) -> Any:
    return body["items"] if isinstance(body, dict) and "items" in body else None


def test_a_collection_is_declared_once() -> None:
    names = Counter(collection.name for collection in collections())

    assert [name for name, times in names.items() if times > 1] == []
