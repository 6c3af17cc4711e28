"""The occurrences of events between two moments."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from models.base.rrule import RuleParts, days_between
from models.base.time import AHEAD, DAY, local_date
from models.calendar.event import CalendarEvent, EventException
from models.calendar.wall_times import moment_of, took_place, wall_of, wall_text

Interval = tuple[dt.datetime, dt.datetime]
_AS_IS: Final = EventException()


class EventOccurrence(msgspec.Struct, frozen=True, kw_only=True):
    """One time that an event takes place.

    Attributes
    ----------
    event
        The id of the event.
    occurrence
        The wall time at which it begins by the rule: what it is called by.
    title
        What it is called.
    description
        What it is about.
    location
        Where it is.
    all_day
        Whether it takes whole days.
    starts
        The wall time at which it begins, or the first date.
    ends
        The wall time at which it ends, or the last date.
    starts_at
        The moment at which it begins.
    ends_at
        The moment at which it is over.
    busy
        Whether one has no time for anything else.
    status
        Whether it takes place.

    """

    event: str
    occurrence: str
    title: str
    description: str | None
    location: str | None
    all_day: bool
    starts: str
    ends: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    busy: bool
    status: str


def occurrences(
    event: CalendarEvent, first: dt.datetime, last: dt.datetime, tz: str
) -> list[EventOccurrence]:
    """The occurrences of *event* that have a moment between two, in order.

    *tz* is where its person is, whose clocks show floating times and whole days.
    """
    zone = tz if event.follows_viewer else event.tz
    found = (
        _occurrence(event, begins, event.exceptions.get(_text(event, begins), _AS_IS), zone)
        for begins in _begins(event, first, last, zone)
    )
    met = (one for one in found if one.starts_at < last and one.ends_at > first)
    return sorted(met, key=lambda one: (one.starts_at, one.occurrence))


def has_occurrence(event: CalendarEvent, name: str) -> bool:
    """Whether *event* has the occurrence *name*, wherever that was moved to."""
    wall = wall_of(name)
    day = dt.datetime.combine(wall.date(), dt.time())
    return wall in set(_by_rule(event, day.date(), day.date()))


def busy_times(
    events: Iterable[CalendarEvent], first: dt.datetime, last: dt.datetime, tz: str
) -> list[Interval]:
    """When somebody in *tz* has no time for anything else, between two moments."""
    return [
        (one.starts_at, one.ends_at)
        for event in events
        for one in occurrences(event, first, last, tz)
        if one.busy and one.status != "cancelled"
    ]


def _begins(
    event: CalendarEvent, first: dt.datetime, last: dt.datetime, zone: str
) -> Iterator[dt.datetime]:
    """When occurrences begin by the rule that may have a moment between two."""
    begin = local_date(first - AHEAD, "UTC") - event.length - DAY
    end = local_date(last + AHEAD, "UTC") + DAY
    walls = set(_by_rule(event, begin, end))
    walls |= {
        wall for wall in _moved(event, begin, end) if has_occurrence(event, _text(event, wall))
    }
    yield from (wall for wall in walls if took_place(wall, zone))


def _moved(event: CalendarEvent, begin: dt.date, end: dt.date) -> Iterator[dt.datetime]:
    """When those occurrences begin by the rule that were moved to dates from *begin* to *end*."""
    for name, changed in event.exceptions.items():
        starts = wall_of(changed.starts or name)
        over = wall_of(changed.ends) if changed.ends else starts + event.length
        if starts.date() <= end and over.date() >= begin:
            yield wall_of(name)


def _by_rule(event: CalendarEvent, begin: dt.date, end: dt.date) -> Iterator[dt.datetime]:
    """The wall times of occurrences on the dates from *begin* to *end*."""
    starts, parts = wall_of(event.starts), event.parts
    walls = {starts, *map(wall_of, event.extra_dates)}
    if parts is not None:
        days = days_between(parts, starts.date(), begin, end)
        found = (dt.datetime.combine(day, starts.time()) for day in days)
        walls |= {wall for wall in found if _is_within(event, parts, wall)}
    excluded = set(map(wall_of, event.excluded_dates))
    for wall in walls - excluded:
        if begin <= wall.date() <= end:
            yield wall


def _is_within(event: CalendarEvent, parts: RuleParts, wall: dt.datetime) -> bool:
    """Whether *wall* is not after the UNTIL of a rule that ends at a time (RFC 5545, 3.3.10)."""
    if parts.until is None or not parts.until_time:
        return True
    time = dt.time.fromisoformat(parts.until_time.removesuffix("Z"))
    until = dt.datetime.combine(parts.until, time)
    if not parts.until_time.endswith("Z"):
        return wall <= until
    return moment_of(wall, event.tz) <= until.replace(tzinfo=dt.UTC)


def _occurrence(
    event: CalendarEvent, begins: dt.datetime, changed: EventException, zone: str
) -> EventOccurrence:
    starts = begins if changed.starts is None else wall_of(changed.starts)
    over = starts + event.length
    if changed.ends is not None:
        over = wall_of(changed.ends) + DAY * event.all_day
    starts_at = moment_of(starts, zone)
    return EventOccurrence(
        event=event.id,
        occurrence=_text(event, begins),
        title=changed.title or event.title,
        description=event.description,
        location=event.location if changed.location is None else changed.location,
        all_day=event.all_day,
        starts=_text(event, starts),
        ends=_text(event, over - DAY * event.all_day),
        starts_at=starts_at,
        ends_at=max(starts_at, moment_of(over, zone)),
        busy=event.takes_time if changed.busy is None else changed.busy,
        status=changed.status or event.status,
    )


def _text(event: CalendarEvent, wall: dt.datetime) -> str:
    return wall_text(wall, all_day=event.all_day)
