"""What learners keep: the order in which they learned, and snapshots of what they know.

A learner sees the events of many feeds in the order in which they arrive, and what it knows depends
on that order.  So each *turn* is written down before it is learned: the numbers it takes of each
feed and the time it believes it is.  Whoever starts from a snapshot and takes the turns after it
knows the same, to the last bit, as a learner that never stopped.

Turns are numbered without a hole, and a number can be taken once: of two processes that both
believe to be the owner, the second fails to write its turn and stops.
"""

import datetime as dt
import hashlib
import hmac
from collections.abc import AsyncIterator

import msgspec
from gridfs import NoFile
from gridfs.asynchronous import AsyncGridFSBucket
from pymongo.errors import DuplicateKeyError

from upcoach.store.base.database import Bson, Database
from upcoach.store.base.indexes import CollectionSpec

TURNS = "learner_turns"
SNAPSHOTS = "learner_snapshots"
FILES = "learner_files"
PAGE = 100  # turns
COLLECTIONS = (
    CollectionSpec(TURNS),
    CollectionSpec(SNAPSHOTS),
    CollectionSpec(f"{FILES}.files"),  # GridFS makes the indexes of these two
    CollectionSpec(f"{FILES}.chunks"),
)


class Superseded(Exception):
    """Another process took the turn: this one is not the owner any more."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner did in one go.

    Attributes
    ----------
    spans
        Feed, first and last number, in the order in which they were learned.
    tick
        The time up to which the learner then closed the days that had ended.

    """

    number: int
    spans: tuple[tuple[str, int, int], ...]
    tick: dt.datetime | None = None


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A learner's state after a turn, with the last number applied of each feed."""

    learner: str
    version: int
    turn: int
    seqs: dict[str, int]
    state: bytes


class Learned:
    """The turns and snapshots of one learner."""

    def __init__(self, database: Database, learner: str, version: int, secret: bytes) -> None:
        self._database = database
        self._learner = learner
        self._version = version
        self._secret = secret

    async def record(self, turn: Turn) -> None:
        """Write *turn* down, or raise `Superseded`."""
        stored: Bson = {"_id": self._turn_key(turn.number), "spans": turn.spans}
        if turn.tick is not None:
            stored["tick"] = turn.tick
        async with self._database.turn():
            try:
                await self._database[TURNS].insert_one(stored)
            except DuplicateKeyError:
                raise Superseded from None

    async def turns(self, after: int) -> AsyncIterator[Turn]:
        """The recorded turns after number *after*, in order."""
        # A page at a time: to learn a turn takes longer than a connection should be held.
        while page := await self._page(after):
            for turn in page:
                yield turn
            after = page[-1].number

    async def _page(self, after: int) -> list[Turn]:
        """The first of the recorded turns after number *after*."""
        span = {"$gt": self._turn_key(after), "$lt": f"{self._learner}/~"}
        async with self._database.turn():
            found = self._database[TURNS].find({"_id": span}, sort=[("_id", 1)])
            return [_turn_of(stored) for stored in await found.limit(PAGE).to_list()]

    async def save(self, snapshot: Snapshot) -> None:
        """Keep *snapshot*: a new file, then the pointer to it, then the old file goes."""
        body = msgspec.msgpack.encode(snapshot)
        signature = self._sign(body)
        async with self._database.turn():
            file_id = await self._bucket().upload_from_stream(self._learner, body)
            old = await self._database[SNAPSHOTS].find_one_and_update(
                {"_id": self._learner},
                {"$set": {"file": file_id, "signature": signature, "turn": snapshot.turn}},
                upsert=True,
            )
            if old is not None:
                await self._bucket().delete(old["file"])

    async def load(self) -> Snapshot | None:
        """The last snapshot; None when there is none that this version wrote and signed."""
        async with self._database.turn():
            pointer = await self._database[SNAPSHOTS].find_one({"_id": self._learner})
            if pointer is None:
                return None
            try:
                stream = await self._bucket().open_download_stream(pointer["file"])
                body = await stream.read()
            except NoFile:
                return None
        if not hmac.compare_digest(self._sign(body), pointer["signature"]):
            return None
        snapshot = msgspec.msgpack.decode(body, type=Snapshot)
        return snapshot if snapshot.version == self._version else None

    def _turn_key(self, number: int) -> str:
        return f"{self._learner}/{number:016}"

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, body, hashlib.sha256)

    def _bucket(self) -> AsyncGridFSBucket:
        return AsyncGridFSBucket(self._database.handle, bucket_name=FILES)


def _turn_of(stored: Bson) -> Turn:
    return Turn(
        number=int(stored["_id"].rsplit("/")[-1]),
        spans=tuple((feed, first, last) for feed, first, last in stored["spans"]),
        tick=stored.get("tick"),
    )
