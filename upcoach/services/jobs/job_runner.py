"""Does jobs, one part each time that they are due, and deletes them when their time is over.

A part is one transaction, which writes what it is about and how far the job has come: whatever
dies in between, it is done once.  Between two parts other timers have their turn.
"""

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

import structlog

from models.access.scope import Scope
from models.base.errors import NotFound, Refusal, Unavailable
from models.base.merge_patch import Json
from models.jobs import JOB_DUE, Job, JobError, JobType
from upcoach.services.base.timers import Fired, UnreadableDocument
from upcoach.services.jobs.jobs import HEADER
from upcoach.store.base.broken_documents import BrokenDocument
from upcoach.store.collections.documents import Documents
from upcoach.store.collections.job_inputs import JobInputs, JobKey
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write
from upcoach.store.write.timers import DueTimer

TRIES: Final = 5  # of a part that fails and should not
PATIENCE_S: Final = 8.0  # for a part: less than its timer has, so that it is known here
BROKEN: Final = JobError("internal", "This could not be done, by a fault of ours.")
LATE: Final = JobError("job_late", "Nobody could do this in time. Send it again.")

_log = structlog.get_logger(__name__)


class JobPart(NamedTuple):
    """A part of a job: the documents that it reads, and how it writes.

    Attributes
    ----------
    apply
        Writes the part, and returns the tally of all parts until then, given the one before.
    result
        The result of a job with a tally, of which this was the last part.

    """

    reads: tuple[Ref, ...]
    size: int
    apply: Callable[[WriteContext, Json], Json]
    result: Callable[[Json], Json]


class JobWork(Protocol):
    """What jobs of one type do."""

    async def part(self, owner: str, header: bytes, content: bytes) -> JobPart:
        """The part that *content* describes, and the *header* of all parts."""


class JobRunner:
    """Does what jobs ask for, as the handler of their timers.

    Attributes
    ----------
    patience_s
        How long a part may take, before it has failed.

    """

    def __init__(self, documents: Documents, committer: Committer, inputs: JobInputs) -> None:
        self.patience_s = PATIENCE_S
        self._documents = documents
        self._committer = committer
        self._inputs = inputs
        self._works: dict[JobType, JobWork] = {}

    def does(self, type_: JobType, work: JobWork) -> None:
        """Register what jobs of a type do."""
        self._works[type_] = work

    async def fire(self, timer: DueTimer, now: dt.datetime, *, is_late: bool) -> Fired:
        """See `TimerHandler.fire`."""
        try:
            job = await self._documents.get_any(Job, timer.owner, timer.about)
        except NotFound:
            return Fired("skipped", None)
        if isinstance(job, BrokenDocument):
            raise UnreadableDocument
        if not job.is_open:
            return await self._delete(job, now)
        if is_late:
            return await self._end(job, LATE, now)
        try:
            async with asyncio.timeout(self.patience_s):
                after = await self._do_part(job)
        except Unavailable:
            raise
        except Refusal as refusal:
            return await self._end(job, JobError.of(refusal), now)
        # Its owner waits for an end of it, whatever it was that failed.
        except Exception:
            if timer.failures + 1 < TRIES:
                raise
            _log.exception("job_broken", type=job.type, job=job.id)
            return await self._end(job, BROKEN, now)
        return await self._fired(after, now)

    async def _do_part(self, job: Job) -> Job:
        """Do the next part of *job*, and return the job as it is then."""
        numbers = (HEADER, HEADER + 1 + job.position)
        header, content = await self._inputs.read(JobKey(job.owner, job.id), numbers)
        part = await self._works[job.type].part(job.owner, header, content)

        def decide(changes: WriteContext) -> Outcome[Job]:
            before = changes.get(Job, job.owner, job.id)
            if not before.is_open or before.position != job.position:
                return Outcome(verb="unchanged", document=before)
            tally = part.apply(changes, before.tally or {})
            after = before.advanced_by_part(tally, changes.at)
            if after.position == after.parts:
                after = after.succeeded(part.result(tally), changes.at)
            return Outcome(verb="updated", document=changes.update(before, after))

        return await self._write(job, decide, part.reads, part.size, session=job.session)

    async def _end(self, job: Job, error: JobError, now: dt.datetime) -> Fired:
        """End *job*, of which no more can be done."""

        def decide(changes: WriteContext) -> Outcome[Job]:
            before = changes.find(Job, job.owner, job.id)
            if before is None or not before.is_open:  # cancelled meanwhile, or deleted, too
                return Outcome(verb="unchanged", document=before or job)
            after = changes.update(before, before.failed(error, changes.at))
            return Outcome(verb="updated", document=after)

        return await self._fired(await self._write(job, decide), now)

    async def _write(
        self,
        job: Job,
        decide: Callable[[WriteContext], Outcome[Job]],
        reads: tuple[Ref, ...] = (),
        size: int = 0,
        session: str = "",
    ) -> Job:
        ref = Ref(Job, job.owner, job.id)
        scope = Scope(user=job.owner, session=session)
        write = Write(scope=scope, reads=(ref, *reads), decide=decide, size=size)
        return (await self._committer.commit(write)).document

    async def _fired(self, job: Job, now: dt.datetime) -> Fired:
        """What became of a timer whose *job* is so now."""
        if not job.is_open:
            await self._inputs.remove(JobKey(job.owner, job.id))
        return Fired("done", JOB_DUE.next_due(job, now))

    async def _delete(self, job: Job, now: dt.datetime) -> Fired:
        """Delete what is left of *job*, which has ended, or its input alone, if it is too soon."""
        if job.expires_at is not None and job.expires_at > now:
            return await self._fired(job, now)

        def decide(changes: WriteContext) -> Outcome[None]:
            changes.discard(Job, job.owner, job.id)
            return Outcome(verb="deleted", document=None)

        scope, ref = Scope(user=job.owner), Ref(Job, job.owner, job.id)
        await self._committer.commit(Write(scope=scope, reads=(ref,), decide=decide))
        await self._inputs.remove(JobKey(job.owner, job.id))
        return Fired("done", None)
