"""How far each webhook has come in its owner's feed: one record for each, which is leased.

A process that sends to a webhook has moved the moment of its next look (`at`) into the future, and
moves it on with each delivery; a process that dies is followed by another at that moment.  While a
webhook has all that there is, it has no such moment: what is new in its feed then gives it one.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from pymongo import UpdateOne
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from models.webhooks import Webhook, WebhookProgress
from upcoach.store.base import codec
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.indexes import CollectionSpec, Index

COLLECTION: Final = "webhook_progress"
LEASE: Final = dt.timedelta(seconds=15)  # longer than any delivery takes
COLLECTIONS: Final = (
    CollectionSpec(
        COLLECTION,
        (
            Index(name="at", keys=("is_failing", "at")),
            Index(name="owner", keys=("owner",)),
        ),
    ),
)

# Lost with a server that fails, it costs one delivery that comes twice.
_QUICK: Final = WriteConcern(w=1, j=False)


class WebhookKey(NamedTuple):
    """Whose webhook, and which."""

    owner: str
    webhook: str


class Change(NamedTuple):
    """A change of the record of a webhook by whoever has it, who *goes on* with it or does not."""

    key: WebhookKey
    update: Bson
    goes_on: bool = False


def advanced(key: WebhookKey, seq: int, now: dt.datetime) -> Change:
    """A webhook has come to *seq*, and is sent what is behind that."""
    there = {"seq": seq, "tries": 0, "is_failing": False, "at": now + LEASE}
    return Change(key, {"$set": there}, goes_on=True)


def kept(key: WebhookKey, now: dt.datetime) -> Change:
    """A webhook is gone on with, without having come further."""
    return Change(key, {"$set": {"at": now + LEASE}}, goes_on=True)


def put_off(key: WebhookKey, tries: int, until: dt.datetime, seq: int | None = None) -> Change:
    """*tries* have failed of what is behind *seq*, and the next is at *until*.

    Without *seq*, of what is behind where the webhook had come to.
    """
    later: Bson = {"tries": tries, "is_failing": tries > 0, "at": until, "holder": ""}
    return Change(key, {"$set": later if seq is None else later | {"seq": seq}})


def handed_over(key: WebhookKey, now: dt.datetime) -> Change:
    """The next process may have a webhook at once."""
    return Change(key, {"$set": {"at": now, "holder": ""}})


def rested(key: WebhookKey, seq: int, tries: int) -> Change:
    """A webhook has come to *seq*, behind which there is nothing yet."""
    there = {"seq": seq, "tries": tries, "is_failing": tries > 0, "holder": ""}
    return Change(key, {"$unset": {"at": "", "is_rewound": ""}, "$set": there})


def switched_off(key: WebhookKey) -> Change:
    """There is nothing to do before somebody enables a webhook."""
    off = {"is_off": True, "tries": 0, "is_failing": False, "holder": ""}
    return Change(key, {"$unset": {"at": ""}, "$set": off})


class WebhookProgressStore:
    """The records of all webhooks."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Also what is not on a majority yet: who has just come to rest must not seem to be at work,
        # or nobody would wake it.
        self._current = database[COLLECTION].with_options(read_concern=ReadConcern("local"))
        self._quick = database[COLLECTION].with_options(write_concern=_QUICK)

    async def begin(self, key: WebhookKey, seq: int, now: dt.datetime) -> None:
        """Insert the record of a webhook that is sent what comes behind *seq*, if it has none."""
        first = {"owner": key.owner, "seq": seq, "tries": 0, "is_failing": False, "at": now}
        async with self._database.connection():
            await self._database[COLLECTION].update_one(
                {"_id": codec.key_of(*key)}, {"$setOnInsert": first}, upsert=True
            )

    async def due(self, now: dt.datetime, limit: int, *, is_failing: bool) -> list[WebhookKey]:
        """Up to *limit* webhooks to be looked at, the longest due first.

        Those of which the last try failed are apart, so that they hold up nobody else.
        """
        query = {"is_failing": is_failing, "at": {"$lte": now}}
        async with self._database.connection():
            cursor = self._current.find(query, {"_id": 1}, sort=[("at", 1)])
            return [_key_of(stored) for stored in await cursor.limit(limit).to_list()]

    async def claim(
        self, keys: Collection[WebhookKey], now: dt.datetime, holder: str
    ) -> dict[WebhookKey, WebhookProgress]:
        """Lease those of the webhooks that are due, and not any more of another's."""
        names = {"_id": {"$in": [codec.key_of(*key) for key in keys]}}
        lease = {"$set": {"at": now + LEASE, "holder": holder}, "$unset": {"is_off": ""}}
        async with self._database.connection():
            await self._quick.update_many(names | {"at": {"$lte": now}}, lease)
            held = self._current.find(names | {"holder": holder, "at": {"$gt": now}})
            claimed = [_progress_of(stored) for stored in await held.to_list()]
        return {WebhookKey(one.owner, one.webhook): one for one in claimed}

    async def change(self, changes: Sequence[Change], holder: str) -> list[bool]:
        """Save *changes* of what *holder* has; whether it has each afterwards, to go on with."""
        updates = [
            UpdateOne({"_id": codec.key_of(*one.key), "holder": holder}, one.update)
            for one in changes
        ]
        async with self._database.connection():
            outcome = await self._quick.bulk_write(updates, ordered=False)
            if outcome.matched_count == len(updates):
                return [one.goes_on for one in changes]
            names = [codec.key_of(*one.key) for one in changes if one.goes_on]
            cursor = self._current.find({"_id": {"$in": names}, "holder": holder}, {"_id": 1})
            held = {_key_of(stored) for stored in await cursor.to_list()}
        return [one.key in held for one in changes]

    async def wake(self, owners: Collection[str], now: dt.datetime, *, also_off: bool) -> None:
        """Have the idle webhooks of *owners* looked at, of disabled ones if *also_off*."""
        query: Bson = {"owner": {"$in": sorted(owners)}, "at": None}
        if not also_off:
            query["is_off"] = None
        async with self._database.connection():
            await self._quick.update_many(query, {"$set": {"at": now}})

    async def wake_enabled(self, limit: int, now: dt.datetime) -> None:
        """Have up to *limit* looked at that were disabled, and are not any more, or are deleted."""
        document = {
            "from": Webhook.collection,
            "localField": "_id",
            "foreignField": "_id",
            "as": "webhook",
        }
        pipeline: list[Bson] = [
            {"$match": {"is_off": True, "at": None}},
            {"$lookup": document},
            {"$match": {"webhook.enabled": {"$ne": False}}},
            {"$project": {"_id": 1}},
            {"$limit": limit},
        ]
        async with self._database.connection():
            cursor = await self._database[COLLECTION].aggregate(pipeline)
            names = [stored["_id"] async for stored in cursor]
            if names:
                query = {"_id": {"$in": names}, "at": None}
                await self._database[COLLECTION].update_many(query, {"$set": {"at": now}})

    async def unknown(self, limit: int, owner: str = "") -> list[WebhookKey]:
        """Up to *limit* webhooks of which there is no record: who made them died before it.

        Those of *owner* alone, where one is named.
        """
        same = {"from": COLLECTION, "localField": "_id", "foreignField": "_id", "as": "record"}
        pipeline: list[Bson] = [
            {"$match": {"_id": codec.below(owner)} if owner else {}},
            {"$lookup": same},
            {"$match": {"record": []}},
            {"$project": {"_id": 1}},
            {"$limit": limit},
        ]
        async with self._database.connection():
            cursor = await self._database[Webhook.collection].aggregate(pipeline)
            return [_key_of(stored) async for stored in cursor]

    async def rewind(self, key: WebhookKey, seq: int, now: dt.datetime) -> bool:
        """Send what is behind *seq* anew, from whoever has the webhook now on.

        False if it has not caught up since it was last rewound, or has no record yet.
        """
        change = {"seq": seq, "tries": 0, "is_failing": False, "at": now, "holder": ""}
        query = {"_id": codec.key_of(*key), "is_rewound": None}
        async with self._database.connection():
            outcome = await self._database[COLLECTION].update_one(
                query, {"$set": change | {"is_rewound": True}}
            )
        return outcome.matched_count == 1

    async def remove(self, key: WebhookKey) -> None:
        """Delete the record of a webhook that is no more."""
        async with self._database.connection():
            await self._database[COLLECTION].delete_one({"_id": codec.key_of(*key)})

    async def page(self, after: WebhookKey | None, limit: int) -> list[WebhookProgress]:
        """Up to *limit* records behind that of *after*, in order of owner and id."""
        query = {} if after is None else {"_id": {"$gt": codec.key_of(*after)}}
        async with self._database.connection():
            cursor = self._current.find(query, sort=[("_id", 1)])
            return [_progress_of(stored) for stored in await cursor.limit(limit).to_list()]


def _key_of(stored: Bson) -> WebhookKey:
    owner, _, webhook = stored["_id"].partition("/")
    return WebhookKey(owner, webhook)


def _progress_of(stored: Bson) -> WebhookProgress:
    owner, webhook = _key_of(stored)
    return WebhookProgress(
        owner=owner,
        webhook=webhook,
        seq=int(stored["seq"]),
        tries=int(stored["tries"]),
        at=stored.get("at"),
        is_off=stored.get("is_off", False),
    )
