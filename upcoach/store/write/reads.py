"""The reads of a batch of writes, all at once, before any of them decides."""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from models.base.checksums import Sums, unpack_sums
from models.base.document import Document
from models.wire.events import user_feed
from upcoach.store.base import codec, tombstones
from upcoach.store.base.conditions import query_of
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.pacing import Pace
from upcoach.store.log.event_log import EventLog
from upcoach.store.log.heads import Heads
from upcoach.store.secrets.keyring import KeyRing
from upcoach.store.write.document_versions import FAR_BYTES, NEAR_BYTES, PastTooLong, past_of
from upcoach.store.write.idempotency import Receipts, replay
from upcoach.store.write.pending import PendingWrite
from upcoach.store.write.quotas import Holdings, QuotaKey, quota_keys_of
from upcoach.store.write.refs import Edges, Listing, Ref, Version, is_logged
from upcoach.store.write.requests import AnyWrite

EDGES_AT_ONCE: Final = 200  # what the driver decodes in one go, so as not to hold the loop
USUAL_BYTES: Final = 8 * 1024  # of a document: to read and check it takes some 0.15 ms
SEEN_BYTES: Final = 256  # of one of which little more than the id is seen


class ReadSet(msgspec.Struct):
    """The documents and feed heads before a batch.

    Attributes
    ----------
    seqs
        The newest number of each feed: the numbers that nobody may have gone beyond.
    sums
        The checksums of each feed at that number.
    documents
        The document under each id.
    sizes
        The bytes of each one's sealed fields, and of the names of its words.
    past
        The earlier versions of what is changed from an older one.
    former
        How far versions went under ids that hold nothing now.
    tombstones
        The same as stored, of kinds that are in no log.
    children
        The versions of what stands below each.
    edges
        The ids that each document of a graph names.
    far
        The documents whose past, or whose children, are more than others are to wait for.
    uncounted
        The kinds of somebody's documents that are so many, or so large.

    """

    seqs: dict[str, int]
    sums: dict[str, Sums]
    documents: dict[Ref, Document | None] = {}
    sizes: dict[Ref, int] = {}
    past: dict[Ref, list[Version]] = {}
    former: dict[Ref, int] = {}
    tombstones: dict[Ref, int] = {}
    children: dict[Ref, dict[str, int]] = {}
    edges: dict[Edges, dict[str, Sequence[str]]] = {}
    far: set[Ref] = set()
    uncounted: set[QuotaKey] = set()

    def reaches_far(self, write: AnyWrite) -> bool:
        """Whether *write* needs more than was read, since that takes long."""
        if any(ref in self.far for ref in (*write.sweeps, *_based_on(write))):
            return True
        if not self.uncounted:
            return False
        keys = quota_keys_of({ref: self.documents[ref] for ref in write.reads})
        listed = {(listing.owner, listing.kind) for listing in write.lists}
        return not self.uncounted.isdisjoint(keys | listed)

    def weight(self, write: AnyWrite) -> int:
        """The bytes that are gone through when *write* decides: those of a usual document for each.

        A writer's own edits of a document are told from those of others version by version.
        """
        refs = list(write.reads)
        if write.lists:
            listed = {(listing.kind, listing.owner) for listing in write.lists}
            refs += (ref for ref in self.documents if ref[:2] in listed)
        seen = sum(len(self.children.get(parent, ())) for parent in write.sweeps)
        seen += sum(len(self.edges.get(edges, ())) for edges in write.edges)
        weight = write.size + SEEN_BYTES * seen + sum(map(self._size, refs))
        if write.base is not None:
            weight += len(self.past.get(write.base.ref, ())) * self._size(write.base.ref)
        return weight

    def _size(self, ref: Ref) -> int:
        return max(USUAL_BYTES, self.sizes.get(ref, 0))


class Reach(NamedTuple):
    """How far is read: the bytes of a past, the children of a document, and what is counted.

    Of the last two, 0 stands for all.
    """

    past: int
    children: int
    counted: int


NEAR: Final = Reach(NEAR_BYTES, 64, 2_000)
FAR: Final = Reach(FAR_BYTES, 0, 0)


class Reader:
    """Reads the documents that batches need, and no further than *reach*."""

    def __init__(
        self,
        database: Database,
        keyring: KeyRing,
        heads: Heads,
        holdings: Holdings,
        log: EventLog,
        receipts: Receipts,
        reach: Reach,
    ) -> None:
        self._reach = reach
        self._database = database
        self._keyring = keyring
        self._heads = heads
        self._holdings = holdings
        self._log = log
        self._receipts = receipts

    async def begin(self, pending_writes: Iterable[PendingWrite]) -> ReadSet:
        """An empty read set at the heads of the feeds, with the keys for what comes into it.

        The heads come first: a document that is read before its feed's head proves nothing.
        """
        writes = [pending.write for pending in pending_writes]
        feeds = {feed for write in writes for feed in write.feeds}
        await self._heads.load(feeds)
        read = ReadSet(
            seqs={feed: self._heads[feed].seq for feed in feeds},
            sums={feed: unpack_sums(self._heads[feed].sums) for feed in feeds},
        )
        existing = [write for write in writes if not write.new_owner]
        await self._keyring.load({owner for w in existing for owner in (w.scope.user, *w.owners)})
        return read

    async def fill(self, read: ReadSet, pending_writes: Sequence[PendingWrite]) -> None:
        """Read what *pending_writes* need, and answer those that are repeated."""
        writes = [pending.write for pending in pending_writes]
        await asyncio.gather(
            replay(self._receipts, pending_writes), *self._documents_of(read, writes)
        )
        waiting = [pending.write for pending in pending_writes if not pending.done.done()]
        await asyncio.gather(
            self._count(read),
            self._read_past(read, waiting),
            self._read_former(read, writes),
        )

    def _documents_of(
        self, read: ReadSet, writes: Sequence[AnyWrite]
    ) -> list[Coroutine[Any, Any, None]]:
        """The queries that fill *read* with the documents of *writes*, to be awaited together."""
        by_kind: dict[type[Document], list[Ref]] = {}
        for ref in {ref for write in writes for ref in (*write.reads, *write.sessions)}:
            read.documents[ref] = None
            by_kind.setdefault(ref.kind, []).append(ref)
        parents = {parent for write in writes for parent in write.sweeps}
        # Many who book one coach at once list the same, which is read once.
        listings = {str(listing): listing for write in writes for listing in write.lists}
        return [
            *(self._read_kind(read, kind, refs) for kind, refs in by_kind.items()),
            *(self._read_list(read, listing) for listing in listings.values()),
            *(self._read_children(read, parent) for parent in parents),
            *(self._read_edges(read, edges) for edges in {e for w in writes for e in w.edges}),
        ]

    async def _count(self, read: ReadSet) -> None:
        """Count what people keep of the kinds that are to be read."""
        quota_keys = quota_keys_of(read.documents)
        read.uncounted |= await self._holdings.load(quota_keys, self._reach.counted)

    async def _read_past(self, read: ReadSet, writes: Iterable[AnyWrite]) -> None:
        """Read the past of documents that are changed from an older version."""
        wanted: dict[Ref, tuple[Document, int]] = {}
        for base in (write.base for write in writes):
            document = read.documents[base.ref] if base is not None else None
            if base is not None and document is not None and 0 < base.version < document.version:
                _, version = wanted.get(base.ref, (document, base.version))
                wanted[base.ref] = (document, min(version, base.version))
        await asyncio.gather(
            *(self._read_past_of(read, ref, *from_) for ref, from_ in wanted.items())
        )

    async def _read_past_of(
        self, read: ReadSet, ref: Ref, document: Document, version: int
    ) -> None:
        upto = read.seqs[user_feed(ref.owner)]
        try:
            past = await past_of(self._log, document, version, upto, self._reach.past)
        except PastTooLong:
            read.far.add(ref)
            past = []
        read.past[ref] = past

    async def _read_former(self, read: ReadSet, writes: Iterable[AnyWrite]) -> None:
        """Read the last version of documents that do not exist (any more), except under new ids."""
        made = (write.reads if write.new_owner else write.fresh for write in writes)
        fresh = {ref for refs in made for ref in refs}
        missing = {
            ref: (user_feed(ref.owner), ref.id)
            for ref, document in read.documents.items()
            if document is None and ref not in fresh and is_logged(ref)
        }
        wanted: dict[str, set[str]] = {}
        for feed, document_id in missing.values():
            wanted.setdefault(feed, set()).add(document_id)
        # Each version took a number of the feed, so none was above the last of these.
        last = await self._log.last_numbers(wanted)
        read.former |= {ref: last[place] for ref, place in missing.items() if place in last}

    async def _read_kind(self, read: ReadSet, kind: type[Document], refs: list[Ref]) -> None:
        keys = {codec.key_of(ref.owner, ref.id): ref for ref in refs}
        pace = Pace()
        async with self._database.connection():
            cursor = self._database[kind.collection].find({"_id": {"$in": list(keys)}})
            async for stored in cursor:
                self._take(read, keys[stored["_id"]], stored)
                await pace.breathe()

    async def _read_list(self, read: ReadSet, listing: Listing) -> None:
        kind, owner, where = listing
        query = {"_id": codec.below(owner), **query_of(where)}
        pace = Pace()
        async with self._database.connection():
            async for stored in self._database[kind.collection].find(query):
                self._take(read, Ref(kind, owner, stored["_id"][len(owner) + 1 :]), stored)
                await pace.breathe()

    def _take(self, read: ReadSet, ref: Ref, stored: Bson) -> None:
        if tombstones.TOMBSTONE in stored:
            read.tombstones[ref] = read.former[ref] = stored["version"]
            return
        key, broken = self._keyring[ref.owner], self._database.broken
        read.sizes[ref] = _size_of(stored)
        read.documents[ref] = codec.read(ref.kind, stored, ref.owner, key, broken)

    async def _read_children(self, read: ReadSet, parent: Ref) -> None:
        query = {"_id": codec.below(parent.owner, parent.id)}
        pace, children, most = Pace(), read.children.setdefault(parent, {}), self._reach.children
        async with self._database.connection():
            cursor = self._database[parent.kind.collection].find(query, {"version": 1})
            async for stored in cursor.limit(most + 1 if most else 0):
                children[stored["_id"][len(parent.owner) + 1 :]] = stored.get("version", 1)
                await pace.breathe()
        if most and len(children) > most:
            read.far.add(parent)

    async def _read_edges(self, read: ReadSet, edges: Edges) -> None:
        query, field = {"_id": codec.below(edges.owner)}, edges.field
        pace, named = Pace(), read.edges.setdefault(edges, {})
        async with self._database.connection():
            cursor = self._database[edges.kind.collection].find(query, {field: 1})
            async for stored in cursor.batch_size(EDGES_AT_ONCE):
                ids = stored.get(field)
                named[stored["_id"][len(edges.owner) + 1 :]] = ids if isinstance(ids, list) else ()
                await pace.breathe()


def _based_on(write: AnyWrite) -> tuple[Ref, ...]:
    return () if write.base is None else (write.base.ref,)


def _size_of(stored: Bson) -> int:
    words = stored.get(codec.WORDS)
    values = (*stored.values(), *(words if isinstance(words, list) else ()))
    return sum(len(value) for value in values if isinstance(value, bytes))
