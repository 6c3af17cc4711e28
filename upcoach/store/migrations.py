"""Numbered, idempotent steps that bring a database to what this build expects.

`migrate` runs at every start and is cheap when there is nothing to do.  A step that was interrupted
runs again from its beginning.
"""

import datetime as dt
from collections.abc import Awaitable, Callable

from pymongo import ASCENDING, IndexModel
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from models.clock import Clock
from models.documents import DOCUMENTS, EntryShare, JournalEntry, UnsavedEntry
from models.documents.document import Order
from models.events import feed_owner
from models.sums import EMPTY, Sums, packed, toggle
from upcoach.store import (
    audit,
    clients,
    codec,
    keyring,
    log,
    once,
    outbox,
    positions,
    receipts,
    rotations,
    signing,
)
from upcoach.store.database import Bson, Database
from upcoach.store.learned import SNAPSHOTS, TURNS

COLLECTION = "migrations"

_EXISTS = 48

Step = Callable[[AsyncDatabase[Bson]], Awaitable[None]]


async def _make_collections(database: AsyncDatabase[Bson]) -> None:
    """Every collection, so that no transaction has to make one."""
    wanted = {document.collection for document in DOCUMENTS}
    wanted |= {log.COLLECTION, receipts.COLLECTION, keyring.COLLECTION, TURNS, SNAPSHOTS}
    wanted |= {
        clients.COLLECTION,
        positions.COLLECTION,
        once.COLLECTION,
        outbox.COLLECTION,
        rotations.COLLECTION,
        signing.COLLECTION,
    }
    wanted |= {positions.COLLECTION, UnsavedEntry.collection}
    wanted |= {audit.COLLECTION, audit.CHECKPOINTS}
    for name in sorted(wanted - set(await database.list_collection_names())):
        try:
            # Without the driver's own look first, which is no use against another node.
            await database.create_collection(name, check_exists=False)
        except OperationFailure as failure:
            if failure.code != _EXISTS:  # another node that starts just now has made it
                raise


async def _make_indexes(database: AsyncDatabase[Bson]) -> None:
    """The log's numbers, what is due, who has an address, and the age of receipts."""
    await database[log.COLLECTION].create_indexes(
        [
            IndexModel([("feed", ASCENDING), ("seq", ASCENDING)], name="number", unique=True),
            IndexModel(
                [("feed", ASCENDING), ("seq", ASCENDING), ("at", ASCENDING)],
                name="due",
                partialFilterExpression={"due": True},
            ),
        ]
    )
    await database["users"].create_indexes(
        [IndexModel([("email_index", ASCENDING)], name="email", unique=True)]
    )
    kept_s = int(receipts.KEPT / dt.timedelta(seconds=1))
    await database[receipts.COLLECTION].create_indexes(
        [IndexModel([("at", ASCENDING)], name="kept", expireAfterSeconds=kept_s)]
    )


async def _describe_events(database: AsyncDatabase[Bson]) -> None:
    """What an event is about, and the checksums at the head of each feed."""
    events = database[log.COLLECTION]
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
            async for found in database[kind.collection].find({"_id": below}, {"version": 1}):
                name = found["_id"].partition("/")[2]
                toggle(sums, kind.kind, name, found["version"])
        name = {"feed": head["_id"], "seq": head["seq"]}
        await events.update_one(name, {"$set": {"sums": packed(sums)}})


async def _make_ended_index(database: AsyncDatabase[Bson]) -> None:
    """The sessions that ended lately."""
    await database["sessions"].create_indexes(
        [IndexModel([("ended_at", ASCENDING)], name="ended", sparse=True)]
    )


async def _make_history_index(database: AsyncDatabase[Bson]) -> None:
    """The events of one document."""
    await database[log.COLLECTION].create_indexes(
        [
            IndexModel(
                [("feed", ASCENDING), ("id", ASCENDING), ("seq", ASCENDING)],
                name="history",
                partialFilterExpression={"id": {"$gt": ""}},
            )
        ]
    )


async def _make_positions_age(database: AsyncDatabase[Bson]) -> None:
    """The age of positions: devices come and go."""
    kept_s = int(positions.KEPT / dt.timedelta(seconds=1))
    await database[positions.COLLECTION].create_indexes(
        [IndexModel([("at", ASCENDING)], name="kept", expireAfterSeconds=kept_s)]
    )


def _keys_of(order: Order) -> tuple[str, ...]:
    """The fields of an order's index, which begins with the owner.

    The name of a word is one owner's already.  There are a hundred in an entry, so that owner and
    id, some 120 bytes, would make the index four times as large (docs/decisions/0016).
    """
    names = (*order.equal, order.field)
    return names if codec.WORDS in names else ("owner", *names, "_id")


async def _make_document_indexes(database: AsyncDatabase[Bson]) -> None:
    """One for each order in which documents are listed."""
    for kind in DOCUMENTS:
        indexes = [
            IndexModel([(key, ASCENDING) for key in _keys_of(order)], name=order.index_name)
            for order in kind.orders
        ]
        if indexes:
            await database[kind.collection].create_indexes(indexes)


async def _make_ages(database: AsyncDatabase[Bson]) -> None:
    """What is over at a time of its own."""
    for name in (once.COLLECTION, rotations.COLLECTION):
        await database[name].create_indexes(
            [IndexModel([("until", ASCENDING)], name="until", expireAfterSeconds=0)]
        )


async def _date_sessions(database: AsyncDatabase[Bson]) -> None:
    """When the holder of a session showed who they are: as long as nobody asked again, at first."""
    fresh: list[Bson] = [{"$set": {"authenticated_at": "$created_at"}}]
    await database["sessions"].update_many({"authenticated_at": {"$exists": False}}, fresh)


async def _make_ends(database: AsyncDatabase[Bson]) -> None:
    """What of everybody's journals has come to its end."""
    for kind, field in ((JournalEntry, "trashed_at"), (EntryShare, "until")):
        await database[kind.collection].create_indexes(
            [IndexModel([(field, ASCENDING)], name="end", sparse=True)]
        )


async def _make_audit_indexes(database: AsyncDatabase[Bson]) -> None:
    """The numbers of the audit log, and how operators list it."""
    names = {"number": (), "actor": ("actor",), "action": ("action",)}
    await database[audit.COLLECTION].create_indexes(
        [
            IndexModel(
                [(key, ASCENDING) for key in ("stream", *keys, "seq")],
                name=name,
                unique=name == "number",
            )
            for name, keys in names.items()
        ]
    )
    await database[audit.CHECKPOINTS].create_indexes(
        [IndexModel([("stream", ASCENDING), ("seq", ASCENDING)], name="number")]
    )


async def _make_outbox_indexes(database: AsyncDatabase[Bson]) -> None:
    """What is due to be sent, and what nobody waits for any more."""
    await database[outbox.COLLECTION].create_indexes(
        [
            IndexModel([("at", ASCENDING)], name="at"),
            IndexModel([("until", ASCENDING)], name="until", expireAfterSeconds=0),
        ]
    )


async def _make_identity_index(database: AsyncDatabase[Bson]) -> None:
    """Whose account somebody at a provider enters; it is one."""
    await database["identities"].create_indexes(
        [IndexModel([("subject_index", ASCENDING)], name="subject", unique=True)]
    )


async def _make_passkey_index(database: AsyncDatabase[Bson]) -> None:
    """Whose a passkey is; it is nobody else's."""
    await database["passkeys"].create_indexes(
        [IndexModel([("credential", ASCENDING)], name="credential", unique=True)]
    )


STEPS: tuple[tuple[int, Step], ...] = (
    (1, _make_collections),
    (2, _make_indexes),
    (3, _make_collections),  # shares and positions came along
    (4, _describe_events),
    (5, _make_ended_index),
    (6, _make_history_index),
    (7, _make_positions_age),
    (8, _make_collections),  # tasks, moods, the journal, points of goals, vacations
    (9, _make_document_indexes),
    (10, _make_ages),
    (11, _date_sessions),
    (12, _make_ends),
    (13, _make_collections),  # clients and grants
    (14, _make_collections),  # the audit log
    (15, _make_audit_indexes),
    (17, _make_collections),  # the outbox
    (18, _make_outbox_indexes),
    (19, _make_collections),  # second factors, passkeys, trusted devices
    (20, _make_passkey_index),
    (21, _make_collections),  # identities
    (22, _make_identity_index),
)


async def migrate(database: Database, clock: Clock) -> list[int]:
    """Run the steps that this database has not seen, and return their numbers."""
    async with database.turn():
        seen = {found["_id"] async for found in database[COLLECTION].find({}, {"_id": 1})}
        missing = [(number, step) for number, step in STEPS if number not in seen]
        for number, step in missing:
            await step(database.handle)
            # Upsert: two nodes that start together may both have run the step.
            done = {"$set": {"name": step.__name__.lstrip("_"), "at": clock()}}
            await database[COLLECTION].update_one({"_id": number}, done, upsert=True)
    return [number for number, _ in missing]
