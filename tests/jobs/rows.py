"""What the laws try of jobs."""

from collections.abc import Iterator

from models.base.document import Document
from models.base.errors import FieldError
from models.base.merge_patch import Json
from models.jobs import Job, JobError
from tests.jobs.writing import CANCEL, JOBS, ONE, queue
from tests.support.laws.context import NOON, ContextRows
from tests.support.laws.snapshots import CHANGED, DELETED, Row
from tests.support.server import Server
from upcoach.client import RestClient

OPEN = "job_01a20c66-99df-75bd-8f37-3328887fd941"
ENDED = "job_01a20c66-99df-75bd-8f37-3328887fd942"
SECRET = "job_01a20c66-99df-75bd-8f37-3328887fd943"
NOTHING = "job_01a20c66-99df-75bd-8f37-3328887fd944"

WRITES = (
    Row("cancel a job", CHANGED, ("job.updated",), "POST", CANCEL, {"id": OPEN}),
    Row("cancel one that has ended", 409, (), "POST", CANCEL, {"id": ENDED}),
    Row("cancel one that is not", 404, (), "POST", CANCEL, {"id": NOTHING}),
    Row("delete a job that has ended", DELETED, ("job.deleted",), "DELETE", ONE, {"id": ENDED}),
    Row("delete a job's future", 412, (), "DELETE", ONE, {"id": ENDED}, base=7),
    Row("delete one that is open", 409, (), "DELETE", ONE, {"id": OPEN}),
    Row("delete one that is not", 404, (), "DELETE", ONE, {"id": NOTHING}),
)


async def furnish(server: Server, person: RestClient) -> None:
    """Give *person* a job that is open, and one that has ended."""
    await queue(server, person, OPEN)
    await queue(server, person, ENDED, ended=True)


async def hidden(server: Server, stranger: RestClient) -> dict[str, str]:
    """The id of a job that *stranger* has."""
    await queue(server, stranger, SECRET)
    return {JOBS: SECRET}


def full(base: Json) -> Iterator[Document]:
    """A document of each kind, with every field filled."""
    yield Job(
        id="job_1",
        type="import",
        about="loop",
        state="failed",
        progress=0.5,
        result={"notes": ["canary"]},
        error=JobError("canary", "canary", (FieldError("/canary", "canary", "canary"),)),
        started_at=NOON,
        ended_at=NOON,
        expires_at=NOON,
        parts=2,
        position=1,
        tally={"canary": {"created": 1}},
        session="ses_1",
        **base,
    )


ROWS = ContextRows(
    name="jobs",
    writes=WRITES,
    furnish=furnish,
    ids={JOBS: OPEN},
    hidden=hidden,
    lists={JOBS: 100},
    full=full,
    deleted={"job": "/v1/jobs/{}"},
)
