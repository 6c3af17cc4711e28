"""How much people keep of each kind, and that nobody keeps more than their quota.

A counter in each transaction was measured and was bad: all writers of a feed met at it.  So each
node counts by the index when it first has to know, keeps the figure, and adds what it commits
itself; now and then it counts again.  Until then another node's writes are not in the figure: a
quota may be overshot by what the ledger of writes lets through meanwhile, and by nothing more.
"""

import collections
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Final

import msgspec

from models.access.limits import Quota
from models.base.document import Document
from models.base.errors import Conflict
from models.base.sizes import max_json_bytes
from models.contexts import QUOTAS
from upcoach.store.base import codec
from upcoach.store.base.database import Bson, Database
from upcoach.store.write.refs import Ref

FRESH_S: Final = 600.0  # until what is held is counted again
FRESH_WHEN_FULL_S: Final = 10.0  # the same beyond nine tenths of a quota
REMEMBERED: Final = 50_000  # counts in memory
ESCAPED: Final = 3  # how much longer than in the database a text can be in JSON

Kind = type[Document]
Place = tuple[str, Kind]  # whose, and of what
State = Mapping[Ref, Document | None]


class Held(msgspec.Struct):
    """What somebody keeps of one kind: so many documents, of so many bytes in all."""

    count: int = 0
    size: int = 0
    at: float = 0.0


class Holdings:
    """What this node knows of what people keep.

    Attributes
    ----------
    fresh_s
        How long it is believed.
    fresh_when_full_s
        The same beyond nine tenths of a quota.

    """

    def __init__(self, database: Database) -> None:
        self.fresh_s = FRESH_S
        self.fresh_when_full_s = FRESH_WHEN_FULL_S
        self._database = database
        self._held: collections.OrderedDict[Place, Held] = collections.OrderedDict()

    async def load(self, places: Iterable[Place]) -> None:
        """Know of *places* what is kept there."""
        now = time.monotonic()
        for place in places:
            held = self._held.get(place)
            if held is None or now - held.at > self._fresh_s(held, QUOTAS[place[1].kind]):
                self._held[place] = await self._counted(*place)
            self._held.move_to_end(place)
        while len(self._held) > REMEMBERED:
            self._held.popitem(last=False)

    @property
    def places(self) -> Collection[Place]:
        """Where it is known what is kept."""
        return self._held.keys()

    def of(self, place: Place) -> Held | None:
        """What is kept at *place*, as far as it is known."""
        return self._held.get(place)

    def add(self, growth: Mapping[Place, Held]) -> None:
        """Take note of what was committed here."""
        for place, more in growth.items():
            held = self._held.get(place)
            if held is not None:
                held.count += more.count
                held.size += more.size

    def forget(self, places: Iterable[Place]) -> None:
        """Count anew, the next time, what is kept at *places*."""
        for place in places:
            self._held.pop(place, None)

    def _fresh_s(self, held: Held, quota: Quota) -> float:
        is_nearly_full = held.count > quota.most * 0.9 or held.size > quota.size * 0.9
        return self.fresh_when_full_s if is_nearly_full else self.fresh_s

    async def _counted(self, owner: str, kind: Kind) -> Held:
        found = Held(at=time.monotonic())
        found.count = await self._sum(owner, kind, 1)
        # Few documents cannot have so many bytes, and need not be read.
        if found.count * _largest_of(kind) > QUOTAS[kind.kind].size:
            found.size = await self._sum(owner, kind, {"$bsonSize": "$$ROOT"})
        return found

    async def _sum(self, owner: str, kind: Kind, each: int | Bson) -> int:
        pipeline: list[Bson] = [
            {"$match": {"_id": codec.below(owner)}},
            {"$group": {"_id": None, "sum": {"$sum": each}}},
        ]
        async with self._database.turn():
            cursor = await self._database[kind.collection].aggregate(pipeline)
            return sum([int(one["sum"]) async for one in cursor])


class Growth:
    """What the writes of one batch add to what people keep."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._added: dict[Place, Held] = {}
        self._swept: set[Place] = set()

    def admit(self, before: State, staged: State) -> None:
        """Add what a write has *staged*, or refuse it with a `Conflict`."""
        added: dict[Place, Held] = {}
        for ref, after in staged.items():
            if ref.kind.kind in QUOTAS:
                more = added.setdefault((ref.owner, ref.kind), Held())
                standing = before.get(ref)
                more.count += (after is not None) - (standing is not None)
                more.size += _size(after) - _size(standing)
        for place, more in added.items():
            self._require(place, more)
        for place, more in added.items():
            sum_ = self._added.setdefault(place, Held())
            sum_.count += more.count
            sum_.size += more.size

    def has_room(self, place: Place, sizes: Mapping[Ref, int]) -> bool:
        """Whether documents of these *sizes* may be added at *place*."""
        try:
            self._require(place, Held(len(sizes), sum(sizes.values())))
        except Conflict:
            return False
        return True

    def sweep(self, parent: Ref) -> None:
        """Take note that what stands below *parent* goes, however much that is."""
        self._swept.add((parent.owner, parent.kind))

    def settle(self) -> None:
        """Take note that all of it is committed."""
        self._holdings.add(self._added)
        self._holdings.forget(self._swept)

    def _require(self, place: Place, more: Held) -> None:
        held, quota = self._holdings.of(place), QUOTAS[place[1].kind]
        if held is None:  # nothing was to be made of this kind
            return
        added = self._added.get(place, Held())
        if more.count > 0 and held.count + added.count + more.count > quota.most:
            raise quota_exceeded(place[1], quota)
        if more.size > 0 and held.size + added.size + more.size > quota.size:
            raise quota_exceeded(place[1], quota)


async def require_room(
    holdings: Holdings, wanted: Mapping[Ref, int], find: Callable[[list[Ref]], Awaitable[State]]
) -> None:
    """Refuse what would make documents of the sizes *wanted* where there is no room for all.

    Those that there are already (*find* knows) make nothing; it is asked where it matters only.
    """
    by_place: dict[Place, dict[Ref, int]] = {}
    for ref, size in wanted.items():
        if ref.kind.kind in QUOTAS:
            by_place.setdefault((ref.owner, ref.kind), {})[ref] = size
    await holdings.load(by_place)
    for place, sizes in by_place.items():
        growth = Growth(holdings)
        if growth.has_room(place, sizes):
            continue
        there = await find(list(sizes))
        missing = {ref: size for ref, size in sizes.items() if there.get(ref) is None}
        if not growth.has_room(place, missing):
            raise quota_exceeded(place[1], QUOTAS[place[1].kind])


def places_of(refs: State) -> set[Place]:
    """Where what was found of *refs* may become more: of some kinds any change may make it so."""
    return {
        (ref.owner, ref.kind)
        for ref, found in refs.items()
        if ref.kind.kind in QUOTAS and (found is None or _may_grow(ref.kind))
    }


def quota_exceeded(kind: Kind, quota: Quota) -> Conflict:
    """The refusal of what would be more than *quota*."""
    told = {"kind": kind.kind, "documents": quota.most, "bytes": quota.size}
    words = (
        f"An account keeps {quota.most:,} documents of this kind, and {quota.mib} MiB of them. "
        "Delete some first."
    )
    return Conflict("quota_exceeded", words, extra={"quota": told})


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
