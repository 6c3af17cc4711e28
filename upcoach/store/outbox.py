"""What is still to be sent, kept until it was.

A wish is in the database before anybody is answered, and leaves it when its letter was taken by the
mail server.  A process that takes one has a minute to send it; after that another process may.  So
each is sent at least once, and twice only where a process ended between the two.
"""

import datetime as dt
from typing import Final

import msgspec
from pymongo import ReturnDocument

from models.clock import Clock
from models.identity import new_id
from models.mail import AnyWish
from upcoach.store.database import Database
from upcoach.store.indexes import Index
from upcoach.store.keyring import MasterKeys
from upcoach.store.sealing import Unreadable, place, seal, unseal

COLLECTION: Final = "outbox"
TURN: Final = dt.timedelta(minutes=1)  # for which one process has what it took
KEPT: Final = dt.timedelta(days=1)  # after which nobody waits for it any more
INDEXES: Final = (
    Index(name="at", keys=("at",)),
    Index(name="until", keys=("until",), kept=dt.timedelta(0)),
)
_PURPOSE: Final = b"upcoach outbox"


class Waiting(msgspec.Struct, frozen=True):
    """A wish under its id, and how often it was tried to fulfil it, with this time."""

    id: str
    wish: AnyWish
    tries: int


class Outbox:
    """Wishes in the order in which they are due.  They are sealed: they hold addresses."""

    def __init__(self, database: Database, masters: MasterKeys, clock: Clock) -> None:
        self._database = database
        self._masters = masters
        self._clock = clock

    async def add(self, wish: AnyWish) -> None:
        """Keep *wish*, which is due at once."""
        name, now, master = new_id("let"), self._clock(), self._masters.current
        key = self._masters.derived(master, _PURPOSE)
        stored = {
            "_id": name,
            "at": now,
            "until": now + KEPT,
            "tries": 0,
            "master": master,
            "wish": seal(key, msgspec.msgpack.encode(wish), place(COLLECTION, name)),
        }
        async with self._database.turn():
            await self._database[COLLECTION].insert_one(stored)

    async def take(self) -> Waiting | None:
        """What is due and in nobody else's hands; None when nothing is."""
        while True:
            now = self._clock()
            async with self._database.turn():
                found = await self._database[COLLECTION].find_one_and_update(
                    {"at": {"$lte": now}},
                    {"$set": {"at": now + TURN}, "$inc": {"tries": 1}},
                    sort=[("at", 1)],
                    return_document=ReturnDocument.AFTER,
                )
            if found is None:
                return None
            try:
                wish = self._opened(found["_id"], found["master"], found["wish"])
            except Unreadable:  # its key is gone
                await self.discard(found["_id"])
                continue
            return Waiting(found["_id"], wish, found["tries"])

    async def put_off(self, name: str, wait: dt.timedelta) -> None:
        """Let *name* be due after *wait*."""
        async with self._database.turn():
            await self._database[COLLECTION].update_one(
                {"_id": name}, {"$set": {"at": self._clock() + wait}}
            )

    async def discard(self, name: str) -> None:
        """Forget *name*."""
        async with self._database.turn():
            await self._database[COLLECTION].delete_one({"_id": name})

    def _opened(self, name: str, master: str, sealed: bytes) -> AnyWish:
        if master not in self._masters.keys:
            raise Unreadable
        plain = unseal(self._masters.derived(master, _PURPOSE), sealed, place(COLLECTION, name))
        wish: AnyWish = msgspec.msgpack.decode(plain, type=AnyWish)
        return wish
