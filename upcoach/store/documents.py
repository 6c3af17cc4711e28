"""Reading documents outside of a write."""

from collections.abc import Iterable
from typing import TypeVar

from models.documents import Document
from upcoach.store import codec
from upcoach.store.changes import not_found
from upcoach.store.database import Bson, Database
from upcoach.store.keyring import KeyRing
from upcoach.store.sealing import Unreadable

D = TypeVar("D", bound=Document)


class Documents:
    """An owner's documents.  There is no way to ask without naming the owner."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring

    async def get(self, kind: type[D], owner: str, document_id: str) -> D:
        """One document, or `NotFound`."""
        found = await self._find(kind, owner, {"_id": codec.key_of(owner, document_id)}, 1)
        if not found:
            raise not_found()
        return found[0]

    async def page(
        self, kind: type[D], owner: str, *, below: str = "", after: str = "", limit: int = 100
    ) -> list[D]:
        """Up to *limit* documents in order of id, *below* a parent, *after* an id."""
        span = codec.below(owner, below)
        if after:
            span["$gt"] = max(span["$gt"], codec.key_of(owner, after))
        return await self._find(kind, owner, {"_id": span}, limit)

    async def some(self, kind: type[D], names: Iterable[tuple[str, str]]) -> list[D]:
        """Those documents that exist of *names* (owner, id), of any owners, in any order."""
        keys = [codec.key_of(*name) for name in names]
        if not keys:
            return []
        async with self._database.turn():
            found = await self._database[kind.collection].find({"_id": {"$in": keys}}).to_list()
        await self._keyring.load({stored["owner"] for stored in found})
        return [
            codec.from_bson(kind, stored, self._keyring[stored["owner"]])
            for stored in found
            if self._keyring.holds(stored["owner"])
        ]

    async def find_owner(self, kind: type[Document], field: str, value: str) -> str | None:
        """The owner of the document whose unique *field* is *value*."""
        async with self._database.turn():
            found = await self._database[kind.collection].find_one({field: value}, {"owner": 1})
        return str(found["owner"]) if found else None

    async def _find(self, kind: type[D], owner: str, query: Bson, limit: int) -> list[D]:
        await self._keyring.load([owner])
        async with self._database.turn():
            cursor = self._database[kind.collection].find(query, sort=[("_id", 1)])
            found = await cursor.limit(limit).to_list()
        try:
            return [codec.from_bson(kind, stored, self._keyring[owner]) for stored in found]
        except Unreadable:
            return []
