"""Jobs as their owners see them: begun, looked at, cancelled, deleted."""

from collections.abc import AsyncIterable
from typing import Final

from models.access.scope import Scope
from models.base.errors import Conflict
from models.base.ids import new_id
from models.jobs import ID_PREFIX, MOST, MOST_OPEN, Job, JobType, NewJob
from upcoach.services.base.merging import require_version
from upcoach.services.base.resources import deletion_outcome, write_outcome
from upcoach.store.collections.documents import Documents
from upcoach.store.collections.job_inputs import JobInputs, JobKey
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.refs import Listing, Ref
from upcoach.store.write.requests import Mutation, Write

HEADER: Final = 0  # the number of the part of an input that all parts of the work need


class Jobs:
    """The jobs of people."""

    def __init__(self, documents: Documents, committer: Committer, inputs: JobInputs) -> None:
        self._documents = documents
        self._committer = committer
        self._inputs = inputs

    async def get(self, scope: Scope, job_id: str) -> Job:
        """One of the caller's jobs."""
        return await self._documents.get(Job, scope.user, job_id)

    async def page(self, scope: Scope, after: str, limit: int) -> list[Job]:
        """The caller's jobs in the order in which they were begun."""
        return await self._documents.page(Job, scope.user, after=after, limit=limit)

    async def begin(
        self,
        scope: Scope,
        type_: JobType,
        about: str,
        parts: AsyncIterable[bytes],
        mutation: Mutation | None,
    ) -> WriteResult[Job]:
        """Begin a job with an input: a header, which all *parts* behind it need, and these.

        `Conflict` where its owner has as many open as there may be.  The oldest of those that have
        ended goes where there are too many.
        """
        job_id = new_id(ID_PREFIX)
        self._require_room(await self._documents.page(Job, scope.user, limit=2 * MOST))
        number = await self._inputs.write(JobKey(scope.user, job_id), parts)
        draft = NewJob(id=job_id, type=type_, about=about, parts=number - 1, session=scope.session)

        def decide(changes: WriteContext) -> Outcome[Job]:
            present = changes.all(Job, scope.user)
            self._require_room(present)
            ended = [job for job in present if not job.is_open]
            for job in ended[: max(0, len(present) + 1 - MOST)]:
                changes.delete(job)
            made = changes.create(Job.drafted(draft, owner=scope.user, at=changes.at))
            return write_outcome("created", made)

        ref = Ref(Job, scope.user, job_id)
        write = Write(
            scope=scope,
            reads=(ref,),
            lists=(Listing(Job, scope.user),),
            decide=decide,
            mutation=mutation,
            fresh=(ref,),
        )
        is_begun = False
        try:
            result = await self._committer.submit(write)
            is_begun = not result.replayed
        finally:  # of a job that there is not, nothing is kept
            if not is_begun:
                await self._inputs.remove(JobKey(scope.user, job_id))
        return result

    async def cancel(
        self, scope: Scope, job_id: str, mutation: Mutation | None = None
    ) -> WriteResult[Job]:
        """Cancel a job: nothing more of it is done, and what is done stays.

        `Conflict` where it has ended otherwise.
        """

        def decide(changes: WriteContext) -> Outcome[Job]:
            job = changes.get(Job, scope.user, job_id)
            if job.state == "cancelled":
                return write_outcome("unchanged", job)
            if not job.is_open:
                raise Conflict("job_ended", "This job has ended already.")
            return write_outcome("updated", changes.update(job, job.cancelled(changes.at)))

        reads = (Ref(Job, scope.user, job_id),)
        write = Write(scope=scope, reads=reads, decide=decide, mutation=mutation)
        result = await self._committer.submit(write)
        await self._inputs.remove(JobKey(scope.user, job_id))
        return result

    async def delete(
        self, scope: Scope, job_id: str, base: int | None, mutation: Mutation | None
    ) -> WriteResult[Job | None]:
        """Delete the record of a job that has ended; `Conflict` for one that has not."""

        def decide(changes: WriteContext) -> Outcome[None]:
            job = changes.get_any(Job, scope.user, job_id)
            if base is not None:
                require_version(job, base, mutation)
            if isinstance(job, Job) and job.is_open:
                raise Conflict("job_running", "Cancel this job first.")
            changes.delete(job)
            return deletion_outcome(job)

        reads = (Ref(Job, scope.user, job_id),)
        write = Write(scope=scope, reads=reads, decide=decide, mutation=mutation)
        return await self._committer.submit(write)

    @staticmethod
    def _require_room(present: list[Job]) -> None:
        if sum(job.is_open for job in present) >= MOST_OPEN:
            words = f"You have {MOST_OPEN} jobs under way: wait for one, or cancel it."
            raise Conflict("jobs_too_many", words)
