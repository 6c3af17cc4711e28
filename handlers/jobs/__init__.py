"""Long work of the caller."""

from typing import Final

from handlers.http.manifest import Context, HandlerRoute
from handlers.http.operations.areas import Area
from handlers.jobs.job_handler import JobHandler, job_of
from handlers.jobs.jobs import JOBS, ONE, OPERATIONS

CONTEXT: Final = Context(
    service=lambda runner: runner.services.jobs,
    operations=OPERATIONS,
    routes=(
        HandlerRoute(ONE, JobHandler, job_of, pattern=f"{JOBS}/(?P<id>[^/]+)", for_operations=True),
    ),
    areas=(
        Area(
            name="Jobs",
            meaning="Long work that goes on after the request that began it.",
            paths=(JOBS,),
        ),
    ),
)
