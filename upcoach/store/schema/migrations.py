"""Data migrations: numbered, idempotent steps to what this build expects.

Collections and indexes are no affair of theirs: `upcoach.store.schema.schema` ensures those, before
the steps.  `migrate` runs at every start and is cheap when there is nothing to do.  A step that was
interrupted runs again from its beginning.
"""

from collections.abc import Awaitable, Callable

from pymongo.asynchronous.database import AsyncDatabase

from models.base.checksums import EMPTY, Sums, pack_sums, toggle
from models.base.clock import Clock
from models.contexts import DOCUMENTS
from models.wire.events import feed_owner
from upcoach.store.base import codec
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.indexes import CollectionSpec
from upcoach.store.collections import oauth_clients
from upcoach.store.log import event_log
from upcoach.store.secrets import signing

COLLECTION = "migrations"
COLLECTIONS = (CollectionSpec(COLLECTION),)

Step = Callable[[AsyncDatabase[Bson]], Awaitable[None]]


async def _describe_events(database: AsyncDatabase[Bson]) -> None:
    """Add type and id to events, and the checksums to the head of each feed."""
    events = database[event_log.COLLECTION]
    fields = {"type": "", "id": "", "sums": EMPTY}
    await events.update_many({"type": {"$exists": False}}, {"$set": fields})
    newest: list[Bson] = [
        {"$sort": {"feed": 1, "seq": 1}},
        {"$group": {"_id": "$feed", "seq": {"$last": "$seq"}}},
    ]
    async for head in await events.aggregate(newest):
        sums: Sums = {}
        for kind in DOCUMENTS:
            below = codec.below(feed_owner(head["_id"]))
            async for stored in database[kind.collection].find({"_id": below}, {"version": 1}):
                name = stored["_id"].partition("/")[2]
                toggle(sums, kind.kind, name, stored["version"])
        name = {"feed": head["_id"], "seq": head["seq"]}
        await events.update_one(name, {"$set": {"sums": pack_sums(sums)}})


async def _date_sessions(database: AsyncDatabase[Bson]) -> None:
    """Set when a session's holder authenticated: at its start, as nobody was asked again."""
    fresh: list[Bson] = [{"$set": {"authenticated_at": "$created_at"}}]
    await database["sessions"].update_many({"authenticated_at": {"$exists": False}}, fresh)


async def _name_signing_keys(database: AsyncDatabase[Bson]) -> None:
    """Set a signing key's `kid` to its `_id`, which was its name in tokens so far."""
    named: list[Bson] = [{"$set": {"kid": "$_id"}}]
    await database[signing.COLLECTION].update_many({"kid": {"$exists": False}}, named)


async def _part_oauth_clients(database: AsyncDatabase[Bson]) -> None:
    """Copy OAuth clients to a collection of their own, out of that of coaches' clients.

    They stay in the old one too, where nodes of the build before look for them until the last one
    is replaced.
    """
    registered = {"_id": {"$gte": "cli_", "$lt": "cli`"}}
    copied = {"into": oauth_clients.COLLECTION, "whenMatched": "keepExisting"}
    await database["clients"].aggregate([{"$match": registered}, {"$merge": copied}])


# Numbers that are missing were steps which made collections and indexes, up to 22.
STEPS: tuple[tuple[int, Step], ...] = (
    (4, _describe_events),
    (11, _date_sessions),
    (23, _name_signing_keys),
    (24, _part_oauth_clients),
)


async def migrate(database: Database, clock: Clock) -> list[int]:
    """Run the steps that this database has not seen, and return their numbers."""
    async with database.connection():
        seen = {stored["_id"] async for stored in database[COLLECTION].find({}, {"_id": 1})}
        missing = [(number, step) for number, step in STEPS if number not in seen]
        for number, step in missing:
            await step(database.handle)
            # Upsert: two nodes that start together may both have run the step.
            done = {"$set": {"name": step.__name__.lstrip("_"), "at": clock()}}
            await database[COLLECTION].update_one({"_id": number}, done, upsert=True)
    return [number for number, _ in missing]
