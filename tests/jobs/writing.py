"""Jobs that are begun by an import, or simply there, as a write of the server's leaves them."""

import asyncio
import datetime as dt
from typing import Final

from models.base.document import Document
from models.base.merge_patch import Json
from models.jobs import Job, NewJob
from tests.support.people.scopes import scope_of
from tests.support.server import Server
from upcoach.client import Response, RestClient
from upcoach.store.collections import job_inputs
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write
from upcoach.store.write.timers import DueTimer

JOBS: Final = "/v1/jobs"
ONE: Final = JOBS + "/{id}"
CANCEL: Final = ONE + "/cancel"
RESULT: Final[Json] = {"notes": [], "habits": {"created": 1, "kept": 0}}
START: Final = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


async def queue(server: Server, person: RestClient, *ids: str, ended: bool = False) -> None:
    """Give *person* jobs without an input, which are open, or have *ended*."""
    scope = scope_of(server, person)

    def decide(changes: WriteContext) -> Outcome[Document | None]:
        for name in ids:
            draft = NewJob(id=name, type="import", about="loop", parts=2, session=scope.session)
            job = Job.drafted(draft, owner=scope.user, at=changes.at)
            changes.create(job.succeeded(RESULT, changes.at) if ended else job)
        return Outcome(verb="created", document=None)

    reads = tuple(Ref(Job, scope.user, name) for name in ids)
    await server.node.committer.commit(Write(scope=scope, reads=reads, decide=decide))


def table(number: int) -> bytes:
    """A table of so many moods."""
    rows = (f"{(START + dt.timedelta(hours=n)).isoformat()},{1 + n % 5}" for n in range(number))
    return "\n".join(("at,level", *rows)).encode()


async def begin(
    person: RestClient, content: bytes, *, prefer: str = "respond-async", key: str = ""
) -> Response:
    """Import a table of moods."""
    headers = {"Content-Type": "text/csv", "Prefer": prefer}
    headers |= {"Idempotency-Key": key} if key else {}
    return await person.call("POST", "/v1/imports/csv/moods?tz=UTC", raw=content, headers=headers)


async def state_of(person: RestClient, location: str, wait_s: int = 0) -> Json:
    """The job at *location*, when it has ended, or after so many seconds."""
    headers = {"Prefer": f"wait={wait_s}"} if wait_s else {}
    answer = await person.call("GET", location, headers=headers)
    assert answer.status == 200, answer
    assert isinstance(answer.body, dict)
    return answer.body


async def ended(person: RestClient, location: str) -> Json:
    """The job at *location* when it has ended."""
    async with asyncio.timeout(120):
        job = await state_of(person, location, 30)
        while job["state"] in ("queued", "running"):
            job = await state_of(person, location, 30)
        return job


async def due_jobs(server: Server) -> dict[str, DueTimer]:
    """The timers of jobs that are due, claimed here, by the job's id."""
    due = await server.node.assembly.timers.timers.claim(1_000, ["job"])
    return {timer.about: timer for timer in due}


async def do_part(server: Server, due: DueTimer, *, is_late: bool = False) -> None:
    """Do what one claim of a job's timer does."""
    await server.node.services.jobs.runner.fire(due, due.due, is_late=is_late)


async def moods_of(server: Server, person: RestClient) -> int:
    """How many moods *person* has."""
    query = {"owner": scope_of(server, person).user}
    return int(await server.node.database["moods"].count_documents(query))


async def inputs_of(server: Server, job: str) -> int:
    """How many parts of a job's input are kept."""
    query = {"_id": {"$regex": job}}
    return int(await server.node.database[job_inputs.COLLECTION].count_documents(query))
