"""Imports of what people logged elsewhere."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, NamedTuple

import msgspec

from models.access.scope import Scope
from models.base.clock import Clock
from models.base.document import Document
from models.base.merge_patch import Json
from models.base.time import check_zone
from models.habits import Habit
from models.jobs import Job
from upcoach.services.base.concurrency import UserConcurrency
from upcoach.services.imports.plan_codec import PackedItem, PackedPlan, area_named
from upcoach.services.imports.planning.plan import ImportItem, ImportTally
from upcoach.services.imports.worker_protocol import Format, ImportFile, ImportJob, PlanBegun
from upcoach.services.imports.workers import Workers
from upcoach.services.jobs import JobPart, Jobs
from upcoach.store.base.pacing import paced
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.quotas import require_room
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Mutation, Write

# A transaction has to fit into MongoDB's cache with all that it writes, beside everybody else's:
# in the smallest one that we run, 14,000 entries barely did, and took minutes.
PART: Final = 250  # documents
PART_BYTES: Final = 1 << 20
PATIENCE_S: Final = 30.0  # how long an import of somebody waits for their one before

_plans: Final = msgspec.msgpack.Decoder(PlanBegun)
_items: Final = msgspec.msgpack.Decoder(list[PackedItem])


class _Part(NamedTuple):
    """Items that are written together, and their bytes."""

    items: Sequence[ImportItem]
    size: int

    def reads(self, owner: str) -> tuple[Ref, ...]:
        """The refs that all of them have to read."""
        return tuple(dict.fromkeys(ref for item in self.items for ref in item.reads(owner)))


class Imports:
    """Imports are idempotent: an id follows from its owner and its name in the file.

    What a person has changed here since wins over the file; what came with an earlier import of the
    same habit follows it.  A file that cannot be read is refused whole, before anything is written.
    One with more than 250 documents, or a megabyte, is written in parts, each whole: after a crash
    between two of them, or a refusal, the same import again goes on.
    """

    def __init__(
        self,
        documents: Documents,
        committer: Committer,
        workers: Workers,
        jobs: Jobs,
        clock: Clock,
    ) -> None:
        self._documents = documents
        self._committer = committer
        self._workers = workers
        self._jobs = jobs
        self._clock = clock
        self._users = UserConcurrency(running=1, waiting=2, patience_s=PATIENCE_S)

    def slot(self, scope: Scope) -> AbstractAsyncContextManager[None]:
        """Hold the caller's slot while a file is read and carried out: one at a time."""
        return self._users.slot(scope.user)

    async def repeated(self, scope: Scope, mutation: Mutation) -> WriteResult[Json] | None:
        """The answer that an import under *mutation* got before; None where there was none."""
        return await self._committer.repeated(scope, mutation)

    async def read(
        self,
        scope: Scope,
        format_: Format,
        file: ImportFile,
        tz: str,
        moods: Mapping[str, int] | None = None,
    ) -> PackedPlan:
        """Read a file into a plan, for somebody in *tz*; *moods* are levels by their names."""
        check_zone(tz)
        job = ImportJob(format_, scope.user, tz, self._clock(), dict(moods or {}))
        return await self._workers.read(job, file)

    async def show(self, scope: Scope, plan: PackedPlan) -> Json:
        """Preview *plan*: what it would do now; nothing is written."""
        await self._require_room(scope, plan)
        tally = ImportTally(plan.areas, plan.source, plan.notes, plan.reports)
        at = self._clock()
        made: dict[Ref, Document | None] = {}
        async for part in _parts(plan):
            state = await self._documents.state(part.reads(scope.user))
            changes = WriteContext(at, state | made, {})
            async for item in paced(part.items):
                tally.take(item, changes, scope.user)
            # What follows stands below habits alone: all else is forgotten with its part.
            made |= {ref: habit for ref, habit in changes.staged.items() if ref.kind is Habit}
        return tally.shown()

    async def begin(
        self, scope: Scope, plan: PackedPlan, about: Format, mutation: Mutation | None = None
    ) -> WriteResult[Job]:
        """Begin a job that carries out *plan*, of a file in the format *about*."""
        await self._require_room(scope, plan)
        return await self._jobs.begin(scope, "import", about, _job_parts(plan), mutation)

    async def carry_out(
        self, scope: Scope, plan: PackedPlan, mutation: Mutation | None = None
    ) -> WriteResult[Json]:
        """Carry out *plan*, under *mutation* in its last part; nothing, if it exceeds a quota."""
        await self._require_room(scope, plan)
        before: Json = {}
        waiting = _Part([], 0)
        async for part in _parts(plan):
            if waiting.items:
                before = (await self._write(scope, plan, waiting, before, None)).body or {}
            waiting = part
        return await self._write(scope, plan, waiting, before, mutation)

    async def _require_room(self, scope: Scope, plan: PackedPlan) -> None:
        """Refuse a plan that makes more than its owner's quotas have room for."""

        async def sizes() -> AsyncIterator[tuple[Ref, int]]:
            async for item in paced(plan.items):
                yield item.opened().reads(scope.user)[-1], item.kept

        await require_room(self._committer.holdings, sizes)

    async def _write(
        self,
        scope: Scope,
        plan: PackedPlan,
        part: _Part,
        before: Json,
        mutation: Mutation | None,
    ) -> WriteResult[Json]:
        def decide(changes: WriteContext) -> Outcome[Json]:
            tally = ImportTally(plan.areas, plan.source, plan.notes, plan.reports, before)
            for item in part.items:
                tally.take(item, changes, scope.user)
            return Outcome(verb="updated" if tally.changed else "unchanged", document=tally.body())

        reads = part.reads(scope.user)
        return await self._committer.submit(
            Write(scope=scope, reads=reads, decide=decide, mutation=mutation, size=part.size)
        )


async def _parts(plan: PackedPlan) -> AsyncIterator[_Part]:
    """The items of *plan* in parts that fit into a transaction, opened when they are asked for."""
    async for packed in _packed_parts(plan):
        yield await _opened(packed)


async def _packed_parts(plan: PackedPlan) -> AsyncIterator[list[PackedItem]]:
    """The same, still packed."""
    part: list[PackedItem] = []
    size = 0
    async for packed in paced(plan.items):
        if part and (len(part) == PART or size + packed.size > PART_BYTES):
            yield part
            part, size = [], 0
        part.append(packed)
        size += packed.size
    if part:
        yield part


async def _opened(packed: Sequence[PackedItem]) -> _Part:
    items = [item.opened() async for item in paced(packed)]
    return _Part(items, sum(item.size for item in packed))


async def _job_parts(plan: PackedPlan) -> AsyncIterator[bytes]:
    """*plan* as the input of a job: what all parts need, and the parts."""
    areas = tuple(item.area for item in plan.areas)
    yield msgspec.msgpack.encode(PlanBegun(plan.source, areas, plan.notes, plan.reports))
    is_empty = True
    async for packed in _packed_parts(plan):
        yield msgspec.msgpack.encode(packed)
        is_empty = False
    if is_empty:
        yield msgspec.msgpack.encode([])


class ImportWork:
    """What jobs that import do."""

    async def part(self, owner: str, header: bytes, content: bytes) -> JobPart:
        """See `JobWork.part`."""
        begun = _plans.decode(header)
        opened = await _opened(_items.decode(content))
        areas = [area_named(name) for name in begun.areas]

        def tally_of(before: Json) -> ImportTally:
            return ImportTally(areas, begun.source, begun.notes, begun.reports, before)

        def apply(changes: WriteContext, before: Json) -> Json:
            tally = tally_of(before)
            for item in opened.items:
                tally.take(item, changes, owner)
            return tally.counts()

        return JobPart(
            opened.reads(owner), opened.size, apply, lambda counts: tally_of(counts).body()
        )
