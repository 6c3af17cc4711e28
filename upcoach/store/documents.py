"""Reading documents outside of a write."""

import datetime as dt
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

    async def ids_since(self, kind: type[Document], field: str, at: dt.datetime) -> list[str]:
        """The ids of everybody's documents whose indexed *field* is *at* or later."""
        query = {field: {"$gte": at}}
        async with self._database.turn():
            found = self._database[kind.collection].find(query, {"owner": 1})
            return [stored["_id"][len(stored["owner"]) + 1 :] async for stored in found]

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
