"""Calendars: events, their occurrences, and all that stands in a calendar."""

from typing import Self

import msgspec

from upcoach.services.base.dependencies import Dependencies
from upcoach.services.base.time_zones import TimeZones
from upcoach.services.calendar.events import CalendarEvents, Extent, overlapping, selection
from upcoach.services.calendar.ranges import (
    CalendarItem,
    CalendarKind,
    CalendarRanges,
    CalendarWindow,
    EventSource,
    GoalSource,
    HabitSource,
    SessionSource,
    TaskSource,
    place_of,
)
from upcoach.services.habits import HabitServices

__all__ = [
    "CalendarEvents",
    "CalendarItem",
    "CalendarKind",
    "CalendarServices",
    "CalendarWindow",
    "Extent",
    "overlapping",
    "place_of",
    "selection",
]


class CalendarServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of calendars."""

    events: CalendarEvents
    ranges: CalendarRanges
    zones: TimeZones

    @classmethod
    def make(cls, dependencies: Dependencies, habits: HabitServices) -> Self:
        documents = dependencies.documents
        events = CalendarEvents(documents, dependencies.committer)
        sources = (
            EventSource(events),
            SessionSource(documents),
            TaskSource(documents),
            GoalSource(documents),
            HabitSource(habits.habit_reports),
        )
        return cls(events=events, ranges=CalendarRanges(sources), zones=dependencies.zones)
