"""Which refresh token of a session is the newest: one number for each, moved by compare-and-set.

A refresh token carries its generation.  The newest one is exchanged for the next; whoever repeats
that exchange within ten seconds gets the same answer again, because a lost answer must log nobody
out.  An older generation is a stolen token, or the thief's victim (RFC 9700, 4.14.2).
"""

import datetime as dt
import enum
from typing import Final

from pymongo import ReturnDocument

from upcoach.store.database import Bson, Database
from upcoach.store.indexes import Index

COLLECTION: Final = "rotations"
INDEXES: Final = (Index(name="until", keys=("until",), kept=dt.timedelta(0)),)
RETRY: Final = dt.timedelta(seconds=10)
FINE: Final = dt.timedelta(minutes=1)  # how exactly it is known when a session was used


class Turn(enum.Enum):
    """What came of the exchange of a refresh token."""

    NEXT = "next"  # the successor is the newest now, or was made a moment ago
    REPLAYED = "replayed"  # it was exchanged long ago
    OVER = "over"  # the session is over, or nobody used it for too long


class Rotations:
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
    ) -> Turn:
        """Exchange *generation* for the next."""
        newest: Bson = {"_id": session, "generation": generation}
        fresh = newest | {"until": {"$gt": at}, "at": {"$gt": at - idle}}
        change = {"$set": {"generation": generation + 1, "at": at}}
        rotations = self._database[COLLECTION]
        async with self._database.turn():
            found = await rotations.find_one_and_update(
                fresh, change, return_document=ReturnDocument.AFTER
            )
            found = found or await rotations.find_one({"_id": session})
        if found is None or found["until"] <= at or found["generation"] == generation:
            return Turn.OVER
        is_repeated = found["generation"] == generation + 1 and at - found["at"] <= RETRY
        return Turn.NEXT if is_repeated else Turn.REPLAYED

    async def use(self, session: str, at: dt.datetime, idle: dt.timedelta) -> bool:
        """Note that *session* is used without an exchange; false if nobody used it for *idle*."""
        alive: Bson = {"_id": session, "until": {"$gt": at}, "at": {"$gt": at - idle}}
        rotations = self._database[COLLECTION]
        async with self._database.turn():
            found = await rotations.find_one(alive, {"at": 1})
            if found is not None and found["at"] <= at - FINE:
                await rotations.update_one(alive, {"$max": {"at": at}})
        return found is not None

    async def newest(self, session: str) -> int | None:
        """The generation that can be exchanged; None when none can."""
        async with self._database.turn():
            found = await self._database[COLLECTION].find_one({"_id": session}, {"generation": 1})
        return None if found is None else int(found["generation"])

    async def last_used(self, sessions: list[str]) -> dict[str, dt.datetime]:
        """When each of *sessions* was last refreshed, to the minute."""
        async with self._database.turn():
            cursor = self._database[COLLECTION].find({"_id": {"$in": sessions}}, {"at": 1})
            return {
                found["_id"]: found["at"].replace(second=0, microsecond=0) async for found in cursor
            }

    async def end(self, session: str) -> None:
        """Exchange nothing of *session* any more."""
        async with self._database.turn():
            await self._database[COLLECTION].delete_one({"_id": session})
