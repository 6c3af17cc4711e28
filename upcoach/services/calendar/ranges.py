"""All that stands in somebody's calendar between two moments, from every kind that has a time."""

import datetime as dt
from collections.abc import AsyncIterator, Collection, Iterable
from typing import ClassVar, Final, Literal, Protocol

import msgspec

from models.access.scope import Scope
from models.base.time import AHEAD, DAY, end_of_day, local_date, start_of_day, zone_of
from models.calendar import occurrences
from models.calendar.wall_times import wall_text
from models.goals import Goal
from models.scheduling import CoachingSession
from models.tasks import OPEN, Task
from upcoach.services.calendar.events import CalendarEvents
from upcoach.services.habits import HabitReports
from upcoach.store.base.conditions import OneOf, Range
from upcoach.store.base.pacing import paced
from upcoach.store.collections.documents import Documents, Selection

CalendarKind = Literal["event", "session", "task", "goal", "milestone", "habit"]

MOST: Final = 2_000  # documents of a kind that are looked at
GOALS: Final = 500  # whose milestones are looked at
_SHOWN: Final = ("pending", "confirmed", "in_progress", "completed", "no_show")


class CalendarItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that stands in a calendar.

    Attributes
    ----------
    kind
        What it is.
    id
        The id of the document.
    part
        Which part of that: the occurrence of an event, the milestone of a goal.
    title
        What it is called.
    all_day
        Whether it takes whole days, or is due on one.
    starts
        When it begins, by the clocks of the zone that was asked for: a date if it takes whole days.
    ends
        When it ends; the last date, which is still one of its days.
    starts_at
        The moment at which it begins.
    ends_at
        The moment at which it is over.
    status
        How it stands.

    """

    kind: CalendarKind
    id: str
    part: str | None = None
    title: str
    all_day: bool
    starts: str
    ends: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    status: str | None = None


class CalendarWindow(msgspec.Struct, frozen=True, kw_only=True):
    """Two moments, and the zone by whose clocks times are shown."""

    first: dt.datetime
    last: dt.datetime
    tz: str

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        """The first and the last date of it."""
        latest = self.last - dt.timedelta.resolution
        return local_date(self.first, self.tz), local_date(latest, self.tz)

    @property
    def wide(self) -> Range:
        """The dates of it in any zone."""
        return Range(
            first=local_date(self.first - AHEAD, "UTC"), last=local_date(self.last + AHEAD, "UTC")
        )

    def timed(
        self,
        kind: CalendarKind,
        name: tuple[str, str | None],
        title: str,
        span: tuple[dt.datetime, dt.datetime],
        status: str | None = None,
    ) -> CalendarItem:
        """An item with a time of day."""
        starts, ends = (self._wall(moment) for moment in span)
        return CalendarItem(
            kind=kind,
            id=name[0],
            part=name[1],
            title=title,
            all_day=False,
            starts=starts,
            ends=ends,
            starts_at=span[0],
            ends_at=span[1],
            status=status,
        )

    def dated(
        self,
        kind: CalendarKind,
        name: tuple[str, str | None],
        title: str,
        day: dt.date,
        status: str | None = None,
    ) -> CalendarItem:
        """An item of a date."""
        return CalendarItem(
            kind=kind,
            id=name[0],
            part=name[1],
            title=title,
            all_day=True,
            starts=str(day),
            ends=str(day),
            starts_at=start_of_day(day, self.tz),
            ends_at=end_of_day(day, self.tz),
            status=status,
        )

    def _wall(self, moment: dt.datetime) -> str:
        return wall_text(moment.astimezone(zone_of(self.tz)), all_day=False)


class Source(Protocol):
    """Finds items of a kind of document.

    Attributes
    ----------
    kinds
        What it finds.

    """

    kinds: ClassVar[tuple[CalendarKind, ...]]

    def items(self, scope: Scope, window: CalendarWindow) -> AsyncIterator[CalendarItem]:
        """The caller's items that have a moment in *window*, and perhaps some beside it."""


class EventSource:
    """Finds the occurrences of events."""

    kinds: ClassVar[tuple[CalendarKind, ...]] = ("event",)

    def __init__(self, events: CalendarEvents) -> None:
        self._events = events

    async def items(self, scope: Scope, window: CalendarWindow) -> AsyncIterator[CalendarItem]:
        """See `Source.items`."""
        async for event in paced(await self._events.between(scope, window.first, window.last)):
            for one in occurrences(event, window.first, window.last, window.tz):
                span, name = (one.starts_at, one.ends_at), (event.id, one.occurrence)
                if not one.all_day:
                    yield window.timed("event", name, one.title, span, one.status)
                    continue
                item = window.dated(
                    "event", name, one.title, dt.date.fromisoformat(one.starts), one.status
                )
                yield msgspec.structs.replace(item, ends=one.ends, ends_at=one.ends_at)


class SessionSource:
    """Finds coaching sessions."""

    kinds: ClassVar[tuple[CalendarKind, ...]] = ("session",)

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def items(self, scope: Scope, window: CalendarWindow) -> AsyncIterator[CalendarItem]:
        """See `Source.items`: none lasts longer than a day."""
        span = Range(first=window.first - DAY, last=window.last)
        wanted = Selection(
            order="starts_at", span=span, where={"status": OneOf(_SHOWN)}, limit=MOST
        )
        for session in await self._documents.select(CoachingSession, scope.user, wanted):
            name, times = (session.id, None), (session.starts_at, session.ends_at)
            yield window.timed("session", name, session.title, times, session.status)


class TaskSource:
    """Finds tasks by when they are due."""

    kinds: ClassVar[tuple[CalendarKind, ...]] = ("task",)

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def items(self, scope: Scope, window: CalendarWindow) -> AsyncIterator[CalendarItem]:
        """See `Source.items`."""
        span = Range(first=window.first - AHEAD, last=window.last + AHEAD)
        wanted = Selection(
            order="due_at",
            span=span,
            where={"status": OneOf((*sorted(OPEN), "completed"))},
            limit=MOST,
        )
        for task in await self._documents.select(Task, scope.user, wanted):
            assert task.due_date is not None
            assert task.due_at is not None
            name = (task.id, None)
            if task.due_time is None:
                yield window.dated("task", name, task.title, task.due_date, task.status)
            else:
                times = (task.due_at, task.due_at)
                yield window.timed("task", name, task.title, times, task.status)


class GoalSource:
    """Finds goals and milestones by their target dates."""

    kinds: ClassVar[tuple[CalendarKind, ...]] = ("goal", "milestone")

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def items(self, scope: Scope, window: CalendarWindow) -> AsyncIterator[CalendarItem]:
        """See `Source.items`."""
        due = Selection(order="target_date", span=window.wide, limit=MOST)
        for goal in await self._documents.select(Goal, scope.user, due):
            assert goal.target_date is not None
            name = (goal.id, None)
            yield window.dated("goal", name, goal.title, goal.target_date, goal.status)
        standing = Selection(order="created_at", where={"status": "active"}, limit=GOALS)
        for goal in await self._documents.select(Goal, scope.user, standing):
            for part, milestone in goal.milestones.items():
                if milestone.target_date is not None:
                    status = "completed" if milestone.done else "pending"
                    yield window.dated(
                        "milestone",
                        (goal.id, part),
                        milestone.title,
                        milestone.target_date,
                        status,
                    )


class HabitSource:
    """Finds when habits are to be done."""

    kinds: ClassVar[tuple[CalendarKind, ...]] = ("habit",)

    def __init__(self, reports: HabitReports) -> None:
        self._reports = reports

    async def items(self, scope: Scope, window: CalendarWindow) -> AsyncIterator[CalendarItem]:
        """See `Source.items`."""
        for time in await self._reports.times(scope, window.first, window.last):
            name = (time.habit, None)
            if time.at is None:
                yield window.dated("habit", name, time.name, time.on)
            else:
                yield window.timed("habit", name, time.name, (time.at, time.at))


class CalendarRanges:
    """Merges all sources into one list."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources = tuple(sources)

    async def items(
        self, scope: Scope, window: CalendarWindow, kinds: Collection[CalendarKind] | None = None
    ) -> list[CalendarItem]:
        """The caller's items in *window*, in order; of some *kinds*, or of all."""
        found = [
            item
            for source in self._sources
            if kinds is None or not set(kinds).isdisjoint(source.kinds)
            async for item in source.items(scope, window)
            if _meets(item, window) and (kinds is None or item.kind in kinds)
        ]
        return sorted(found, key=place_of)


def place_of(item: CalendarItem) -> tuple[dt.datetime, str, str, str]:
    """Where an item stands in the list."""
    return item.starts_at, item.kind, item.id, item.part or ""


def _meets(item: CalendarItem, window: CalendarWindow) -> bool:
    """Whether *item* has a moment in *window*; one of no length is that moment."""
    is_begun = item.starts_at < window.last
    is_over = item.ends_at <= window.first and item.starts_at < window.first
    return is_begun and not is_over
