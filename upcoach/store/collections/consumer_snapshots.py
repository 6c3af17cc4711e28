"""Snapshots of learners' state, and the recorded turns to replay after them.

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
import itertools
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec
from bson import ObjectId
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from models.base.msgpack_pieces import PieceReader, bytes_head, encode, map_head, map_pieces
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.indexes import CollectionSpec
from upcoach.store.base.pacing import Pace, paced

TURNS = "learner_turns"
SNAPSHOTS = "learner_snapshots"
FILES = "learner_files"
BLOCK: Final = 255 * 1024  # bytes: a chunk of a file
BATCH: Final = 2  # chunks
PAGE = 100  # turns
COLLECTIONS = (
    CollectionSpec(TURNS),
    CollectionSpec(SNAPSHOTS),
    CollectionSpec(f"{FILES}.files"),  # GridFS makes the indexes of these two
    CollectionSpec(f"{FILES}.chunks"),
)


class OwnershipLost(Exception):
    """Another process took the turn: this one is not the owner any more."""


class ConsumerTurn(msgspec.Struct, frozen=True, kw_only=True):
    """The events that a learner took in one go.

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
    """A learner's state after a turn, with the last number applied of each feed.

    It is written in the order of `_snapshot_pieces`, and read in the same.
    """

    learner: str
    version: int
    turn: int
    seqs: dict[str, int]
    state: bytes | memoryview


class ConsumerSnapshots:
    """The turns and snapshots of one learner."""

    def __init__(self, database: Database, learner: str, version: int, secret: bytes) -> None:
        self._database = database
        self._learner = learner
        self._version = version
        self._secret = secret

    async def record(self, turn: ConsumerTurn) -> None:
        """Insert *turn*, or raise `OwnershipLost`."""
        stored: Bson = {"_id": self._turn_key(turn.number), "spans": turn.spans}
        if turn.tick is not None:
            stored["tick"] = turn.tick
        async with self._database.connection():
            try:
                await self._database[TURNS].insert_one(stored)
            except DuplicateKeyError:
                raise OwnershipLost from None

    async def turns(self, after: int) -> AsyncIterator[ConsumerTurn]:
        """The recorded turns after number *after*, in order."""
        # A page at a time: to learn a turn takes longer than a connection should be held.
        while page := await self._page(after):
            for turn in page:
                yield turn
            after = page[-1].number

    async def _page(self, after: int) -> list[ConsumerTurn]:
        """One page of the recorded turns after number *after*."""
        span = {"$gt": self._turn_key(after), "$lt": f"{self._learner}/~"}
        async with self._database.connection():
            cursor = self._database[TURNS].find({"_id": span}, sort=[("_id", 1)])
            return [_turn_of(stored) for stored in await cursor.limit(PAGE).to_list()]

    async def save(self, turn: int, seqs: Mapping[str, int], state: Iterable[bytes]) -> None:
        """Save a `Snapshot`: upload a file, point to it, delete all older ones.

        So what was left by one that was cut off is deleted, too.  The bytes are made and signed in
        slices, in which *state* is asked for its pieces.
        """
        blocks, signature = await self._packed(turn, seqs, state)
        async with self._database.connection():
            file_id = await _upload(self._database.handle, self._learner, blocks)
            await self._database[SNAPSHOTS].update_one(
                {"_id": self._learner},
                {"$set": {"file": file_id, "signature": signature, "turn": turn}},
                upsert=True,
            )
            await _delete_before(self._database.handle, self._learner, file_id)

    async def load(self) -> Snapshot | None:
        """The last snapshot; None when there is none that this version wrote and signed."""
        async with self._database.connection():
            pointer = await self._database[SNAPSHOTS].find_one({"_id": self._learner})
            if pointer is None:
                return None
            body, signing = bytearray(), self._signing()
            async for chunk in _download(self._database.handle, pointer["file"]):
                body += chunk
                signing.update(chunk)
        if not hmac.compare_digest(signing.digest(), pointer["signature"]):
            return None
        return await _read_snapshot(body, self._version)

    async def _packed(
        self, turn: int, seqs: Mapping[str, int], state: Iterable[bytes]
    ) -> tuple[list[bytes], bytes]:
        """Encode a `Snapshot` as MessagePack in blocks, and sign it."""
        states = [block async for block in _blocks(state)]
        names = self._learner, self._version, turn
        head = _snapshot_pieces(*names, seqs, sum(map(len, states)))
        blocks, signing = [], self._signing()
        async for block in _blocks(itertools.chain(head, states)):
            signing.update(block)
            blocks.append(block)
        return blocks, signing.digest()

    def _turn_key(self, number: int) -> str:
        return f"{self._learner}/{number:016}"

    def _signing(self) -> hmac.HMAC:
        return hmac.new(self._secret, digestmod=hashlib.sha256)


async def _upload(database: AsyncDatabase[Bson], name: str, blocks: Sequence[bytes]) -> ObjectId:
    """Upload *blocks* as a new file of GridFS.

    GridFS itself encodes up to 32 MB in one go, and the loop is held for that long.
    """
    file_id, chunks = ObjectId(), database[f"{FILES}.chunks"]
    await chunks.create_index(["files_id", "n"], unique=True)
    file = {"_id": file_id, "filename": name, "chunkSize": BLOCK}
    file |= {"length": sum(map(len, blocks)), "uploadDate": dt.datetime.now(dt.UTC)}
    # First, so that no chunk is ever without a file, by which it is found and deleted.
    await database[f"{FILES}.files"].insert_one(file)
    for number, block in enumerate(blocks):
        await chunks.insert_one({"files_id": file_id, "n": number, "data": block})
    return file_id


async def _delete_before(database: AsyncDatabase[Bson], name: str, file_id: ObjectId) -> None:
    """Delete the files of *name* that are older than one of them.

    GridFS itself deletes a file before its chunks, which nobody would find after a crash.
    """
    older = {"filename": name, "_id": {"$lt": file_id}}
    for file in await database[f"{FILES}.files"].find(older).to_list():
        await database[f"{FILES}.chunks"].delete_many({"files_id": file["_id"]})
        await database[f"{FILES}.files"].delete_one({"_id": file["_id"]})


async def _download(database: AsyncDatabase[Bson], file_id: ObjectId) -> AsyncIterator[bytes]:
    """The chunks of a file of GridFS; none of one that is not there.

    GridFS itself asks for 16 MB at a time, and the loop is held while they are decoded.
    """
    chunks = database[f"{FILES}.chunks"]
    found = chunks.find({"files_id": file_id}, sort=[("n", 1)], batch_size=BATCH)
    async for chunk in found:
        yield chunk["data"]


def _turn_of(stored: Bson) -> ConsumerTurn:
    return ConsumerTurn(
        number=int(stored["_id"].rsplit("/")[-1]),
        spans=tuple((feed, first, last) for feed, first, last in stored["spans"]),
        tick=stored.get("tick"),
    )


def _snapshot_pieces(
    learner: str, version: int, turn: int, seqs: Mapping[str, int], state_length: int
) -> Iterator[bytes]:
    """A `Snapshot` as MessagePack, up to the bytes of its state."""
    yield map_head(len(Snapshot.__struct_fields__))
    yield encode("learner") + encode(learner)
    yield encode("version") + encode(version)
    yield encode("turn") + encode(turn)
    yield encode("seqs")
    yield from map_pieces(seqs)
    yield encode("state") + bytes_head(state_length)


async def _read_snapshot(body: bytearray, version: int) -> Snapshot | None:
    """The snapshot that *body* is; None for another version than this."""
    reader, pace = PieceReader(body), Pace()
    reader.map_length()
    _, learner, _, written = reader.text(), reader.text(), reader.text(), reader.number()
    if written != version:
        return None
    _, turn, _ = reader.text(), reader.number(), reader.text()
    seqs = {}
    for _ in range(reader.map_length()):
        feed = reader.text()
        seqs[feed] = reader.number()
        await pace.breathe()
    reader.text()
    return Snapshot(learner=learner, version=version, turn=turn, seqs=seqs, state=reader.content())


async def _blocks(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Join *pieces* and cut them into blocks of `BLOCK`; the last is what is left."""
    block = bytearray()
    async for piece in paced(pieces):
        block += piece
        while len(block) >= BLOCK:
            yield bytes(block[:BLOCK])
            del block[:BLOCK]
    yield bytes(block)
