"""Events of the caller's calendar, and single occurrences of them."""

import datetime as dt
from typing import Final, Literal

import msgspec

from handlers.calendar.spans import parsed_span
from handlers.http.operations import Call, Operation, Query, Reply, write_reply
from handlers.http.pagination import Items, UpdatedQuery, span_and_rest
from handlers.http.resources import resource
from handlers.http.time_zones import zone
from models.base.fields import Moment
from models.calendar import (
    CalendarEvent,
    EventOccurrence,
    NewCalendarEvent,
    OccurrenceDraft,
    WallMoment,
)
from upcoach.services.base.resources import require_object
from upcoach.services.calendar import CalendarEvents, CalendarServices, Extent
from upcoach.store.collections.documents import Selection

EVENTS: Final = "/v1/calendar/events"
OCCURRENCES: Final = EVENTS + "/{id}/occurrences"
OCCURRENCE: Final = OCCURRENCES + "/{starts}"
_FIELDS: Final = {"created": "created_at", "updated": "updated_at", "starts": "starts_at"}


class CalendarEventQuery(UpdatedQuery, frozen=True, kw_only=True):
    """Some events in some order.

    Attributes
    ----------
    sort
        The order, descending with a minus: `created` by default, `updated` with *updated_since*.

    """

    sort: Literal["created", "-created", "updated", "-updated", "starts", "-starts"] | None = None

    def selection(self) -> Selection:
        """See `ListQuery.selection`."""
        order = _FIELDS[self.ordering().removeprefix("-")]
        span, rest = span_and_rest(order, {"updated_at": self.updated()})
        return Selection(
            order=order,
            where=rest,
            span=span,
            descending=self.ordering().startswith("-"),
            after=self.after,
            limit=self.limit + 1,
        )


class OccurrencesQuery(Query, frozen=True, kw_only=True):
    """The occurrences of an event between two moments.

    Attributes
    ----------
    from
        The first moment; the beginning of today without it.
    to
        The moment after the last, 366 days later at most; seven days later without it.
    tz
        The zone whose clocks show floating times and whole days; the caller's without it.

    """

    first: Moment | None = msgspec.field(name="from", default=None)
    to: Moment | None = None
    tz: str | None = None


class ExtentQuery(Query, frozen=True, kw_only=True):
    """What a change is about.

    Attributes
    ----------
    scope
        `this` occurrence alone, or this and all `following` ones.

    """

    scope: Extent = "this"


async def occurrences(services: CalendarServices, call: Call) -> Reply:
    """List the occurrences of an event between two moments."""
    query = call.parse_query(OccurrencesQuery)
    tz = await zone(services.zones, call, query.tz)
    first, last = parsed_span(query.first, query.to, tz, dt.timedelta(days=366))
    found = await services.events.occurrences(call.scope, call.names["id"], first, last, tz)
    return Reply(body=Items(found))


async def change(services: CalendarServices, call: Call) -> Reply:
    """Change an occurrence of an event, or that and all that follow, by a merge patch."""
    patch, extent = require_object(call.body), call.parse_query(ExtentQuery).scope
    call.read(OccurrenceDraft)
    return write_reply(
        await services.events.change_occurrence(
            call.scope, _place(call), patch, extent, call.base, call.mutation
        )
    )


async def leave_out(services: CalendarServices, call: Call) -> Reply:
    """Delete an occurrence of an event, or that and all that follow."""
    extent = call.parse_query(ExtentQuery).scope
    return write_reply(
        await services.events.leave_out(call.scope, _place(call), extent, call.base, call.mutation)
    )


def _place(call: Call) -> tuple[str, str]:
    return call.names["id"], call.part("starts", WallMoment)


def _events(services: CalendarServices) -> CalendarEvents:
    return services.events


OPERATIONS = (
    *resource(
        EVENTS,
        _events,
        new=NewCalendarEvent,
        gives=CalendarEvent,
        lists=CalendarEventQuery,
    ),
    Operation(
        method="GET",
        path=OCCURRENCES,
        run=occurrences,
        needs="calendar:read",
        query=OccurrencesQuery,
        gives=Items[EventOccurrence],
        weight=3,
    ),
    Operation(
        method="PATCH",
        path=OCCURRENCE,
        run=change,
        needs="calendar:write",
        query=ExtentQuery,
        body="merge-patch",
        takes=OccurrenceDraft,
        gives=CalendarEvent,
        base="taken",
        live=True,
    ),
    Operation(
        method="DELETE",
        path=OCCURRENCE,
        run=leave_out,
        needs="calendar:write",
        query=ExtentQuery,
        gives=CalendarEvent,
        base="taken",
        statuses=(200,),
        live=True,
    ),
)
