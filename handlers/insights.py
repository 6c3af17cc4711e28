"""Insights: read by people, written by learners."""

from handlers.operations import LIMIT, Call, Operation, Reply, listed, shown
from upcoach.services import Services


async def page(services: Services, call: Call) -> Reply:
    """The caller's insights."""
    query = call.parameters("limit", "after")
    limit = call.number("limit", LIMIT, LIMIT)
    found = await services.insights.page(call.scope, after=query.get("after", ""), limit=limit + 1)
    return listed("/v1/coach/insights", found, limit)


async def read(services: Services, call: Call) -> Reply:
    """One of the caller's insights."""
    return shown(await services.insights.get(call.scope, call.names["id"]))


OPERATIONS = (
    Operation(method="GET", path="/v1/coach/insights", run=page),
    Operation(method="GET", path="/v1/coach/insights/{id}", run=read),
)
