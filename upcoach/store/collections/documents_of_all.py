"""Queries for documents of all owners together: what everybody may find, or operators.

Only kinds that declare `orders_of_all` can be asked for, each through an index of its own.  A
document whose owner was erased, or that cannot be read, is left out.
"""

from collections.abc import AsyncIterator
from typing import Final, TypeVar

from models.base.document import Document
from models.contexts import KINDS
from upcoach.store.base import codec, tombstones
from upcoach.store.base.broken_documents import BrokenDocument
from upcoach.store.base.conditions import query_of
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.hints import preferring
from upcoach.store.base.pacing import paced
from upcoach.store.base.sealing import Unreadable
from upcoach.store.collections.documents import Selection, index_of
from upcoach.store.collections.page_tokens import beyond_key, place_of
from upcoach.store.secrets.keyring import KeyRing

D = TypeVar("D", bound=Document)

INDEX: Final = "all_"  # what the names of their indexes begin with


class DocumentsOfAll:
    """Queries for everybody's documents of a kind, in one of its `orders_of_all`."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring

    async def select(self, kind: type[D], wanted: Selection) -> list[D]:
        """The documents that *wanted* describes; fewer than its limit only if there are no more.

        It asks for no words: they have another name with each owner.
        """
        index = INDEX + index_of(kind, wanted, kind.orders_of_all)
        query: Bson = {**query_of(wanted.where)}
        if wanted.span is not None:
            query |= query_of({wanted.order: wanted.span})
        if wanted.after:
            value, key = place_of(kind, wanted.order, wanted.after)
            query["$and"] = beyond_key(wanted.order, value, key, descending=wanted.descending)
        if kind.kind not in KINDS:
            query[tombstones.TOMBSTONE] = {"$exists": False}
        way = -1 if wanted.descending else 1
        documents: list[D] = []
        skip = 0
        while len(documents) < wanted.limit:
            sort = [(wanted.order, way), ("_id", way)]
            rows = await self._rows(kind, query, sort, index, skip, wanted.limit)
            documents += [document async for document in self._decoded(kind, rows)]
            if len(rows) < wanted.limit:
                break
            skip += len(rows)
        return documents[: wanted.limit]

    async def _rows(
        self,
        kind: type[Document],
        query: Bson,
        sort: list[tuple[str, int]],
        index: str,
        skip: int,
        limit: int,
    ) -> list[Bson]:
        collection = self._database[kind.collection]

        async with self._database.connection():

            async def ask(hint: str | None) -> list[Bson]:
                return await collection.find(query, sort=sort, hint=hint).skip(skip).to_list(limit)

            return await preferring(index, ask)

    async def _decoded(self, kind: type[D], rows: list[Bson]) -> AsyncIterator[D]:
        await self._keyring.load({row["owner"] for row in rows})
        async for row in paced(rows):
            try:
                key = self._keyring[row["owner"]]
            except Unreadable:
                continue
            document = codec.read(kind, row, row["owner"], key, self._database.broken)
            if not isinstance(document, BrokenDocument):
                yield document
