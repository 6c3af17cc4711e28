"""Queries for documents, outside of a write."""

import datetime as dt
import itertools
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple, TypeVar

import bson
import msgspec
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

from models.base.document import Document, Edits, Order
from models.contexts import KINDS
from upcoach.store.base import codec, tombstones
from upcoach.store.base.broken_documents import BrokenDocument, unreadable
from upcoach.store.base.conditions import Conditions, OneOf, Present, Range, is_exact, query_of
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.hints import hinted
from upcoach.store.base.pacing import paced
from upcoach.store.base.pages import Page, one_reply, read_page
from upcoach.store.base.sealing import Unreadable
from upcoach.store.collections.page_tokens import beyond, place_of
from upcoach.store.secrets.keyring import KeyRing
from upcoach.store.write.errors import not_found
from upcoach.store.write.refs import Ref

D = TypeVar("D", bound=Document)

Sort = Sequence[tuple[str, int]]

_BY_ID: Final[Sort] = (("_id", 1),)
_RAW: Final = CodecOptions(document_class=RawBSONDocument)  # decoded one by one, and measured

LOOKUP_BATCH: Final = 1_000  # documents that are looked up in one query


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Some of an owner's documents, in one of their kind's orders.

    Attributes
    ----------
    order
        The field to list by; the id decides where it is equal.
    where
        What other clear fields hold (`upcoach.store.base.conditions`).
    span
        What *order* holds.
    words
        What all of them are found by (`Document.words`).
    after
        `mark` of the last document of the page before: the page token.

    """

    order: str
    where: Conditions = {}
    words: Collection[str] = ()
    span: Range | OneOf | Present | None = None
    descending: bool = False
    after: str = ""
    limit: int = 100


class EditedDocument(NamedTuple):
    """A document that was changed: its version, and how often which fields were."""

    id: str
    version: int
    edits: Edits


def index_of(kind: type[Document], wanted: Selection, orders: Iterable[Order]) -> str:
    """The index for the one of *orders* that is *wanted* and covers most of its filters.

    Left alone, MongoDB takes for some values an index that finds them and sorts what it found.
    """
    exact_names = {name for name, condition in wanted.where.items() if is_exact(condition)}
    exact_names |= {codec.WORDS} if wanted.words else set()
    listing = [order for order in orders if order.field == wanted.order]
    fitting = [order for order in listing if exact_names.issuperset(order.equal)]
    if not fitting:
        words = f"{kind.__name__} declares no order by {wanted.order}"
        raise LookupError(words)
    return max(fitting, key=lambda order: len(order.equal)).index_name


class Documents:
    """Queries for an owner's documents.  There is no way to ask without naming the owner."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring

    async def get(self, kind: type[D], owner: str, document_id: str) -> D:
        """One document, or `NotFound`; `Conflict` for one that cannot be read."""
        document = await self.get_any(kind, owner, document_id)
        if isinstance(document, BrokenDocument):
            raise unreadable(document)
        return document

    async def get_any(self, kind: type[D], owner: str, document_id: str) -> D | BrokenDocument:
        """One document, or what stands for one that cannot be read; or `NotFound`."""
        query = {"_id": codec.key_of(owner, document_id)}
        documents, _ = await self._read(kind, owner, query, 1)
        if not documents:
            raise not_found()
        return documents[0]

    async def page(
        self,
        kind: type[D],
        owner: str,
        *,
        below: str = "",
        after: str = "",
        before: str = "",
        limit: int = 100,
    ) -> list[D]:
        """Up to *limit* documents in order of id, *below* a parent, between two ids."""
        span = self._span(owner, below, after, before)
        return await self._find(kind, owner, {"_id": span}, limit)

    async def page_of_all(
        self, kind: type[D], owner: str, *, below: str = "", after: str = "", limit: int = 100
    ) -> list[D | BrokenDocument]:
        """The same, with stand-ins for documents that cannot be read."""
        query = {"_id": self._span(owner, below, after, "")}
        documents, _ = await self._read(kind, owner, query, limit)
        return documents

    async def bounded_page(
        self, kind: type[D], owner: str, *, after: str, limit: int
    ) -> Page[D | BrokenDocument]:
        """A page of all documents, with stand-ins, that ends by number or by bytes."""
        collection = self._database[kind.collection]
        plain_options = collection.codec_options
        raw = collection.with_options(codec_options=_RAW)

        async def ask(last: RawBSONDocument | None, count: int) -> list[RawBSONDocument]:
            span = self._span(owner, "", after, "")
            if last is not None:
                span["$gt"] = last["_id"]
            async with self._database.connection():
                return await one_reply(raw.find({"_id": span}, sort=list(_BY_ID)), count)

        page = await read_page(ask, lambda row: len(row.raw), limit)
        rows = (bson.decode(row.raw, plain_options) for row in page.items)
        documents = await self._decoded(kind, owner, rows)
        return Page(documents, page.size, page.has_more and bool(documents))

    async def _decoded(
        self, kind: type[D], owner: str, rows: Iterable[Bson]
    ) -> list[D | BrokenDocument]:
        """The documents that *rows* are; none once *owner* was erased."""
        await self._keyring.load([owner])
        try:
            key = self._keyring[owner]
        except Unreadable:
            return []
        broken = self._database.broken
        read = (codec.read(kind, stored, owner, key, broken) for stored in rows)
        return [document async for document in paced(read)]

    async def _decoded_of_all(
        self, kind: type[D], rows: Iterable[Bson]
    ) -> list[D | BrokenDocument]:
        by_owner: dict[str, list[Bson]] = {}
        for row in rows:
            by_owner.setdefault(row["_id"].partition("/")[0], []).append(row)
        await self._keyring.load(by_owner)
        read = [await self._decoded(kind, owner, owned) for owner, owned in by_owner.items()]
        return list(itertools.chain.from_iterable(read))

    @staticmethod
    def _span(owner: str, below: str, after: str, before: str) -> Bson:
        span = codec.below(owner, below)
        if after:
            span["$gt"] = max(span["$gt"], codec.key_of(owner, after))
        if before:
            span["$lt"] = min(span["$lt"], codec.key_of(owner, before))
        return span

    async def select(self, kind: type[D], owner: str, wanted: Selection) -> list[D]:
        """The documents that *wanted* describes, through one of the kind's `orders`."""
        query: Bson = {"owner": owner, **query_of(wanted.where)}
        if wanted.words:
            await self._keyring.load([owner])
            # The index is searched for the first one: the longest is the rarest, most often.
            words = sorted(wanted.words, key=len, reverse=True)
            query[codec.WORDS] = {"$all": [self._keyring[owner].blind(word) for word in words]}
        if wanted.span is not None:
            query |= query_of({wanted.order: wanted.span})
        if wanted.after:
            place = place_of(kind, wanted.order, wanted.after)
            query["$and"] = beyond(owner, wanted.order, place, descending=wanted.descending)
        way = -1 if wanted.descending else 1
        sort = [(wanted.order, way), ("_id", way)]
        return await self._find(
            kind, owner, query, wanted.limit, sort, index_of(kind, wanted, kind.orders)
        )

    async def count(self, kind: type[Document], owner: str, wanted: Selection) -> int:
        """How many documents *wanted* describes, on all its pages, by the index alone."""
        query: Bson = {"owner": owner, **query_of(wanted.where)}
        if wanted.span is not None:
            query |= query_of({wanted.order: wanted.span})
        collection = self._database[kind.collection]
        async with self._database.connection():

            async def ask(query: Bson, index: str) -> int:
                return int(await collection.count_documents(query, hint=index))

            return await hinted(owner, query, index_of(kind, wanted, kind.orders), ask)

    async def find_many(self, kind: type[D], owner: str, ids: Collection[str]) -> list[D]:
        """The existing documents among *ids*, in order of id."""
        if not ids:
            return []
        keys = [codec.key_of(owner, document_id) for document_id in ids]
        return await self._find(kind, owner, {"_id": {"$in": keys}}, len(keys))

    async def state(self, refs: Collection[Ref]) -> dict[Ref, Document | None]:
        """Each of *refs* as it is now, readable or not; None for what does not exist."""
        wanted: dict[type[Document], list[str]] = {}
        for ref in refs:
            wanted.setdefault(ref.kind, []).append(codec.key_of(ref.owner, ref.id))
        state: dict[Ref, Document | None] = dict.fromkeys(refs)
        for kind, keys in wanted.items():
            for start in range(0, len(keys), LOOKUP_BATCH):
                query = {"_id": {"$in": keys[start : start + LOOKUP_BATCH]}}
                for document in await self._of_all(kind, query):
                    state[Ref(kind, document.owner, document.id)] = document
        return state

    async def of_owners(self, kind: type[D], owners: Collection[str]) -> dict[str, list[D]]:
        """All documents of *kind* that each of *owners* has: of what nobody has many."""
        documents: dict[str, list[D]] = {owner: [] for owner in owners}
        query = {"$or": [{"_id": codec.below(owner)} for owner in owners]}
        for document in await self._of_all(kind, query):
            if not isinstance(document, BrokenDocument):
                documents[document.owner].append(document)
        return documents

    async def edited(self, kind: type[Document], owner: str) -> list["EditedDocument"]:
        """Which documents of a kind were changed, and in which fields (`Document.edits`)."""
        query = {"_id": codec.below(owner), "edits": {"$exists": True}}
        async with self._database.connection():
            cursor = self._database[kind.collection].find(query, {"version": 1, "edits": 1})
            return [
                EditedDocument(stored["_id"][len(owner) + 1 :], stored["version"], stored["edits"])
                async for stored in cursor
            ]

    async def ids_since(self, kind: type[Document], field: str, at: dt.datetime) -> list[str]:
        """The ids of everybody's documents whose indexed *field* is *at* or later."""
        query = {field: {"$gte": at}}
        async with self._database.connection():
            cursor = self._database[kind.collection].find(query, {"_id": 1})
            return [stored["_id"].partition("/")[2] async for stored in cursor]

    async def due(
        self, kind: type[Document], field: str, upto: dt.datetime, limit: int
    ) -> list[tuple[str, str]]:
        """Owner and id of everybody's documents whose indexed *field* is *upto* or earlier."""
        query = {field: {"$lte": upto}}
        async with self._database.connection():
            cursor = self._database[kind.collection].find(query, {"_id": 1}, sort=[(field, 1)])
            keys = [stored["_id"] async for stored in cursor.limit(limit)]
        return [(owner, name) for owner, _, name in (key.partition("/") for key in keys)]

    async def page_across_owners(
        self, kind: type[D], after: str, limit: int
    ) -> tuple[list[D | BrokenDocument], str]:
        """Everybody's documents behind the key *after*, and the key of the last; "" at the end."""
        async with self._database.connection():
            cursor = self._database[kind.collection].find(
                {"_id": {"$gt": after}}, sort=list(_BY_ID), limit=limit
            )
            rows = await cursor.to_list()
        documents = await self._decoded_of_all(kind, rows)
        return documents, rows[-1]["_id"] if len(rows) == limit else ""

    async def _of_all(self, kind: type[D], query: Bson) -> list[D | BrokenDocument]:
        """The documents of whomever that *query* finds."""
        if kind.kind not in KINDS:
            query = query | {tombstones.TOMBSTONE: {"$exists": False}}
        async with self._database.connection():
            rows = await self._database[kind.collection].find(query).to_list()
        return await self._decoded_of_all(kind, rows)

    async def get_each(
        self, kind: type[D], keys: Collection[tuple[str, str]]
    ) -> list[D | BrokenDocument]:
        """Those that exist of the documents with these owners and ids, with stand-ins."""
        return await self._of_all(kind, {"_id": {"$in": [codec.key_of(*key) for key in keys]}})

    async def owners_beyond(self, kind: type[Document], field: str, most: int) -> list[str]:
        """Whoever has more than *most* documents, by the keys of the order by *field* alone."""
        pipeline: list[Bson] = [
            {"$group": {"_id": "$owner", "n": {"$sum": 1}}},
            {"$match": {"n": {"$gt": most}}},
        ]
        async with self._database.connection():
            cursor = await self._database[kind.collection].aggregate(
                pipeline, hint={"owner": 1, field: 1, "_id": 1}
            )
            return [str(group["_id"]) async for group in cursor]

    async def find_owner(self, kind: type[Document], field: str, value: str) -> str | None:
        """The owner of the document whose unique *field* is *value*."""
        async with self._database.connection():
            stored = await self._database[kind.collection].find_one({field: value}, {"_id": 1})
        return str(stored["_id"]).partition("/")[0] if stored else None

    async def owners_where(self, kind: type[Document], where: Conditions) -> list[str]:
        """The owners of everybody's documents that hold *where*, each once; all are looked at."""
        return await self._owners(kind, query_of(where))

    async def owners_with(self, kind: type[Document], document_id: str) -> list[str]:
        """The owners of everybody's documents of one id; all ids are looked at."""
        return await self._owners(kind, {"_id": {"$regex": f"/{re.escape(document_id)}$"}})

    async def _owners(self, kind: type[Document], query: Bson) -> list[str]:
        if kind.kind not in KINDS:
            query = query | {tombstones.TOMBSTONE: {"$exists": False}}
        async with self._database.connection():
            cursor = self._database[kind.collection].find(query, {"_id": 1})
            keys = [stored["_id"] async for stored in cursor]
        return list(dict.fromkeys(key.partition("/")[0] for key in keys))

    async def _find(
        self,
        kind: type[D],
        owner: str,
        query: Bson,
        limit: int,
        sort: Sort = _BY_ID,
        index: str | None = None,
    ) -> list[D]:
        """Up to *limit* documents that can be read; fewer only if there are no more."""
        documents: list[D] = []
        skip = 0
        while len(documents) < limit:
            batch, size = await self._read(kind, owner, query, limit, sort, index, skip)
            documents += [
                document for document in batch if not isinstance(document, BrokenDocument)
            ]
            if size < limit:
                break
            skip += size
        return documents[:limit]

    async def _read(
        self,
        kind: type[D],
        owner: str,
        query: Bson,
        limit: int,
        sort: Sort = _BY_ID,
        index: str | None = None,
        skip: int = 0,
    ) -> tuple[list[D | BrokenDocument], int]:
        """Up to *limit* documents behind the first *skip*, and how many were looked at."""
        collection = self._database[kind.collection]
        if kind.kind not in KINDS:
            query = query | {tombstones.TOMBSTONE: {"$exists": False}}
        async with self._database.connection():

            async def ask(query: Bson, index: str | None = None) -> list[Bson]:
                cursor = collection.find(query, sort=list(sort), hint=index)
                return await cursor.skip(skip).limit(limit).to_list()

            rows = await (hinted(owner, query, index, ask) if index else ask(query))
        documents = await self._decoded(kind, owner, rows)
        return documents, len(rows) if documents else 0
