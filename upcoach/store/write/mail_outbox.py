"""What is still to be sent, kept until it was.

A wish is in the database before anybody is answered, in the transaction of the write that it tells
of if there is one (`Changes.tell`), and leaves it when its letter was taken by the mail server.  A
process that takes one has a minute to send it; after that another process may.  So each is sent at
least once, and twice only where a process ended between the two.
"""

import datetime as dt
from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Final

import msgspec
from msgspec.msgpack import Decoder
from pymongo import ReturnDocument

from models.base.clock import Clock
from models.base.ids import new_id
from models.base.mail import MailRequest
from models.contexts import MAILS
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.indexes import CollectionSpec, Index
from upcoach.store.base.sealing import Unreadable, place, seal, unseal
from upcoach.store.secrets.keyring import MasterKeys

COLLECTION: Final = "outbox"
TURN: Final = dt.timedelta(minutes=1)  # for which one process has what it took
LATER: Final = dt.timedelta(minutes=5)  # is looked again at what this build does not know
KEPT: Final = dt.timedelta(days=1)  # after which nobody waits for it any more
COLLECTIONS: Final = (
    CollectionSpec(
        COLLECTION,
        (
            Index(name="at", keys=("at",)),
            Index(name="until", keys=("until",), kept=dt.timedelta(0)),
        ),
    ),
)
_WISHES: Final[Decoder[MailRequest]] = Decoder(reduce(or_, MAILS))
_PURPOSE: Final = b"upcoach outbox"


class PendingMail(msgspec.Struct, frozen=True):
    """A wish under its id, and how often it was tried to fulfil it, with this time."""

    id: str
    wish: MailRequest
    tries: int


class MailOutbox:
    """Wishes in the order in which they are due.  They are sealed: they hold addresses.

    Attributes
    ----------
    on_added
        Told when this process has added some.

    """

    def __init__(self, database: Database, masters: MasterKeys, clock: Clock) -> None:
        self.on_added: Callable[[], None] = lambda: None
        self._database = database
        self._masters = masters
        self._clock = clock

    async def add(self, wish: MailRequest) -> None:
        """Keep *wish*, which is due at once."""
        stored = self.to_bson(wish)
        async with self._database.turn():
            await self._database[COLLECTION].insert_one(stored)
        self.on_added()

    def to_bson(self, wish: MailRequest) -> Bson:
        """What is kept of *wish*."""
        name, now, master = new_id("let"), self._clock(), self._masters.current
        key = self._masters.derived(master, _PURPOSE)
        return {
            "_id": name,
            "at": now,
            "until": now + KEPT,
            "tries": 0,
            "master": master,
            "wish": seal(key, msgspec.msgpack.encode(wish), place(COLLECTION, name)),
        }

    async def take(self) -> PendingMail | None:
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
            except msgspec.ValidationError:  # of a newer build, whose nodes know it
                await self.put_off(found["_id"], LATER)
                continue
            return PendingMail(found["_id"], wish, found["tries"])

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

    def _opened(self, name: str, master: str, sealed: bytes) -> MailRequest:
        if master not in self._masters.keys:
            raise Unreadable
        plain = unseal(self._masters.derived(master, _PURPOSE), sealed, place(COLLECTION, name))
        return _WISHES.decode(plain)
