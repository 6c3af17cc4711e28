"""Which refresh token of a session is the newest: one number for each, moved by compare-and-set.

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
from collections.abc import Mapping
from typing import Any, Final

from pymongo import ReturnDocument, UpdateOne

from models.account import LoginFacts, SessionState, session_state
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.indexes import CollectionSpec, Index

COLLECTION: Final = "rotations"
TOGETHER: Final = dt.timedelta(seconds=10)  # two processes of one app may ask in the same moment
COLLECTIONS: Final = (
    CollectionSpec(COLLECTION, (Index(name="until", keys=("until",), kept=dt.timedelta(0)),)),
)
FINE: Final = dt.timedelta(minutes=1)  # how exactly it is known when a session was used


class RefreshTurn(enum.Enum):
    """What came of the exchange of a refresh token."""

    NEXT = "next"  # the successor is the newest, from now on or since it was asked for before
    REPLAYED = "replayed"  # somebody else has gone on from it
    OVER = "over"  # the session is over, or nobody used it for too long


class RefreshGenerations:
    """The generations of all sessions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, session: str, at: dt.datetime, until: dt.datetime) -> None:
        """Count the generations of *session* from 1, *until* it is over."""
        first = {"_id": session, "generation": 1, "at": at, "until": until}
        async with self._database.turn():
            await self._database[COLLECTION].insert_one(first)

    async def turn(
        self, session: str, generation: int, at: dt.datetime, idle: dt.timedelta
    ) -> RefreshTurn:
        """Exchange *generation* for the next."""
        found = await self._turned(session, generation, at, idle)
        turn = _turn(found, generation, at, idle)
        if turn is RefreshTurn.NEXT and found is not None:
            await self._repeat(found, at)
        return turn

    async def is_exchangeable(
        self, session: str, generation: int, at: dt.datetime, idle: dt.timedelta
    ) -> bool:
        """Whether there is a next for *generation*."""
        async with self._database.turn():
            found = await self._database[COLLECTION].find_one({"_id": session})
        is_newest = found is not None and found["generation"] == generation
        return _is_alive(found, at, idle) and (
            is_newest or _turn(found, generation, at, idle) is RefreshTurn.NEXT
        )

    async def note_arrivals(self, generations: Mapping[str, int]) -> None:
        """Note that tokens of these *generations* of sessions were shown to us."""
        notes = [
            UpdateOne({"_id": session, "generation": generation}, {"$set": {"arrived": generation}})
            for session, generation in generations.items()
        ]
        async with self._database.turn():
            await self._database[COLLECTION].bulk_write(notes, ordered=False)

    async def use(self, session: str, at: dt.datetime, idle: dt.timedelta) -> bool:
        """Note that *session* is used without an exchange; false if nobody used it for *idle*."""
        alive: Bson = {"_id": session} | _alive(at, idle)
        rotations = self._database[COLLECTION]
        async with self._database.turn():
            found = await rotations.find_one(alive, {"at": 1})
            if found is not None and found["at"] <= at - FINE:
                await rotations.update_one(alive, {"$max": {"at": at}})
        return found is not None

    async def last_used(self, sessions: list[str]) -> dict[str, dt.datetime]:
        """When each of *sessions* was last used."""
        async with self._database.turn():
            cursor = self._database[COLLECTION].find({"_id": {"$in": sessions}}, {"at": 1})
            return {found["_id"]: found["at"] async for found in cursor}

    async def end(self, session: str) -> None:
        """Exchange nothing of *session* any more."""
        async with self._database.turn():
            await self._database[COLLECTION].delete_one({"_id": session})

    async def _turned(
        self, session: str, generation: int, at: dt.datetime, idle: dt.timedelta
    ) -> Bson | None:
        """The rotation of *session*, moved on if *generation* is its newest; else as it is."""
        newest: Bson = {"_id": session, "generation": generation}
        fresh = newest | _alive(at, idle)
        change = {"$set": {"generation": generation + 1, "at": at, "turned_at": at}}
        rotations = self._database[COLLECTION]
        async with self._database.turn():
            found = await rotations.find_one_and_update(
                fresh, change, return_document=ReturnDocument.AFTER
            )
            return found or await rotations.find_one({"_id": session})

    async def _repeat(self, found: Bson, at: dt.datetime) -> None:
        """Note that the exchange that made the newest generation was repeated, if it was."""
        newest = found["generation"]
        used: Bson = {"$max": {"at": at}}
        if found.get("arrived") == newest and not _is_together(found, at):
            used["$set"] = {"forgiven": newest}
        elif found["at"] > at - FINE:
            return
        async with self._database.turn():
            same = {"_id": found["_id"], "generation": newest}
            await self._database[COLLECTION].update_one(same, used)


def _turn(found: Bson | None, generation: int, at: dt.datetime, idle: dt.timedelta) -> RefreshTurn:
    """What comes of *generation*, by what is *found* when it is not the newest (any more)."""
    if found is None or not _is_alive(found, at, idle) or found["generation"] == generation:
        return RefreshTurn.OVER
    if found["generation"] != generation + 1:
        return RefreshTurn.REPLAYED
    has_arrived = found.get("arrived") == found["generation"]
    is_second = found.get("forgiven") == generation
    is_theft = has_arrived and is_second and not _is_together(found, at)
    return RefreshTurn.REPLAYED if is_theft else RefreshTurn.NEXT


def _is_alive(found: Bson | None, at: dt.datetime, idle: dt.timedelta) -> bool:
    if found is None:
        return False
    facts = LoginFacts(expires_at=found["until"], used_at=found["at"], idle=idle)
    return session_state(facts, at) is SessionState.ACTIVE


def _alive(at: dt.datetime, idle: dt.timedelta) -> Bson:
    """What `_is_alive` says, as MongoDB asks it in the moment of a change."""
    return {"until": {"$gt": at}, "at": {"$gt": at - idle}}


def _is_together(found: Bson, at: dt.datetime) -> bool:
    made: Any = found.get("turned_at", found["at"])
    return bool(at - made <= TOGETHER)
