"""Insights: read by people, written by learners."""

from handlers.http.operations import Call, Operation, Reply, shown
from handlers.http.pagination import Items, PageQuery, listed
from models.insights import HabitForecast
from upcoach.services.insights import InsightServices

INSIGHTS = "/v1/coach/insights"


async def page(services: InsightServices, call: Call) -> Reply:
    """The caller's insights."""
    query = call.asked(PageQuery)
    found = await services.insights.page(
        HabitForecast, call.scope, after=query.after, limit=query.limit + 1
    )
    return listed(INSIGHTS, call, found, query.limit)


async def read(services: InsightServices, call: Call) -> Reply:
    """One of the caller's insights."""
    return shown(await services.insights.get(HabitForecast, call.scope, call.names["id"]))


OPERATIONS = (
    Operation(
        method="GET",
        path=INSIGHTS,
        run=page,
        needs="coach:read",
        query=PageQuery,
        gives=Items[HabitForecast],
    ),
    Operation(
        method="GET", path=INSIGHTS + "/{id}", run=read, needs="coach:read", gives=HabitForecast
    ),
)
