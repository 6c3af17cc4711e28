"""The event log: every event of every feed, numbered without gaps."""

import datetime as dt
import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from pymongo import UpdateMany
from pymongo.write_concern import WriteConcern

from models.wire.event_aside import NO_ASIDE, EventAside, unpack_aside
from models.wire.events import Event, feed_owner
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.hints import preferring
from upcoach.store.base.indexes import CollectionSpec, Index
from upcoach.store.base.pages import Page, one_reply, read_page
from upcoach.store.base.sealing import associated_data, unseal
from upcoach.store.secrets.keyring import KeyRing

COLLECTION = "events"
LATEST = 2**53  # above every number
COLLECTIONS: Final = (
    CollectionSpec(
        COLLECTION,
        (
            Index(name="number", keys=("feed", "seq"), unique=True),
            Index(name="due", keys=("feed", "seq", "at"), partial={"due": True}),
            Index(name="history", keys=("feed", "id", "seq"), partial={"id": {"$gt": ""}}),
        ),
    ),
)

# A lost mark costs one repeated publication, which every consumer ignores: no need for the disk.
_QUICK = WriteConcern(w=1, j=False)


class EventLog:
    """Reads the log, and marks what has been published."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring

    async def page(self, feed: str, after: int, limit: int) -> list[Event]:
        """Up to *limit* events of *feed* above *after*, in order; the first may be further on."""
        query = {"feed": feed, "seq": {"$gt": after}}
        async with self._database.connection():
            cursor = self._database[COLLECTION].find(query, _ENVELOPE, sort=[("seq", 1)])
            return [from_bson(stored) for stored in await cursor.limit(limit).to_list()]

    async def bounded_page(self, feed: str, after: int, limit: int, most: int) -> Page[Event]:
        """The same, of *most* bytes together; one event at least, if there is any."""

        async def ask(last: Event | None, count: int) -> list[Event]:
            query = {"feed": feed, "seq": {"$gt": after if last is None else last.seq}}
            async with self._database.connection():
                cursor = self._database[COLLECTION].find(query, _ENVELOPE, sort=[("seq", 1)])
                return [from_bson(stored) for stored in await one_reply(cursor, count)]

        return await read_page(ask, size_of, limit, most)

    async def history(
        self, feed: str, kind: str, document_id: str, upto: int, limit: int
    ) -> list[Event]:
        """Up to *limit* events of one document, not above number *upto*, the newest first."""
        query = {
            "feed": feed,
            "id": document_id,
            "seq": {"$lte": upto},
            "type": {"$gt": f"{kind}.", "$lt": f"{kind}/"},
        }

        async def ask(index: str | None) -> list[Event]:
            newest = [("seq", -1)]
            async with self._database.connection():
                events = self._database[COLLECTION].find(query, _ENVELOPE, sort=newest, hint=index)
                return [from_bson(stored) for stored in await events.limit(limit).to_list()]

        return await preferring("history", ask)

    async def last_numbers(self, ids: Mapping[str, Collection[str]]) -> dict[tuple[str, str], int]:
        """By feed and id: the number of the last event of each document that ever had one.

        *ids* are those of the documents, by feed.
        """
        if not ids:
            return {}
        each = [{"feed": feed, "id": {"$in": sorted(some)}} for feed, some in ids.items()]
        pipeline: list[Bson] = [
            {"$match": {"$or": each}},
            {"$group": {"_id": {"feed": "$feed", "id": "$id"}, "seq": {"$max": "$seq"}}},
        ]
        async with self._database.connection():
            cursor = await self._database[COLLECTION].aggregate(pipeline)
            return {
                (group["_id"]["feed"], group["_id"]["id"]): int(group["seq"])
                async for group in cursor
            }

    async def numbered(self, seqs: Mapping[str, Collection[int]]) -> list[Event]:
        """The events that have one of the numbers *seqs* of their feeds."""
        if not seqs:
            return []
        each = [{"feed": feed, "seq": {"$in": sorted(some)}} for feed, some in seqs.items()]
        async with self._database.connection():
            cursor = self._database[COLLECTION].find({"$or": each}, _ENVELOPE)
            return [from_bson(stored) for stored in await cursor.to_list()]

    async def heads(self) -> dict[str, int]:
        """The newest number of every feed: one index seek a feed."""
        pipeline: list[Bson] = [
            {"$sort": {"feed": 1, "seq": 1}},
            {"$group": {"_id": "$feed", "seq": {"$last": "$seq"}}},
        ]
        async with self._database.connection():
            cursor = await self._database[COLLECTION].aggregate(pipeline)
            return {group["_id"]: int(group["seq"]) async for group in cursor}

    async def due(self, before: dt.datetime, limit: int) -> list[Event]:
        """Events older than *before* that nobody has marked as published, in order of feed."""
        query = {"due": True, "at": {"$lt": before}}
        async with self._database.connection():
            cursor = self._database[COLLECTION].find(
                query, _ENVELOPE, sort=[("feed", 1), ("seq", 1)]
            )
            return [from_bson(stored) for stored in await cursor.limit(limit).to_list()]

    async def mark_published(self, events: Iterable[Event]) -> None:
        """Mark *events* as published."""
        by_feed: dict[str, list[int]] = {}
        for event in events:
            by_feed.setdefault(event.feed, []).append(event.seq)
        updates = [
            UpdateMany({"feed": feed, "seq": {"$in": seqs}}, {"$unset": {"due": ""}})
            for feed, seqs in by_feed.items()
        ]
        if not updates:
            return
        async with self._database.connection():
            collection = self._database[COLLECTION].with_options(write_concern=_QUICK)
            await collection.bulk_write(updates, ordered=False)

    async def load_keys(self, feeds: Iterable[str]) -> None:
        """Load the data keys that `open_line` needs for events of *feeds*."""
        await self._keyring.load(map(feed_owner, feeds))

    def open_line(self, event: Event) -> bytes:
        """Decrypt the `ev` frame of *event*; raises `Unreadable` once its owner was erased."""
        key = self._keyring[feed_owner(event.feed)]
        return unseal(key, event.sealed, _log_of(event.feed) + associated_data(event.seq))

    def open_aside(self, event: Event) -> EventAside:
        """Decrypt the hidden details of *event*; `load_keys` and refusal as with `open_line`."""
        if not event.aside:
            return NO_ASIDE
        key = self._keyring[feed_owner(event.feed)]
        return unpack_aside(unseal(key, event.aside, aside_associated_data(event.feed, event.seq)))

    def can_open(self, feed: str) -> bool:
        """Whether the data key of *feed* is loaded."""
        return self._keyring.holds(feed_owner(feed))


@functools.lru_cache(10_000)
def _log_of(feed: str) -> bytes:
    """The first part of the associated data of every event of *feed*."""
    return associated_data(COLLECTION, feed)


_FIELDS = ("feed", "seq", "at", "type", "id", "sums", "body", "aside")
_ENVELOPE = {"_id": 0} | dict.fromkeys(_FIELDS, 1)


def to_bson(event: Event) -> Bson:
    """Encode *event* as it is stored, still to be published."""
    aside = {"aside": event.aside} if event.aside else {}
    return {
        "feed": event.feed,
        "seq": event.seq,
        "at": event.at,
        "type": event.type,
        "id": event.id,
        "sums": event.sums,
        "body": event.sealed,
        "due": True,
        **aside,
    }


def from_bson(stored: Bson) -> Event:
    """Decode the event that `to_bson` stored."""
    return Event(
        feed=stored["feed"],
        seq=int(stored["seq"]),
        at=stored["at"],
        type=stored["type"],
        id=stored["id"],
        sums=bytes(stored["sums"]),
        sealed=bytes(stored["body"]),
        aside=bytes(stored.get("aside", b"")),
    )


def size_of(event: Event) -> int:
    """The bytes of what *event* holds."""
    return len(event.sealed) + len(event.aside)


def aside_associated_data(feed: str, seq: int) -> bytes:
    """The associated data of an event's hidden details."""
    return associated_data(COLLECTION, feed, seq, "aside")


def contiguous(events: Sequence[Event], after: int) -> bool:
    """Whether *events* follow number *after* without a gap."""
    return all(event.seq == after + offset for offset, event in enumerate(events, start=1))
