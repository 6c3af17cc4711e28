"""The schema: the collections and indexes that this build works with, ensured at every start.

`declared` is the whole of it, gathered from the documents (`orders`, `orders_of_all`, `lookups`)
and from the `COLLECTIONS` of the store's modules.  `Schema.ensure` compares it with what the
database has, which is one question a collection that has any, two at a time, and makes what is
missing.  Data is the migrations' affair.

What is wrong is mended, too: an index of another definition under a name of ours is built anew, one
that stands in the way under another name is dropped, and so are the `RETIRED`.  Other indexes stay:
an operator's, or those of a newer build whose nodes run beside this one's.

A start waits for indexes of small collections, and for unique ones, without which a number or an
address could be taken twice.  The others are built by `Schema.run` beside the node's work, which
finds what it needs in another way meanwhile (see `upcoach.store.base.hints`); `Schema.check` tells
whoever asks for readiness.  Several nodes may do all of this at once.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

import msgspec
import structlog
from pymongo.errors import DuplicateKeyError, OperationFailure

from models.base.errors import Unavailable
from models.contexts import DOCUMENTS, UNLOGGED
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.indexes import CollectionSpec, Index, are_alike, definition_of
from upcoach.store.collections import (
    audit,
    consumer_snapshots,
    job_inputs,
    oauth_clients,
    positions,
    push_failures,
    webhook_deliveries,
    webhook_progress,
)
from upcoach.store.log import event_log
from upcoach.store.outbox import mail_outbox, push_outbox
from upcoach.store.schema import installation, migrations
from upcoach.store.secrets import keyring, one_time_tokens, refresh_generations, signing
from upcoach.store.write import idempotency, timers

LARGE: Final = 50_000  # documents; an index over as many takes half a second
LOOKS: Final = 20  # at what other nodes did meanwhile
PAUSE_S: Final = 0.2
AT_A_TIME: Final = 2  # questions; one more opens a connection, which costs as much as several

# The modules that keep something beside documents.
MODULES: Final = (
    audit,
    oauth_clients,
    event_log,
    installation,
    keyring,
    consumer_snapshots,
    job_inputs,
    mail_outbox,
    migrations,
    one_time_tokens,
    positions,
    push_failures,
    push_outbox,
    idempotency,
    refresh_generations,
    signing,
    timers,
    webhook_deliveries,
    webhook_progress,
)

# Indexes of earlier builds that no build uses any more.
RETIRED: Final = frozenset({("moods", "words_at"), ("tasks", "words_created_at")})

_EXISTS: Final = 48
_NO_COLLECTION: Final = 26
# What a node gets that mends the same as another one: NamespaceNotFound, IndexNotFound,
# IndexOptionsConflict, IndexKeySpecsConflict, ConflictingOperationInProgress, IndexBuildAborted,
# BackgroundOperationInProgressForNamespace.
_OVERTAKEN: Final = {_NO_COLLECTION, 27, 85, 86, 117, 276, 12587}

_log = structlog.get_logger(__name__)


class SchemaError(Exception):
    """A schema that the data does not allow; the message says which."""


class MissingIndex(msgspec.Struct, frozen=True):
    """An index that is to be built, and the names of those that stand in its way."""

    index: Index
    in_the_way: frozenset[str]


class SchemaDrift(msgspec.Struct, frozen=True):
    """The indexes that one collection lacks, and those that are retired."""

    collection: str
    missing: tuple[MissingIndex, ...]
    retired: frozenset[str] = frozenset()

    @property
    def wrong(self) -> list[str]:
        """The indexes to drop."""
        return sorted(self.retired.union(*(missing.in_the_way for missing in self.missing)))


def collections() -> Iterator[CollectionSpec]:
    """Every collection that documents and modules of the store declare."""
    yield from map(CollectionSpec.of, (*DOCUMENTS, *UNLOGGED))
    yield from chain.from_iterable(module.COLLECTIONS for module in MODULES)


def declared() -> Mapping[str, tuple[Index, ...]]:
    """Every collection with its indexes, so that no transaction has to make one."""
    return {collection.name: collection.indexes for collection in collections()}


class Schema:
    """Compares a database's collections and indexes with the declared ones, and creates them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._wanted = declared()
        retired = {name for name, _ in RETIRED}
        self._asked = [name for name, of in self._wanted.items() if of or name in retired]
        self._questions = asyncio.Semaphore(AT_A_TIME)
        self._left: dict[str, list[str]] = {}  # what is still to be built, by collection

    async def ensure(self) -> None:
        """Create what a node cannot start without, and remember the rest for `run`."""
        await self._make_collections()
        await self._mend(at_once=True)

    async def run(self) -> None:
        """Build the indexes that are left."""
        while self._left:
            try:
                await self._mend(at_once=False)
            except Unavailable:  # it takes longer than an operation may; MongoDB goes on with it
                await asyncio.sleep(PAUSE_S)

    async def check(self) -> None:
        """Return if every index is built, or raise `Unavailable`."""
        if self._left:
            names = ", ".join(
                f"{name}: {' '.join(indexes)}" for name, indexes in self._left.items()
            )
            raise Unavailable("indexes_building", f"Indexes are being built ({names}).")

    async def _make_collections(self) -> None:
        async with self._database.connection():
            there = set(await self._database.handle.list_collection_names())
        await asyncio.gather(*map(self._make_collection, sorted(self._wanted.keys() - there)))

    async def _make_collection(self, name: str) -> None:
        async with self._database.connection():
            try:
                # Without the driver's own look first, which is no use against another node.
                await self._database.handle.create_collection(name, check_exists=False)
            except OperationFailure as failure:
                if failure.code != _EXISTS:  # another node that starts just now has made it
                    raise

    async def _mend(self, *, at_once: bool) -> None:
        """Compare and mend until nothing is missing but what is left for later."""
        flaws: list[SchemaDrift] = []
        for _ in range(LOOKS):
            flaws = await self._flaws()
            if at_once:
                flaws = await asyncio.gather(*map(self._pressing, flaws))
            if all(await asyncio.gather(*map(self._mend_one, flaws))):
                self._left = self._left if at_once else {}
                _log_changes(flaws)
                return
            await asyncio.sleep(PAUSE_S)
        names = ", ".join(flaw.collection for flaw in flaws)
        raise SchemaError(f"MongoDB does not make the indexes of {names}; its log says why.")

    async def _flaws(self) -> list[SchemaDrift]:
        listed = await asyncio.gather(*map(self._indexes, self._asked))
        flaws = [
            _flaw(name, self._wanted[name], indexes)
            for name, indexes in zip(self._asked, listed, strict=True)
        ]
        return [flaw for flaw in flaws if flaw.missing or flaw.retired]

    async def _indexes(self, collection: str) -> dict[str, Bson]:
        """The indexes of *collection* by name; one that is being built counts as missing."""
        ask = {"listIndexes": collection, "includeBuildUUIDs": True}
        async with self._questions, self._database.connection():
            try:
                answer = await self._database.handle.command(ask)
            except OperationFailure as failure:
                if failure.code == _NO_COLLECTION:
                    return {}
                raise
        # They come in one batch: a collection has 64 at most.
        return {index["name"]: index for index in answer["cursor"]["firstBatch"] if "name" in index}

    async def _pressing(self, flaw: SchemaDrift) -> SchemaDrift:
        """The part of *flaw* that a start waits for; the rest is left."""
        self._left.pop(flaw.collection, None)
        async with self._database.connection():
            size = await self._database[flaw.collection].estimated_document_count()
        if size < LARGE:
            return flaw
        later = [missing.index.name for missing in flaw.missing if not missing.index.unique]
        if later:
            self._left[flaw.collection] = later
        at_once = tuple(missing for missing in flaw.missing if missing.index.unique)
        return SchemaDrift(flaw.collection, at_once, flaw.retired)

    async def _mend_one(self, flaw: SchemaDrift) -> bool:
        """Mend *flaw*; False when another node was at it, so that one has to look again."""
        collection = self._database[flaw.collection]
        async with self._database.connection():
            try:
                for name in flaw.wrong:
                    await collection.drop_index(name)
                if flaw.missing:
                    await collection.create_indexes(
                        [missing.index.model for missing in flaw.missing]
                    )
            except DuplicateKeyError:
                raise _refused(flaw) from None
            except OperationFailure as failure:
                if failure.code not in _OVERTAKEN:
                    raise
                return False
        return True


def _flaw(collection: str, wanted: Sequence[Index], listed: Mapping[str, Bson]) -> SchemaDrift:
    """Compare the indexes *listed* in a collection with those *wanted*."""
    there = {name: definition_of(index) for name, index in listed.items()}
    missing = tuple(
        MissingIndex(index, frozenset(_in_the_way(index, there)))
        for index in wanted
        if there.get(index.name) != index.definition
    )
    gone = {name for owner, name in RETIRED if owner == collection}
    return SchemaDrift(collection, missing, frozenset(gone & there.keys()))


def _in_the_way(index: Index, there: Mapping[str, Bson]) -> Iterator[str]:
    for name, definition in there.items():
        if name == index.name or are_alike(definition, index.definition):
            yield name


def _log_changes(flaws: Sequence[SchemaDrift]) -> None:
    made = [f"{flaw.collection}.{missing.index.name}" for flaw in flaws for missing in flaw.missing]
    dropped = [f"{flaw.collection}.{name}" for flaw in flaws for name in flaw.wrong]
    if made or dropped:
        _log.info("indexed", made=made, dropped=dropped)


def _refused(flaw: SchemaDrift) -> SchemaError:
    unique = [missing.index for missing in flaw.missing if missing.index.unique]
    fields = ", ".join(" and ".join(index.keys) for index in unique)
    return SchemaError(
        f"The collection {flaw.collection} holds several documents of one {fields}; "
        "keep one of each, then start again."
    )
