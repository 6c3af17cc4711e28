"""Quotas: how much each person stores of each kind, and the refusal of more.

A counter in each transaction was measured and was bad: all writers of a feed met at it.  So each
node counts by the index when it first has to know, keeps the figure, and adds what it commits
itself; now and then it counts again.  Until then another node's writes are not in the figure: a
quota may be overshot by what the ledger of writes lets through meanwhile, and by nothing more.
"""

import collections
import time
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Iterable,
    Mapping,
)
from typing import Final

import msgspec

from models.access.limits import Quota
from models.base.document import Document
from models.base.errors import Conflict
from models.base.sizes import max_json_bytes
from models.contexts import QUOTAS
from upcoach.store.base import codec, tombstones
from upcoach.store.base.database import Bson, Database
from upcoach.store.write.refs import Ref

FRESH_S: Final = 600.0  # until what is held is counted again
FRESH_WHEN_FULL_S: Final = 10.0  # the same beyond nine tenths of a quota
REMEMBERED: Final = 50_000  # counts in memory
LOOKED_UP: Final = 250  # documents at once
ESCAPED: Final = 3  # how much longer than in the database a text can be in JSON

Kind = type[Document]
QuotaKey = tuple[str, Kind]  # whose, and of what
State = Mapping[Ref, Document | None]


class Held(msgspec.Struct):
    """A person's usage for one kind: the number of documents, and their bytes in all."""

    count: int = 0
    size: int = 0
    at: float = 0.0


class Holdings:
    """The usage of people, as far as this node knows it.

    Attributes
    ----------
    fresh_s
        How long a count is valid.
    fresh_when_full_s
        The same beyond nine tenths of a quota.

    """

    def __init__(self, database: Database) -> None:
        self.fresh_s = FRESH_S
        self.fresh_when_full_s = FRESH_WHEN_FULL_S
        self._database = database
        self._held: collections.OrderedDict[QuotaKey, Held] = collections.OrderedDict()

    async def load(self, quota_keys: Iterable[QuotaKey], most: int = 0) -> set[QuotaKey]:
        """Count the usage under *quota_keys* that is not known or stale.

        With *most*, return those of more documents than that, or whose bytes are to be added up:
        they are not counted.
        """
        now = time.monotonic()
        beyond = set()
        for quota_key in quota_keys:
            held = self._held.get(quota_key)
            if held is None or now - held.at > self._fresh_s(held, QUOTAS[quota_key[1].kind]):
                counted = await self._counted(*quota_key, most)
                if counted is None:
                    beyond.add(quota_key)
                    continue
                self._held[quota_key] = counted
            self._held.move_to_end(quota_key)
        while len(self._held) > REMEMBERED:
            self._held.popitem(last=False)
        return beyond

    @property
    def quota_keys(self) -> Collection[QuotaKey]:
        """The quota keys whose usage is known."""
        return self._held.keys()

    def of(self, quota_key: QuotaKey) -> Held | None:
        """The usage under *quota_key*, if it is known."""
        return self._held.get(quota_key)

    def add(self, growth: Mapping[QuotaKey, Held]) -> None:
        """Add the *growth* that was committed."""
        for quota_key, more in growth.items():
            held = self._held.get(quota_key)
            if held is not None:
                held.count += more.count
                held.size += more.size

    def forget(self, quota_keys: Iterable[QuotaKey]) -> None:
        """Drop the usage under *quota_keys*: it is counted anew the next time."""
        for quota_key in quota_keys:
            self._held.pop(quota_key, None)

    async def existing(self, refs: Iterable[Ref]) -> set[Ref]:
        """Those of the documents *refs* that there are, readable or not, by the index alone."""
        by_kind: dict[QuotaKey, dict[str, Ref]] = {}
        for ref in refs:
            by_kind.setdefault((ref.owner, ref.kind), {})[codec.key_of(ref.owner, ref.id)] = ref
        found: set[Ref] = set()
        for (_, kind), keys in by_kind.items():
            query: Bson = {"_id": {"$in": list(keys)}, tombstones.TOMBSTONE: {"$exists": False}}
            async with self._database.connection():
                cursor = self._database[kind.collection].find(query, {"_id": 1})
                found |= {keys[stored["_id"]] async for stored in cursor}
        return found

    def _fresh_s(self, held: Held, quota: Quota) -> float:
        is_nearly_full = held.count > quota.most * 0.9 or held.size > quota.size * 0.9
        return self.fresh_when_full_s if is_nearly_full else self.fresh_s

    async def _counted(self, owner: str, kind: Kind, most: int) -> Held | None:
        held = Held(at=time.monotonic())
        held.count = await self._sum(owner, kind, 1, most)
        # Few documents cannot have so many bytes, and need not be read.
        is_read = held.count * _largest_of(kind) > QUOTAS[kind.kind].size
        if most and (is_read or held.count > most):
            return None
        if is_read:
            held.size = await self._sum(owner, kind, {"$bsonSize": "$$ROOT"})
        return held

    async def _sum(self, owner: str, kind: Kind, each: int | Bson, most: int = 0) -> int:
        """The sum over all documents, or over one more than *most*."""
        limit: list[Bson] = [{"$limit": most + 1}] if most else []
        pipeline: list[Bson] = [
            {"$match": {"_id": codec.below(owner)}},
            *limit,
            {"$group": {"_id": None, "sum": {"$sum": each}}},
        ]
        async with self._database.connection():
            cursor = await self._database[kind.collection].aggregate(pipeline)
            return sum([int(group["sum"]) async for group in cursor])


class Growth:
    """The usage that the writes of one batch add."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._added: dict[QuotaKey, Held] = {}
        self._swept: set[QuotaKey] = set()

    def admit(self, before: State, staged: State) -> None:
        """Add what a write has *staged*, or refuse it with a `Conflict`."""
        added: dict[QuotaKey, Held] = {}
        for ref, after in staged.items():
            if ref.kind.kind in QUOTAS:
                more = added.setdefault((ref.owner, ref.kind), Held())
                standing = before.get(ref)
                more.count += (after is not None) - (standing is not None)
                more.size += _size(after) - _size(standing)
        for quota_key, more in added.items():
            self._require(quota_key, more)
        for quota_key, more in added.items():
            sum_ = self._added.setdefault(quota_key, Held())
            sum_.count += more.count
            sum_.size += more.size

    def has_room(self, quota_key: QuotaKey, more: Held) -> bool:
        """Whether *more* may be added under *quota_key*."""
        try:
            self._require(quota_key, more)
        except Conflict:
            return False
        return True

    def sweep(self, parent: Ref) -> None:
        """Note that the children of *parent* are deleted, however many there are."""
        self._swept.add((parent.owner, parent.kind))

    def settle(self) -> None:
        """Apply the growth, which is committed."""
        self._holdings.add(self._added)
        self._holdings.forget(self._swept)

    def _require(self, quota_key: QuotaKey, more: Held) -> None:
        held, quota = self._holdings.of(quota_key), QUOTAS[quota_key[1].kind]
        if held is None:  # nothing was to be made of this kind
            return
        added = self._added.get(quota_key, Held())
        if more.count > 0 and held.count + added.count + more.count > quota.most:
            raise quota_exceeded(quota_key[1], quota)
        if more.size > 0 and held.size + added.size + more.size > quota.size:
            raise quota_exceeded(quota_key[1], quota)


async def require_room(
    holdings: Holdings, wanted: Callable[[], AsyncIterator[tuple[Ref, int]]]
) -> None:
    """Refuse what would make documents of the sizes *wanted* where there is no room for all.

    Those that there are already make nothing; they are looked up where it matters only.
    There may be tens of thousands: they are gone through one by one, twice, and never kept.
    """
    whole: dict[QuotaKey, Held] = {}
    async for ref, size in wanted():
        _add(whole, ref, size)
    await holdings.load(whole)
    growth = Growth(holdings)
    tight = {quota_key for quota_key, more in whole.items() if not growth.has_room(quota_key, more)}
    if not tight:
        return
    for quota_key, more in (await _missing(holdings, tight, wanted())).items():
        if not growth.has_room(quota_key, more):
            raise quota_exceeded(quota_key[1], QUOTAS[quota_key[1].kind])


async def _missing(
    holdings: Holdings, tight: Collection[QuotaKey], wanted: AsyncIterator[tuple[Ref, int]]
) -> dict[QuotaKey, Held]:
    """What of *wanted* is not there yet, under the quota keys *tight*."""
    missing: dict[QuotaKey, Held] = {}
    batch: dict[Ref, int] = {}

    async def look() -> None:
        there = await holdings.existing(batch)
        for ref in batch.keys() - there:
            _add(missing, ref, batch[ref])
        batch.clear()

    async for ref, size in wanted:
        if (ref.owner, ref.kind) in tight:
            batch[ref] = size
        if len(batch) == LOOKED_UP:
            await look()
    await look()
    return missing


def _add(sums: dict[QuotaKey, Held], ref: Ref, size: int) -> None:
    if ref.kind.kind in QUOTAS:
        held = sums.setdefault((ref.owner, ref.kind), Held())
        held.count += 1
        held.size += size


def quota_keys_of(refs: State) -> set[QuotaKey]:
    """The quota keys that writes to *refs* may grow: for some kinds any change may do so."""
    return {
        (ref.owner, ref.kind)
        for ref, document in refs.items()
        if ref.kind.kind in QUOTAS and (document is None or _may_grow(ref.kind))
    }


def quota_exceeded(kind: Kind, quota: Quota) -> Conflict:
    """The refusal of what would be more than *quota*."""
    limits = {"kind": kind.kind, "documents": quota.most, "bytes": quota.size}
    words = (
        f"An account keeps {quota.most:,} documents of this kind, and {quota.mib} MiB of them. "
        "Delete some first."
    )
    return Conflict("quota_exceeded", words, extra={"quota": limits})


def _may_grow(kind: Kind) -> bool:
    """Whether so many of *kind* as are allowed could have more bytes than are allowed."""
    quota = QUOTAS[kind.kind]
    return quota.most * _largest_of(kind) > quota.size


def _size(document: Document | None) -> int:
    if document is None or not _may_grow(type(document)):
        return 0
    return len(msgspec.msgpack.encode(document))


_LARGEST: Final[dict[Kind, int]] = {}


def _largest_of(kind: Kind) -> int:
    """The bytes of the largest document of *kind*."""
    if kind not in _LARGEST:
        _LARGEST[kind] = (
            LEAST if kind.draft is None else LEAST + max_json_bytes(kind.draft) // ESCAPED
        )
    return _LARGEST[kind]


LEAST: Final = 1_024  # bytes of a document without what a person writes
