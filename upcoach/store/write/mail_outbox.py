"""The mail outbox: requests for mails, kept until they are sent.

A request is in the database before anybody is answered, in the transaction of the write that it
tells of if there is one (`WriteContext.send_mail`), and is deleted when the mail server has taken
its mail.  A process that takes one has a minute to send it; after that another process may.  So
each is sent at least once, and twice only where a process ended between the two.
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
from upcoach.store.base.sealing import Unreadable, associated_data, seal, unseal
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
_MAIL_REQUESTS: Final[Decoder[MailRequest]] = Decoder(reduce(or_, MAILS))
_PURPOSE: Final = b"upcoach outbox"


class PendingMail(msgspec.Struct, frozen=True):
    """A mail request under its id, and the number of attempts, this one included."""

    id: str
    mail_request: MailRequest
    tries: int


class MailOutbox:
    """Mail requests in the order in which they are due.  They are sealed: they hold addresses.

    Attributes
    ----------
    on_added
        Called when this process has added some.

    """

    def __init__(self, database: Database, masters: MasterKeys, clock: Clock) -> None:
        self.on_added: Callable[[], None] = lambda: None
        self._database = database
        self._masters = masters
        self._clock = clock

    async def add(self, mail_request: MailRequest) -> None:
        """Insert *mail_request*, which is due at once."""
        stored = self.to_bson(mail_request)
        async with self._database.connection():
            await self._database[COLLECTION].insert_one(stored)
        self.on_added()

    def to_bson(self, mail_request: MailRequest) -> Bson:
        """Encode *mail_request* as it is stored."""
        name, now, master = new_id("let"), self._clock(), self._masters.current
        key = self._masters.derived(master, _PURPOSE)
        return {
            "_id": name,
            "at": now,
            "until": now + KEPT,
            "tries": 0,
            "master": master,
            "wish": seal(
                key, msgspec.msgpack.encode(mail_request), associated_data(COLLECTION, name)
            ),
        }

    async def take(self) -> PendingMail | None:
        """Lease the next due mail for a minute; None when none is due."""
        while True:
            now = self._clock()
            async with self._database.connection():
                stored = await self._database[COLLECTION].find_one_and_update(
                    {"at": {"$lte": now}},
                    {"$set": {"at": now + TURN}, "$inc": {"tries": 1}},
                    sort=[("at", 1)],
                    return_document=ReturnDocument.AFTER,
                )
            if stored is None:
                return None
            try:
                mail_request = self._opened(stored["_id"], stored["master"], stored["wish"])
            except Unreadable:  # its key is gone
                await self.discard(stored["_id"])
                continue
            except msgspec.ValidationError:  # of a newer build, whose nodes know it
                await self.put_off(stored["_id"], LATER)
                continue
            return PendingMail(stored["_id"], mail_request, stored["tries"])

    async def put_off(self, name: str, wait: dt.timedelta) -> None:
        """Reschedule the mail *name* after *wait*."""
        async with self._database.connection():
            await self._database[COLLECTION].update_one(
                {"_id": name}, {"$set": {"at": self._clock() + wait}}
            )

    async def discard(self, name: str) -> None:
        """Delete the mail *name*."""
        async with self._database.connection():
            await self._database[COLLECTION].delete_one({"_id": name})

    def _opened(self, name: str, master: str, sealed: bytes) -> MailRequest:
        if master not in self._masters.keys:
            raise Unreadable
        plain = unseal(
            self._masters.derived(master, _PURPOSE), sealed, associated_data(COLLECTION, name)
        )
        return _MAIL_REQUESTS.decode(plain)
