"""Insights: read by people, written by learners."""

from handlers.http.operations import Call, Operation, Reply, document_reply
from handlers.http.pagination import Items, PageQuery, page_by_id
from models.insights import HabitForecast
from upcoach.services.insights import InsightServices

INSIGHTS = "/v1/coach/insights"


async def list_insights(services: InsightServices, call: Call) -> Reply:
    """List the caller's insights."""
    query = call.parse_query(PageQuery)
    insights = await services.insights.page(
        HabitForecast, call.scope, after=query.after, limit=query.limit + 1
    )
    return page_by_id(INSIGHTS, call, insights, query.limit)


async def read(services: InsightServices, call: Call) -> Reply:
    """Get an insight."""
    return document_reply(await services.insights.get(HabitForecast, call.scope, call.names["id"]))


OPERATIONS = (
    Operation(
        method="GET",
        path=INSIGHTS,
        run=list_insights,
        needs="coach:read",
        query=PageQuery,
        gives=Items[HabitForecast],
    ),
    Operation(
        method="GET", path=INSIGHTS + "/{id}", run=read, needs="coach:read", gives=HabitForecast
    ),
)
