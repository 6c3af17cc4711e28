"""Jobs of the caller, and waiting for the end of one."""

from typing import Final

from handlers.http.operations import Call, Operation, Reply, document_reply, write_reply
from handlers.http.pagination import Items, PageQuery, page_by_id
from handlers.http.prefer_header import WAIT
from models.jobs import Job
from upcoach.services.jobs import JobServices

JOBS: Final = "/v1/jobs"
ONE: Final = JOBS + "/{id}"
READ, WRITE = "jobs:read", "jobs:write"


async def list_jobs(services: JobServices, call: Call) -> Reply:
    """List the caller's jobs, in the order in which they were begun."""
    query = call.parse_query(PageQuery)
    documents = await services.jobs.page(call.scope, query.after, query.limit + 1)
    return page_by_id(JOBS, call, documents, query.limit)


async def read(services: JobServices, call: Call) -> Reply:
    """Get a job: how it goes on, and what came of it."""
    return document_reply(await services.jobs.get(call.scope, call.names["id"]))


async def cancel(services: JobServices, call: Call) -> Reply:
    """Cancel a job: nothing more of it is done, and what is done stays."""
    return write_reply(await services.jobs.cancel(call.scope, call.names["id"], call.mutation))


async def delete(services: JobServices, call: Call) -> Reply:
    """Delete the record of a job that has ended."""
    return write_reply(
        await services.jobs.delete(call.scope, call.names["id"], call.base, call.mutation)
    )


OPERATIONS: Final = (
    Operation(
        method="GET", path=JOBS, run=list_jobs, needs=READ, query=PageQuery, gives=Items[Job]
    ),
    Operation(method="GET", path=ONE, run=read, needs=READ, gives=Job, prefers=(WAIT,)),
    Operation(
        method="POST",
        path=ONE + "/cancel",
        run=cancel,
        needs=WRITE,
        gives=Job,
        live=True,
        statuses=(200,),
    ),
    Operation(method="DELETE", path=ONE, run=delete, needs=WRITE, base="taken", live=True),
)
