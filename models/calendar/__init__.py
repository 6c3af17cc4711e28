"""Calendars: a person's own events, and when they take place."""

from models.access.limits import Quota
from models.access.model_context import ModelContext
from models.access.permissions import Permission
from models.calendar.event import (
    RULE,
    CalendarEvent,
    CalendarEventDraft,
    EventException,
    NewCalendarEvent,
)
from models.calendar.occurrences import (
    EventOccurrence,
    busy_times,
    has_occurrence,
    occurrences,
)
from models.calendar.series import OccurrenceDraft, changed, continued, ended_before, without
from models.calendar.wall_times import WallMoment

CONTEXT = ModelContext(
    content=(CalendarEvent,),
    permissions={
        "calendar:read": Permission("see your calendar"),
        "calendar:write": Permission("add, change and delete events of your calendar"),
    },
    quotas={
        CalendarEvent: Quota(5_000, 64),
    },
)

__all__ = [
    "CONTEXT",
    "RULE",
    "CalendarEvent",
    "CalendarEventDraft",
    "EventException",
    "EventOccurrence",
    "NewCalendarEvent",
    "OccurrenceDraft",
    "WallMoment",
    "busy_times",
    "changed",
    "continued",
    "ended_before",
    "has_occurrence",
    "occurrences",
    "without",
]
