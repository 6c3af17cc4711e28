"""Changes of one occurrence of a series, or of that and all that follow: pure functions.

What becomes of a series are the fields that its person could have written themselves, so that they
are checked like any others.
"""

import datetime as dt
from typing import Any, ClassVar

import msgspec

from models.base.document import Draft
from models.base.errors import Conflict
from models.base.fields import Title
from models.base.merge_patch import Json
from models.base.rrule import days_between, parse_rule
from models.base.time import DAY
from models.calendar.event import RULE, CalendarEvent, EventException, EventStatus, Location
from models.calendar.wall_times import WallMoment, wall_of, wall_text


class OccurrenceDraft(Draft, frozen=True, kw_only=True):
    """What is to be different about an occurrence.

    Attributes
    ----------
    starts
        When it begins.
    ends
        When it ends; as long after its beginning as before, without it.
    title
        What it is called.
    location
        Where it is.
    busy
        Whether one has no time for anything else.
    status
        Whether it takes place.

    """

    free_text: ClassVar[tuple[str, ...]] = ("title", "location")

    starts: WallMoment | None = None
    ends: WallMoment | None = None
    title: Title | None = None
    location: Location | None = None
    busy: bool | None = None
    status: EventStatus | None = None


def changed(name: str, patch: Json) -> Json:
    """The patch of an event that changes its occurrence *name* as *patch* says."""
    return {"exceptions": {name: patch}}


def without(event: CalendarEvent, name: str) -> Json:
    """The patch of *event* that leaves out the occurrence *name*."""
    excluded = [*event.excluded_dates, name]
    return {"excluded_dates": excluded, "exceptions": {name: None}}


def ended_before(event: CalendarEvent, name: str) -> Json:
    """The patch of *event* that ends its series before the occurrence *name*."""
    wall = wall_of(name)
    return {
        "rule": _until(event.rule, wall.date() - DAY),
        "extra_dates": [text for text in event.extra_dates if wall_of(text) < wall],
        "excluded_dates": [text for text in event.excluded_dates if wall_of(text) < wall],
        "exceptions": {text: None for text in event.exceptions if wall_of(text) >= wall},
    }


def continued(event: CalendarEvent, name: str, patch: Json) -> Json:
    """The fields of the series that goes on from the occurrence *name*, changed by *patch*."""
    wall = wall_of(name)
    moved = wall_of(patch["starts"]) - wall if patch.get("starts") else dt.timedelta()
    starts = wall + moved
    over = starts + (wall_of(event.ends) - wall_of(event.starts))
    fields: dict[str, Any] = event.to_draft() | {
        "starts": _text(event, starts),
        "ends": _text(event, over),
        "rule": _remaining(event, wall.date()),
        "extra_dates": _later(event, event.extra_dates, wall, moved),
        "excluded_dates": _later(event, event.excluded_dates, wall, moved),
        "exceptions": {
            _text(event, wall_of(text) + moved): _moved(event, exception, moved)
            for text, exception in event.exceptions.items()
            if wall_of(text) >= wall
        },
    }
    wanted = {key: value for key, value in patch.items() if value is not None}
    return {key: value for key, value in (fields | wanted).items() if value is not None}


def _until(rule: str | None, last: dt.date) -> str | None:
    """*rule*, which ends on *last*."""
    if rule is None:
        return None
    parts = [part for part in rule.split(";") if not part.startswith(("COUNT=", "UNTIL="))]
    return ";".join((*parts, f"UNTIL={last:%Y%m%d}"))


def _remaining(event: CalendarEvent, first: dt.date) -> str | None:
    """The rule of *event* as it goes on from *first*: of a COUNT, what is left."""
    if event.rule is None:
        return None
    parts, anchor = parse_rule(event.rule, RULE), wall_of(event.starts).date()
    if parts.count is None:
        return event.rule
    endless = msgspec.structs.replace(parts, count=None)
    left = parts.count - len(days_between(endless, anchor, anchor, first - DAY))
    if left < 1:
        raise Conflict("occurrence_last", "Nothing of the rule is left from here on.")
    return event.rule.replace(f"COUNT={parts.count}", f"COUNT={left}")


def _later(
    event: CalendarEvent, texts: tuple[str, ...], wall: dt.datetime, moved: dt.timedelta
) -> list[str]:
    return [_text(event, wall_of(text) + moved) for text in texts if wall_of(text) >= wall]


def _moved(event: CalendarEvent, exception: EventException, moved: dt.timedelta) -> Json:
    fields: Json = msgspec.to_builtins(exception)
    for name in ("starts", "ends"):
        if fields.get(name):
            fields[name] = _text(event, wall_of(fields[name]) + moved)
    return {name: value for name, value in fields.items() if value is not None}


def _text(event: CalendarEvent, wall: dt.datetime) -> str:
    return wall_text(wall, all_day=event.all_day)
