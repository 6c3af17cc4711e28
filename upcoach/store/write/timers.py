"""Timers: when what is to be done for a document, kept in the transaction of the document's write.

There is one row for each rule (`models.base.timers`) and document.  A process that claims rows has
a minute to do what they ask for; after that another process may.  Whoever is done advances the row,
unless the document's own write has set it anew meanwhile, which its `revision` tells.  So a timer
fires at least once, and what it does must be known by an id that follows from what it is about.
"""

import datetime as dt
import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
import structlog
from pymongo import DeleteOne, UpdateOne

from models.base.clock import Clock
from models.base.document import Document
from models.base.timers import TimerRule
from models.contexts import TIMERS
from upcoach.store.base import codec
from upcoach.store.base.broken_documents import BrokenDocument
from upcoach.store.base.claims import claim_due
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.indexes import CollectionSpec, Index
from upcoach.store.base.pacing import paced
from upcoach.store.write.refs import Ref

COLLECTION: Final = "timers"
LEASE: Final = dt.timedelta(minutes=1)  # for which one process has what it claimed
COLLECTIONS: Final = (
    CollectionSpec(
        COLLECTION,
        (Index(name="claim_at", keys=("claim_at",), sparse=True),),
    ),
)

_log = structlog.get_logger(__name__)

Operations = Iterator[UpdateOne | DeleteOne]


class DueTimer(msgspec.Struct, frozen=True, kw_only=True):
    """A timer that this process has claimed.

    Attributes
    ----------
    about
        The id of the document.
    due
        When it was to be done.
    failures
        How often that has failed.

    """

    rule: str
    owner: str
    about: str
    due: dt.datetime
    failures: int
    revision: str
    claim: str


class Advance(msgspec.Struct, frozen=True):
    """What becomes of a claimed timer: when it is due next; None if never."""

    timer: DueTimer
    next_due: dt.datetime | None


class FailedTimer(msgspec.Struct, frozen=True):
    """A timer that has failed: its name, since when it is due, how often, and by what."""

    name: str
    due: dt.datetime
    failures: int
    failure: str


class TimerCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many timers of a rule there are, and how they stand."""

    rule: str
    waiting: int
    late: int
    running: int
    failed: int
    next_due: dt.datetime | None


def changed_timers(
    ref: Ref, before: Document | None, after: Document | None, at: dt.datetime
) -> Operations:
    """The operations that keep the timers of a document which is written *at* a moment."""
    for rule in TIMERS.get(ref.kind, ()):
        due = _due(rule, after, at)
        if isinstance(before, BrokenDocument) or _due(rule, before, at) != due:
            yield _removal(rule, ref) if due is None else _setting(rule, ref, due)


def missing_timers(document: Document, at: dt.datetime) -> Operations:
    """The operations that make what timers of *document* are missing, or are set too late."""
    ref = Ref(type(document), document.owner, document.id)
    for rule in TIMERS.get(ref.kind, ()):
        due = _due(rule, document, at)
        if due is not None:
            key, row = _key(rule, ref), _row(rule, ref, due)
            yield UpdateOne(key, {"$setOnInsert": row}, upsert=True)
            yield UpdateOne(key | {"due": {"$gt": due}}, {"$set": row})


def _due(rule: TimerRule, document: Document | None, at: dt.datetime) -> dt.datetime | None:
    """When *document* next asks for something; None if it does not exist, or cannot be read.

    None also beyond the end of the calendar, and for what its rule cannot take: a timer is no
    reason to refuse a write.
    """
    if document is None or isinstance(document, BrokenDocument):
        return None
    try:
        return rule.next_due(document, at)
    except (OverflowError, ValueError, LookupError, TypeError):
        _log.exception("timer_undecided", rule=rule.name, about=document.id)
        return None


def _setting(rule: TimerRule, ref: Ref, due: dt.datetime) -> UpdateOne:
    change = {"$set": _row(rule, ref, due), "$unset": {"claim": "", "failure": ""}}
    return UpdateOne(_key(rule, ref), change, upsert=True)


def _removal(rule: TimerRule, ref: Ref) -> DeleteOne:
    return DeleteOne(_key(rule, ref))


def _key(rule: TimerRule, ref: Ref) -> Bson:
    return {"_id": codec.key_of(ref.owner, f"{ref.id}/{rule.name}")}


def _row(rule: TimerRule, ref: Ref, due: dt.datetime) -> Bson:
    return {
        "rule": rule.name,
        "owner": ref.owner,
        "about": ref.id,
        "due": due,
        "claim_at": due,
        "failures": 0,
        "revision": secrets.token_hex(8),
    }


class Timers:
    """The rows of all timers, claimed by whoever does what they ask for."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def claim(self, limit: int, rules: Collection[str]) -> list[DueTimer]:
        """Lease at most *limit* due timers of some *rules* for a minute, the earliest first."""
        now = self._clock()
        is_due: Bson = {"claim_at": {"$lte": now}, "rule": {"$in": sorted(rules)}}
        lease = {"$set": {"claim_at": now + LEASE}}
        claimed = await claim_due(self._database, COLLECTION, is_due, "claim_at", lease, limit)
        return [msgspec.convert(row, DueTimer) for row in claimed]

    async def advance(self, advances: Sequence[Advance]) -> None:
        """Set when each timer is due next; those that were set anew meanwhile stay so."""
        await self._write([_advance(advance) for advance in advances])

    async def put_off(self, timers: Collection[DueTimer], wait: dt.timedelta) -> None:
        """Let *timers* be claimed again after *wait*, as if nothing had been tried."""
        change = {"$set": {"claim_at": self._clock() + wait}, "$unset": {"claim": ""}}
        await self._write([UpdateOne(_as_claimed(timer), change) for timer in timers])

    async def fail(self, timer: DueTimer, failure: str, wait: dt.timedelta) -> None:
        """Let *timer* be tried again after *wait*, since it has failed."""
        change: Bson = {
            "$set": {"failure": failure, "claim_at": self._clock() + wait},
            "$inc": {"failures": 1},
            "$unset": {"claim": ""},
        }
        await self._write([UpdateOne(_as_claimed(timer), change)])

    async def run_now(self, name: str) -> bool:
        """Let the timer called *name* be claimed at once; whether there is one."""
        change = {"$set": {"claim_at": self._clock(), "failures": 0}, "$unset": {"failure": ""}}
        async with self._database.connection():
            found = await self._database[COLLECTION].update_one({"_id": name}, change)
        return found.matched_count == 1

    async def add_missing(self, documents: Iterable[Document]) -> int:
        """Make what timers of *documents* are missing or too late; return how many were missing."""
        now = self._clock()
        found = (missing_timers(document, now) for document in documents)
        operations = [operation async for each in paced(found) for operation in each]
        return await self._write(operations)

    async def counts(self) -> list[TimerCount]:
        """How many timers of each rule there are, and how they stand."""
        now = self._clock()
        is_running: Bson = {"$and": [{"$gt": ["$claim", None]}, {"$gt": ["$claim_at", now]}]}
        is_failed: Bson = {"$gt": ["$failure", None]}
        is_due: Bson = {"$lte": ["$due", now]}
        group: Bson = {
            "_id": "$rule",
            "waiting": _one_if({"$gt": ["$due", now]}),
            "late": _one_if({"$and": [is_due, {"$not": is_running}, {"$not": is_failed}]}),
            "running": _one_if(is_running),
            "failed": _one_if(is_failed),
            "next_due": {"$min": "$claim_at"},
        }
        async with self._database.connection():
            rows = await self._database[COLLECTION].aggregate(
                [{"$group": group}, {"$sort": {"_id": 1}}]
            )
            return [TimerCount(rule=row.pop("_id"), **row) async for row in rows]

    async def failed(self, limit: int) -> list[FailedTimer]:
        """Some of the timers that have failed, with the reason of each."""
        async with self._database.connection():
            query = {"failure": {"$exists": True}}
            rows = await self._database[COLLECTION].find(query, limit=limit).to_list()
        return [
            FailedTimer(row["_id"], row["due"], row["failures"], row["failure"]) for row in rows
        ]

    async def _write(self, operations: Sequence[UpdateOne | DeleteOne]) -> int:
        if not operations:
            return 0
        async with self._database.connection():
            done = await self._database[COLLECTION].bulk_write(operations, ordered=False)
        return done.upserted_count


def _one_if(condition: Bson) -> Bson:
    return {"$sum": {"$cond": [condition, 1, 0]}}


def _as_claimed(timer: DueTimer) -> Bson:
    """A filter for the row of *timer*, as long as nobody has set or claimed it anew."""
    name = codec.key_of(timer.owner, f"{timer.about}/{timer.rule}")
    return {"_id": name, "revision": timer.revision, "claim": timer.claim}


def _advance(advance: Advance) -> UpdateOne | DeleteOne:
    if advance.next_due is None:
        return DeleteOne(_as_claimed(advance.timer))
    fields = {"due": advance.next_due, "claim_at": advance.next_due, "failures": 0}
    change: dict[str, Any] = {"$set": fields, "$unset": {"claim": "", "failure": ""}}
    return UpdateOne(_as_claimed(advance.timer), change)
