"""The audit log's collections: entries are added, and never changed.

The database's user needs `find` and `insert` on both collections, and should have no more.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec
from pymongo import DESCENDING
from pymongo.errors import BulkWriteError, DuplicateKeyError
from pymongo.read_concern import ReadConcern

from models.audit import AuditEntry, AuditHead, Checkpoint
from models.base.merge_patch import Json
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.indexes import CollectionSpec, Index

COLLECTION: Final = "audit"
CHECKPOINTS: Final = "audit_checkpoints"
COLLECTIONS: Final = (
    CollectionSpec(
        COLLECTION,
        (
            Index(name="number", keys=("stream", "seq"), unique=True),
            Index(name="actor", keys=("stream", "actor", "seq")),
            Index(name="action", keys=("stream", "action", "seq")),
        ),
    ),
    CollectionSpec(CHECKPOINTS, (Index(name="number", keys=("stream", "seq")),)),
)

_DUPLICATE: Final = 11_000
_NO_ID: Final = {"_id": 0}


class AuditStore:
    """The streams of entries, and their checkpoints."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def head(self, stream: str) -> AuditHead:
        """The sequence number, hash and time of the last entry of *stream*."""
        # Also what is not on a majority yet: an entry behind it is lost with it, or with neither.
        entries = self._database[COLLECTION].with_options(read_concern=ReadConcern("local"))
        async with self._database.connection():
            newest = await entries.find_one({"stream": stream}, sort=[("seq", DESCENDING)])
        return AuditHead(newest["seq"], newest["hash"], newest["ts"]) if newest else AuditHead()

    async def append(self, entries: Sequence[AuditEntry]) -> int:
        """Add *entries*; return how many went in before one whose number was taken."""
        documents: list[Bson] = [msgspec.to_builtins(entry) for entry in entries]
        async with self._database.connection():
            try:
                await self._database[COLLECTION].insert_many(documents)
            except BulkWriteError as failure:
                if any(error["code"] != _DUPLICATE for error in failure.details["writeErrors"]):
                    raise
                return int(failure.details["nInserted"])
        return len(documents)

    async def read(self, stream: str, after: int = 0) -> AsyncIterator[Json]:
        """The entries of *stream* behind the number *after*, as they are kept."""
        query = {"stream": stream, "seq": {"$gt": after}}
        async with self._database.connection():
            async for entry in self._database[COLLECTION].find(query, _NO_ID, sort=[("seq", 1)]):
                yield entry

    async def page(self, query: Bson, before: int | None, limit: int) -> list[AuditEntry]:
        """Up to *limit* entries, the newest first, before the number *before*."""
        behind: Bson = {} if before is None else {"seq": {"$lt": before}}
        async with self._database.connection():
            cursor = self._database[COLLECTION].find(
                query | behind, _NO_ID, sort=[("seq", DESCENDING)]
            )
            stored = await cursor.limit(limit).to_list()
        return [msgspec.convert(entry, AuditEntry) for entry in stored]

    async def add_checkpoint(self, checkpoint: Checkpoint) -> bool:
        """Insert *checkpoint*; false when another node was faster."""
        document = {"_id": f"{checkpoint.stream}:{checkpoint.seq}"}
        async with self._database.connection():
            try:
                await self._database[CHECKPOINTS].insert_one(
                    document | msgspec.to_builtins(checkpoint)
                )
            except DuplicateKeyError:
                return False
        return True

    async def checkpoints(self, stream: str) -> list[Json]:
        """All checkpoints of *stream*, as they are kept."""
        async with self._database.connection():
            cursor = self._database[CHECKPOINTS].find({"stream": stream}, _NO_ID, sort=[("seq", 1)])
            return await cursor.to_list()

    async def newest_checkpoint(self, stream: str) -> Checkpoint | None:
        """The last checkpoint of *stream*."""
        async with self._database.connection():
            newest = await self._database[CHECKPOINTS].find_one(
                {"stream": stream}, _NO_ID, sort=[("seq", DESCENDING)]
            )
        return msgspec.convert(newest, Checkpoint) if newest else None
