"""A database of every earlier schema, made by the code of its time, is served by today's."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from pymongo import AsyncMongoClient

from config.settings import Settings
from handlers.contexts import ROUTER
from tests.schemas.dump import FOLDER, Dump
from tests.schemas.fill import ADA, COACH, GOAL, PASSWORD
from tests.schemas.reading import Reader
from tests.support.people.chaos import until
from tests.support.server import serving
from tests.support.wire.fleet import FeedFollower, following
from upcoach.store.base.indexes import definition_of
from upcoach.store.collections.oauth_clients import OAuthClientStore
from upcoach.store.schema.migrations import STEPS
from upcoach.store.schema.schema import RETIRED, declared

DUMPS = sorted(FOLDER.glob("*.json.gz"))


async def indexes_of(environ: dict[str, str]) -> dict[str, dict[str, Any]]:
    """The definitions of all indexes by collection and name."""
    mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(environ["UPCOACH_MONGO_URL"])
    async with mongo:
        database = mongo[environ["UPCOACH_MONGO_DATABASE"]]
        return {
            name: {
                one["name"]: definition_of(dict(one))
                async for one in await database[name].list_indexes()
            }
            for name in await database.list_collection_names()
        }


# What operators alone may ask, and what nobody had yet.
NOT_THEIRS = {"/v1/admin/audit", "/v1/admin/coaches", "/v1/coaches/me"}

# Of one in four, the first and the last among them; `make chaos` tries them all.
TRIED = (*DUMPS[:-1:4], DUMPS[-1])


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=() if path in TRIED else (pytest.mark.chaos,)) for path in DUMPS],
    ids=[path.name.partition(".")[0] for path in DUMPS],
)
async def test_a_database_of_an_earlier_schema_is_read_written_and_followed(
    environ: dict[str, str], path: Path
) -> None:
    await Dump.read(path).load(environ["UPCOACH_MONGO_URL"], environ["UPCOACH_MONGO_DATABASE"])

    async with serving(Settings.from_environ(environ)) as server:
        ada = await server.client().log_in(ADA, PASSWORD, "laptop")
        reader = Reader(ada)
        await reader.read_all(ROUTER)
        follower = FeedFollower([server.url], ada.token)
        async with following([follower]):
            old = await ada.call("GET", f"/v1/goals/{GOAL}")
            changed = await ada.call(
                "PATCH",
                f"/v1/goals/{GOAL}",
                {"title": "Rest"},
                headers={"If-Match": old.headers["etag"]},
            )
            made = await ada.call("POST", "/v1/tasks", {"title": "Sleep"})
            await until(lambda: made.body["id"] in follower.documents)
            followed = follower.documents[-2:]
        refused = {one: found for one, found in reader.statuses.items() if 200 not in found}
        failed = {one: found for one, found in reader.statuses.items() if max(found) >= 500}
        ada.close()

    indexes = await indexes_of(environ)
    assert old.body["title"] == "Run 12 km"
    assert (changed.status, made.status) == (200, 201)
    assert followed == [GOAL, made.body["id"]]
    assert failed == {}
    assert refused.keys() <= NOT_THEIRS, refused
    assert len(reader.statuses) > 25
    assert [
        (name, one)
        for name, wanted in declared().items()
        for one in wanted
        if indexes[name].get(one.name) != one.definition
    ] == []
    assert not RETIRED & {(name, one) for name, found in indexes.items() for one in found}


async def test_oauth_clients_are_found_by_this_build_and_by_the_one_before(
    environ: dict[str, str],
) -> None:
    old = Dump.read(FOLDER / "21-98c6223.json.gz")
    kept = {one["_id"]: one for one in old.documents["clients"]}
    (app,) = (name for name in kept if name.startswith("cli_"))
    await old.load(environ["UPCOACH_MONGO_URL"], environ["UPCOACH_MONGO_DATABASE"])

    async with serving(Settings.from_environ(environ)) as server:
        database = server.node.database.handle
        found = await OAuthClientStore(server.node.database).find(app)
        before = {one["_id"]: one async for one in database["clients"].find()}
        moved = [one["_id"] async for one in database["oauth_clients"].find()]
        await database["oauth_clients"].update_one({"_id": app}, {"$set": {"name": "Diary 2"}})
        await dict(STEPS)[24](database)  # once more, after a crash before it was noted
        renamed = await OAuthClientStore(server.node.database).find(app)
        coach = await server.client().log_in(COACH, PASSWORD, "laptop")
        listed = await coach.call("GET", "/v1/clients")
        coach.close()

    assert found is not None
    assert (found.name, found.permissions) == ("Diary", ("openid", "goals:read"))
    assert (before[app], before.keys()) == (kept[app], kept.keys())
    assert moved == [app]
    assert renamed == msgspec.structs.replace(found, name="Diary 2")
    assert len(listed.body["items"]) == 1
