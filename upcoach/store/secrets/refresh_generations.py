"""Generations of refresh tokens: each session's newest, advanced by compare-and-set.

A refresh token carries its generation.  The newest one is exchanged for the next.  Whoever repeats
that exchange gets the same answer again, because a lost answer must log nobody out: a phone may be
without a network for days just then.  It can be repeated until the successor is exchanged in its
turn; older generations are a stolen token, or the thief's victim (RFC 9700, 4.14.2).

Two who have the same token could take turns for ever.  So it is noted when an access token of a
generation is shown (`arrived`).  To repeat an exchange whose answer has arrived is forgiven once,
to an app that crashed before it had kept the answer (`forgiven`); at the very next generation it is
the second holder of one token.
"""

import datetime as dt
import enum
from collections.abc import Collection, Mapping
from typing import Any, Final

from pymongo import ReturnDocument, UpdateOne

from models.account import LoginFacts, SessionState, session_state
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.indexes import CollectionSpec, Index

COLLECTION: Final = "rotations"
REUSE_INTERVAL: Final = dt.timedelta(
    seconds=10
)  # two processes of one app may ask in the same moment
COLLECTIONS: Final = (
    CollectionSpec(COLLECTION, (Index(name="until", keys=("until",), kept=dt.timedelta(0)),)),
)
FINE: Final = dt.timedelta(minutes=1)  # how exactly the last use of a session is known


class RefreshExchange(enum.Enum):
    """The result of the exchange of a refresh token."""

    NEXT = "next"  # the successor is the newest, from now on or since it was asked for before
    REPLAYED = "replayed"  # somebody else has gone on from it
    OVER = "over"  # the session is over, or nobody used it for too long


class RefreshGenerations:
    """The generations of all sessions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, session: str, at: dt.datetime, until: dt.datetime) -> None:
        """Start *session* at generation 1; it lasts *until* then."""
        first = {"_id": session, "generation": 1, "at": at, "until": until}
        async with self._database.connection():
            await self._database[COLLECTION].insert_one(first)

    async def exchange(
        self, session: str, generation: int, at: dt.datetime, idle: dt.timedelta
    ) -> RefreshExchange:
        """Exchange a refresh token of *generation* for one of the next."""
        rotation = await self._exchanged(session, generation, at, idle)
        result = _exchange_result(rotation, generation, at, idle)
        if result is RefreshExchange.NEXT and rotation is not None:
            await self._note_repetition(rotation, at)
        return result

    async def is_exchangeable(
        self, session: str, generation: int, at: dt.datetime, idle: dt.timedelta
    ) -> bool:
        """Whether a refresh token of *generation* can be exchanged."""
        async with self._database.connection():
            rotation = await self._database[COLLECTION].find_one({"_id": session})
        is_newest = rotation is not None and rotation["generation"] == generation
        return _is_alive(rotation, at, idle) and (
            is_newest or _exchange_result(rotation, generation, at, idle) is RefreshExchange.NEXT
        )

    async def note_arrivals(self, generations: Mapping[str, int]) -> None:
        """Note that tokens of these *generations* of sessions were shown to us."""
        notes = [
            UpdateOne({"_id": session, "generation": generation}, {"$set": {"arrived": generation}})
            for session, generation in generations.items()
        ]
        async with self._database.connection():
            await self._database[COLLECTION].bulk_write(notes, ordered=False)

    async def use(self, session: str, at: dt.datetime, idle: dt.timedelta) -> bool:
        """Note that *session* is used without an exchange; false if nobody used it for *idle*."""
        alive: Bson = {"_id": session} | _alive(at, idle)
        rotations = self._database[COLLECTION]
        async with self._database.connection():
            rotation = await rotations.find_one(alive, {"at": 1})
            if rotation is not None and rotation["at"] <= at - FINE:
                await rotations.update_one(alive, {"$max": {"at": at}})
        return rotation is not None

    async def last_used(self, sessions: Collection[str]) -> dict[str, dt.datetime | None]:
        """When each of *sessions* was last used, where that is known."""
        used: dict[str, dt.datetime | None] = dict.fromkeys(sessions)
        async with self._database.connection():
            cursor = self._database[COLLECTION].find({"_id": {"$in": list(used)}}, {"at": 1})
            return used | {rotation["_id"]: rotation["at"] async for rotation in cursor}

    async def end(self, session: str) -> None:
        """Delete the generations of *session*: none of its refresh tokens can be exchanged."""
        async with self._database.connection():
            await self._database[COLLECTION].delete_one({"_id": session})

    async def _exchanged(
        self, session: str, generation: int, at: dt.datetime, idle: dt.timedelta
    ) -> Bson | None:
        """Advance the rotation of *session* if *generation* is its newest; return it either way."""
        newest: Bson = {"_id": session, "generation": generation}
        fresh = newest | _alive(at, idle)
        change = {"$set": {"generation": generation + 1, "at": at, "turned_at": at}}
        rotations = self._database[COLLECTION]
        async with self._database.connection():
            rotation = await rotations.find_one_and_update(
                fresh, change, return_document=ReturnDocument.AFTER
            )
            return rotation or await rotations.find_one({"_id": session})

    async def _note_repetition(self, rotation: Bson, at: dt.datetime) -> None:
        """Note that the exchange that made the newest generation was repeated, if it was."""
        newest = rotation["generation"]
        used: Bson = {"$max": {"at": at}}
        if rotation.get("arrived") == newest and not _is_within_reuse_interval(rotation, at):
            used["$set"] = {"forgiven": newest}
        elif rotation["at"] > at - FINE:
            return
        async with self._database.connection():
            same = {"_id": rotation["_id"], "generation": newest}
            await self._database[COLLECTION].update_one(same, used)


def _exchange_result(
    rotation: Bson | None, generation: int, at: dt.datetime, idle: dt.timedelta
) -> RefreshExchange:
    """The result for *generation*, after an attempt to advance its *rotation*."""
    if (
        rotation is None
        or not _is_alive(rotation, at, idle)
        or rotation["generation"] == generation
    ):
        return RefreshExchange.OVER
    if rotation["generation"] != generation + 1:
        return RefreshExchange.REPLAYED
    has_arrived = rotation.get("arrived") == rotation["generation"]
    is_second = rotation.get("forgiven") == generation
    is_theft = has_arrived and is_second and not _is_within_reuse_interval(rotation, at)
    return RefreshExchange.REPLAYED if is_theft else RefreshExchange.NEXT


def _is_alive(rotation: Bson | None, at: dt.datetime, idle: dt.timedelta) -> bool:
    if rotation is None:
        return False
    facts = LoginFacts(expires_at=rotation["until"], used_at=rotation["at"], idle=idle)
    return session_state(facts, at) is SessionState.ACTIVE


def _alive(at: dt.datetime, idle: dt.timedelta) -> Bson:
    """`_is_alive` as a MongoDB filter, for the moment of a change."""
    return {"until": {"$gt": at}, "at": {"$gt": at - idle}}


def _is_within_reuse_interval(rotation: Bson, at: dt.datetime) -> bool:
    made: Any = rotation.get("turned_at", rotation["at"])
    return bool(at - made <= REUSE_INTERVAL)
