"""All that stands in the caller's calendar between two moments."""

import datetime as dt
import typing
from typing import Annotated, Final

import msgspec

from handlers.calendar.spans import parsed_span
from handlers.http.operations import Call, Operation, Query, Reply
from handlers.http.pagination import LIMIT, Items, PageSize, items_reply, next_path
from handlers.http.time_zones import zone
from models.base.errors import invalid_parameter
from models.base.fields import Moment
from upcoach.services.calendar import (
    CalendarItem,
    CalendarKind,
    CalendarServices,
    CalendarWindow,
    place_of,
)

CALENDAR: Final = "/v1/calendar"
LONGEST: Final = dt.timedelta(days=62)
KINDS: Final = typing.get_args(CalendarKind)


class CalendarQuery(Query, frozen=True, kw_only=True):
    """A part of a calendar.

    Attributes
    ----------
    from
        The first moment; the beginning of today without it.
    to
        The moment after the last, 62 days later at most; seven days later without it.
    tz
        The zone whose clocks show the times; the caller's without it.
    kinds
        Which kinds, with commas between: event, session, task, goal, milestone, habit. All, without
        it.
    limit
        How many items.
    after
        The page token: where the page before has ended.

    """

    first: Moment | None = msgspec.field(name="from", default=None)
    to: Moment | None = None
    tz: str | None = None
    kinds: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    limit: PageSize = LIMIT
    after: str = ""


async def items(services: CalendarServices, call: Call) -> Reply:
    """List all that stands in the caller's calendar: events, sessions, and what is due."""
    query = call.parse_query(CalendarQuery)
    tz = await zone(services.zones, call, query.tz)
    first, last = parsed_span(query.first, query.to, tz, LONGEST)
    window = CalendarWindow(first=first, last=last, tz=tz)
    found = await services.ranges.items(call.scope, window, _kinds(query.kinds))
    beyond = [item for item in found if _token(item) > query.after] if query.after else found
    page = beyond[: query.limit]
    following = ""
    if len(beyond) > len(page):
        following = next_path(CALENDAR, call.query, after=_token(page[-1]))
    return items_reply(page, following)


def _kinds(text: str | None) -> list[CalendarKind] | None:
    if text is None:
        return None
    kinds = text.split(",")
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        words = f"There is no kind {unknown[0][:20]!r}: {', '.join(KINDS)}."
        raise invalid_parameter("kinds", words)
    return typing.cast("list[CalendarKind]", kinds)


def _token(item: CalendarItem) -> str:
    """Where *item* stands, as text in the same order."""
    at, *rest = place_of(item)
    return " ".join((f"{at:%Y-%m-%dT%H:%M:%S.%f}", *rest))


OPERATIONS = (
    Operation(
        method="GET",
        path=CALENDAR,
        run=items,
        needs="calendar:read",
        query=CalendarQuery,
        gives=Items[CalendarItem],
        weight=5,
    ),
)
