"""Outboxes: requests for what leaves the house, kept until they are carried out.

A request is in the database before anybody is answered, in the transaction of the write that it
tells of if there is one (`WriteContext.send_mail`, `send_push`), and is deleted when it was carried
out.  A process that takes one has a minute for it; after that another process may, and what the
first one says of it counts no more.  So each is carried out at least once, and twice only where a
process ended between the two, or took longer than its minute.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from typing import Any, Final, Generic, Literal, NamedTuple, TypeVar

import msgspec
from msgspec.msgpack import Decoder
from pymongo.errors import BulkWriteError

from models.base.clock import Clock
from models.base.ids import new_id
from upcoach.store.base.claims import claim_due
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.indexes import CollectionSpec, Index
from upcoach.store.base.sealing import DataKey, Unreadable, associated_data, seal, unseal
from upcoach.store.secrets.keyring import MasterKeys

R = TypeVar("R")

TURN: Final = dt.timedelta(minutes=1)  # for which one process has what it took
LATER: Final = dt.timedelta(minutes=5)  # is looked again at what this build does not know
KEPT: Final = dt.timedelta(days=1)  # after which nobody waits for it any more
# Which of what is due: never tried, or tried before; what cannot wait, or the rest.
Tries = Literal["any", "first", "later", "urgent", "rest"]
_TRIED: Final[dict[Tries, dict[str, Any]]] = {
    "any": {},
    "first": {"tries": 0},
    "later": {"tries": {"$gt": 0}},
    "urgent": {"can_wait": None},
    "rest": {"can_wait": True},
}
_DUPLICATE_KEY: Final = 11_000


def _never(_: object) -> bool:
    return False


class OutboxForm(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """The form in which an outbox keeps its requests.

    Attributes
    ----------
    purpose
        What the key is derived for that seals them.
    indexes
        Those that it needs beside the ones of each outbox.
    can_wait
        Whether a request goes behind all that cannot.

    """

    collection: str
    id_prefix: str
    purpose: bytes
    requests: Decoder[R]
    indexes: tuple[Index, ...] = ()
    can_wait: Callable[[R], bool] = _never

    @property
    def spec(self) -> CollectionSpec:
        """Its collection with its indexes."""
        indexes = (
            Index(name="at", keys=("at",)),
            Index(name="until", keys=("until",), kept=dt.timedelta(0)),
            *self.indexes,
        )
        return CollectionSpec(self.collection, indexes)


class Claim(NamedTuple):
    """What a process holds a request by, until another one may take it and has done so."""

    id: str
    claim: str


class Pending(msgspec.Struct, Generic[R], frozen=True):
    """A claimed request with its *age*; the number of *tries* includes this one."""

    claim: Claim
    request: R
    tries: int
    age: dt.timedelta
    added_at: dt.datetime

    @property
    def id(self) -> str:
        """The name of the request."""
        return self.claim.id


class Outbox(Generic[R]):
    """Requests in the order in which they are due.  They are sealed: they hold what is personal.

    Attributes
    ----------
    on_added
        Called when this process has added some.

    """

    def __init__(
        self, database: Database, masters: MasterKeys, clock: Clock, form: OutboxForm[R]
    ) -> None:
        self.on_added: Callable[[], None] = lambda: None
        self.collection = form.collection
        self._database = database
        self._masters = masters
        self._clock = clock
        self._form = form
        self._keys: dict[str, DataKey] = {}  # by the master key that each is derived from

    async def add(self, request: R) -> None:
        """Insert *request*, which is due at once."""
        await self._insert([self.to_bson(request)])

    async def add_named(self, requests: Iterable[tuple[str, R]]) -> None:
        """Insert each request under its name, but for those that are there already."""
        await self._insert([self.to_bson(request, name) for name, request in requests])

    def to_bson(self, request: R, name: str = "") -> Bson:
        """Encode *request* as it is stored."""
        now, master = self._clock(), self._masters.current
        name = name or new_id(self._form.id_prefix)
        plain = msgspec.msgpack.encode(request)
        return {
            "_id": name,
            "at": now,
            "until": now + KEPT,
            "tries": 0,
            "master": master,
            "wish": seal(self._key(master), plain, associated_data(self.collection, name)),
            **({"can_wait": True} if self._form.can_wait(request) else {}),
        }

    async def take(self, limit: int, tries: Tries = "any") -> list[Pending[R]]:
        """Lease at most *limit* due requests of so many *tries* for a minute."""
        while True:
            now = self._clock()
            is_due = {"at": {"$lte": now}, **_TRIED[tries]}
            lease = {"$set": {"at": now + TURN}, "$inc": {"tries": 1}}
            claimed = await claim_due(self._database, self.collection, is_due, "at", lease, limit)
            taken = [pending for stored in claimed if (pending := await self._read(stored, now))]
            if taken or not claimed:
                return taken

    async def _read(self, stored: Bson, now: dt.datetime) -> Pending[R] | None:
        """The request that is *stored*; None if this build cannot read it."""
        name = stored["_id"]
        claim = Claim(name, stored["claim"])
        try:
            request = self._opened(name, stored["master"], stored["wish"])
        except Unreadable:  # its key is gone
            await self.discard([claim])
        except msgspec.ValidationError:  # of a newer build, whose nodes know it
            await self.put_off(claim, LATER)
        else:
            added_at = stored["until"] - KEPT
            return Pending(claim, request, stored["tries"], now - added_at, added_at)
        return None

    async def put_off(self, claim: Claim, wait: dt.timedelta, *, is_tried: bool = True) -> None:
        """Reschedule what is held by *claim* after *wait*; what was not tried has a try less."""
        change: Bson = {"$set": {"at": self._clock() + wait}, "$unset": {"claim": ""}}
        if not is_tried:
            change["$inc"] = {"tries": -1}
        async with self._database.connection():
            await self._database[self.collection].update_one(_held(claim), change)

    async def discard(self, claims: Collection[Claim]) -> None:
        """Delete what is held by *claims*."""
        if not claims:
            return
        held: Bson = {"$or": [_held(claim) for claim in claims]}
        async with self._database.connection():
            await self._database[self.collection].delete_many(held)

    async def _insert(self, stored: list[Bson]) -> None:
        if not stored:
            return
        try:
            async with self._database.connection():
                await self._database[self.collection].insert_many(stored, ordered=False)
        except BulkWriteError as failure:
            errors = failure.details["writeErrors"]
            if any(error["code"] != _DUPLICATE_KEY for error in errors):
                raise
        self.on_added()

    def _opened(self, name: str, master: str, sealed: bytes) -> R:
        if master not in self._masters.keys:
            raise Unreadable
        where = associated_data(self.collection, name)
        return self._form.requests.decode(unseal(self._key(master), sealed, where))

    def _key(self, master: str) -> DataKey:
        if master not in self._keys:
            self._keys[master] = self._masters.derived(master, self._form.purpose)
        return self._keys[master]


def _held(claim: Claim) -> Bson:
    """A filter for what is held by *claim*, as long as nobody else has claimed it."""
    return {"_id": claim.id, "claim": claim.claim}
