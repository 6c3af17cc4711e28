"""Jobs: long work of a person that goes on after the request that began it.

A job is done in parts, each in a transaction that also says how far the job has come, so that it
goes on behind the last one on whichever node finds it due.
"""

import datetime as dt
from typing import Annotated, ClassVar, Final, Literal, Self

import msgspec

from models.base.document import Document, Privacy
from models.base.errors import FieldError, Refusal
from models.base.merge_patch import Json
from models.base.timers import TimerRule

ID_PREFIX: Final = "job"  # of ids
KEPT: Final = dt.timedelta(days=7)  # after its end
GRACE: Final = dt.timedelta(days=1)  # for which a job is waited for that nobody could do
MOST_OPEN: Final = 5  # of one person
MOST: Final = 100  # of one person, with those that have ended
_SOON: Final = dt.timedelta(milliseconds=1)

JobType = Literal["import"]
JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
OPEN: Final[frozenset[JobState]] = frozenset({"queued", "running"})


class JobError(msgspec.Struct, frozen=True):
    """Why a job has failed, as a problem says it.

    Attributes
    ----------
    code
        What is wrong, under a name that stays.
    detail
        What is wrong, as a sentence.
    errors
        The places in what was sent that are wrong.

    """

    code: str
    detail: str
    errors: tuple[FieldError, ...] = ()

    @classmethod
    def of(cls, refusal: Refusal) -> Self:
        """What *refusal* says."""
        return cls(refusal.code, refusal.detail, refusal.flaws)


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """What the server says of a new job.

    Attributes
    ----------
    parts
        How many parts it has.
    session
        The login that began it, with which it ends.

    """

    id: str
    type: JobType
    about: str
    parts: int
    session: str


class Job(Document, frozen=True, kw_only=True):
    """A job: long work of a person, and how far it has come.

    Attributes
    ----------
    type
        What is done.
    about
        What it is about; of an import, the format of the file.
    state
        How it stands: `queued` and `running` are open, the others are how it has ended.
    progress
        The share that is done, from 0 to 1.
    result
        What came of it, once it has succeeded: what the same request answers that waits for it.
    error
        Why it has failed.
    started_at
        When its first part was done.
    ended_at
        When it ended.
    expires_at
        When it is deleted by itself; null before it has ended.
    parts
        How many parts it has.
    position
        How many of them are done.
    tally
        What its work has counted until then.
    session
        The login that began it, with which it ends.

    """

    kind: ClassVar[str] = "job"
    id_prefix: ClassVar[str] = ID_PREFIX
    collection: ClassVar[str] = "jobs"

    type: JobType
    about: Annotated[str, Privacy.PERSONAL]
    state: JobState = "queued"
    progress: float = 0.0
    result: Annotated[Json | None, Privacy.SEALED] = None
    error: Annotated[JobError | None, Privacy.SEALED] = None
    started_at: Annotated[dt.datetime | None, Privacy.PERSONAL] = None
    ended_at: Annotated[dt.datetime | None, Privacy.PERSONAL] = None
    expires_at: dt.datetime | None = None
    parts: Annotated[int, Privacy.HIDDEN]
    position: Annotated[int, Privacy.HIDDEN] = 0
    tally: Annotated[Json | None, Privacy.SEALED, Privacy.HIDDEN] = None
    session: Annotated[str, Privacy.PERSONAL, Privacy.HIDDEN]

    @classmethod
    def drafted(cls, draft: NewJob, *, owner: str, at: dt.datetime) -> Self:
        """A new job, of which nothing is done."""
        return cls(owner=owner, created_at=at, updated_at=at, **msgspec.structs.asdict(draft))

    @property
    def is_open(self) -> bool:
        """Whether something of it is still to be done."""
        return self.state in OPEN

    def advanced_by_part(self, tally: Json, at: dt.datetime) -> Self:
        """The same job with one more part done."""
        position = self.position + 1
        return msgspec.structs.replace(
            self.advanced(at),
            state="running",
            started_at=self.started_at or at,
            position=position,
            progress=round(position / self.parts, 4),
            tally=tally,
        )

    def succeeded(self, result: Json, at: dt.datetime) -> Self:
        """The same job, of which all is done."""
        return msgspec.structs.replace(self.ended("succeeded", at), progress=1.0, result=result)

    def failed(self, error: JobError, at: dt.datetime) -> Self:
        """The same job, of which nothing more is done; what is done stays."""
        return msgspec.structs.replace(self.ended("failed", at), error=error)

    def cancelled(self, at: dt.datetime) -> Self:
        """The same job, of which nothing more is done; what is done stays."""
        return self.ended("cancelled", at)

    def ended(self, state: JobState, at: dt.datetime) -> Self:
        """The same job, which has ended in *state*."""
        return msgspec.structs.replace(
            self.advanced(at), state=state, ended_at=at, expires_at=at + KEPT, tally=None
        )


def next_due(job: Job, after: dt.datetime) -> dt.datetime:
    """When *job* is next looked at: at once while it is open, and to be deleted later."""
    return after + _SOON if job.expires_at is None else max(job.expires_at, after + _SOON)


JOB_DUE: Final = TimerRule(name="job", next_due=next_due, grace=GRACE, is_bulk=True)
