"""Habitica's export of a user's data (`habitica-user-data.json`).

============  ====================================================================================
There         Here
============  ====================================================================================
a daily       a habit, done or not, on the days on which it is due
a habit       a habit that is counted: its pluses, one a day, week or month; one with a minus only,
              its minuses, of which there should be none
a to-do       a task with its checklist, its tags and its due date
a reward      nothing: it is left out, which is said
============  ====================================================================================

What a history says about days stands in `habitica_histories`.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Any, Final

import msgspec

from models.base.errors import Invalid
from models.base.ids import derived_id
from models.base.time import local_date
from models.habits import Count, Daily, Habit, Measure, NewHabit, PerMonth, PerWeek, Schedule, YesNo
from models.tasks import NewTask, Step, Task
from upcoach.services.imports.planning.import_errors import ImportErrors, refused
from upcoach.services.imports.planning.plan import (
    EntryItem,
    HabitItem,
    ImportItem,
    ImportPlan,
    TaskItem,
)
from upcoach.services.imports.readers.habitica_days import CronDays
from upcoach.services.imports.readers.habitica_histories import (
    HistoryPoint,
    HistorySummary,
    moment,
    moments_of_runs,
    runs_in_daily,
    summary_of_daily,
    summary_of_habit,
)
from upcoach.services.imports.readers.habitica_schedules import schedule_of

HABITICA: Final = "habitica"
TASKS: Final = 2_000
ENTRIES: Final = 50_000
_PER: Final[dict[str, Schedule]] = {"weekly": PerWeek(1), "monthly": PerMonth(1)}

Text = Annotated[str, msgspec.Meta(max_length=100_000)]


class TheirTask(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What all kinds of their tasks have."""

    id: str = msgspec.field(name="_id")
    text: Text
    notes: Text | None = None
    created_at: str | None = None


class TheirHabit(TheirTask, frozen=True, rename="camel", kw_only=True):
    """Something to be done, or left alone, now and then."""

    up: bool = True
    down: bool = True
    frequency: str = "daily"
    history: list[HistoryPoint] = []


class TheirDaily(TheirTask, frozen=True, rename="camel", kw_only=True):
    """Something that is due on certain days."""

    frequency: str = "weekly"
    every_x: int = 1
    repeat: dict[str, bool] = {}
    start_date: str | None = None
    days_of_month: list[int] = []
    weeks_of_month: list[int] = []
    history: list[HistoryPoint] = []


class HabiticaChecklistItem(msgspec.Struct, frozen=True):
    """A line of a checklist."""

    text: Text = ""
    completed: bool = False


class TheirTodo(TheirTask, frozen=True, rename="camel", kw_only=True):
    """Something to be done once."""

    completed: bool = False
    date: str | None = None
    date_completed: str | None = None
    checklist: list[HabiticaChecklistItem] = []
    tags: list[str] = []


class HabiticaTasks(msgspec.Struct, frozen=True):
    """Their tasks by kind."""

    habits: list[TheirHabit] = []
    dailys: list[TheirDaily] = []
    todos: list[TheirTodo] = []
    rewards: list[Any] = []


class HabiticaPreferences(msgspec.Struct, frozen=True, rename="camel"):
    """At which hour their day begins."""

    day_start: Annotated[int, msgspec.Meta(ge=0, le=23)] = 0


class HabiticaHistory(msgspec.Struct, frozen=True):
    """What the runs that begin their days have written down of the user: when each took place."""

    exp: list[HistoryPoint] = []
    todos: list[HistoryPoint] = []


class HabiticaTag(msgspec.Struct, frozen=True):
    """A tag by its id."""

    id: str
    name: Text = ""


class HabiticaExport(msgspec.Struct, frozen=True):
    """What of an export is read; all else in it is the game's."""

    tasks: HabiticaTasks
    tags: list[HabiticaTag] = []
    preferences: HabiticaPreferences = HabiticaPreferences()
    history: HabiticaHistory = HabiticaHistory()


def read(export: HabiticaExport, *, owner: str, tz: str) -> ImportPlan:
    """Read *export* into a plan, for somebody in *tz*; raises `Invalid` with up to 20 flaws."""
    return _Reader(export, owner, tz).read()


class _Reader:
    """Reads what it can, and collects what is wrong."""

    def __init__(self, export: HabiticaExport, owner: str, tz: str) -> None:
        self._tasks = export.tasks
        self._tags = {tag.id: tag.name for tag in export.tags}
        self._day_start = export.preferences.day_start * 60
        self._owner = owner
        self._tz = tz
        self._days = CronDays(_runs(export), tz, self._day_start)
        self._flaws = ImportErrors()
        self._notes: list[str] = []

    def read(self) -> ImportPlan:
        """Everything."""
        tasks = self._tasks
        if len(tasks.habits) + len(tasks.dailys) + len(tasks.todos) > TASKS:
            raise _too_large(f"The export holds more than {TASKS:,} tasks.")
        items: list[ImportItem] = []
        for kind, make in (
            ("habits", self._habit),
            ("dailys", self._daily),
            ("todos", self._todo),
        ):
            for place, task in enumerate(getattr(tasks, kind)):
                try:
                    items += make(task)
                except Invalid as refusal:
                    pointer = f"/tasks/{kind}/{place}"
                    self._flaws.add(pointer, refusal.code, f"{task.text[:64]!r}: {refusal.detail}")
        self._flaws.refuse()
        if tasks.rewards:
            self._notes.append(
                f"Rewards have no place here and are left out ({len(tasks.rewards)})."
            )
        # The learner sees the days in the order in which they were lived.
        days = [item for item in items if isinstance(item, EntryItem)]
        if len(days) > ENTRIES:
            raise _too_large(f"The export holds more than {ENTRIES:,} days.")
        days.sort(key=lambda item: (item.day, item.id))
        first = [item for item in items if not isinstance(item, EntryItem)]
        areas = (HabitItem, EntryItem, TaskItem)
        return ImportPlan(HABITICA, (*first, *days), areas, tuple(self._notes))

    def _habit(self, task: TheirHabit) -> Iterator[ImportItem]:
        bad = task.down and not task.up
        summary = summary_of_habit(task.history, self._tz, self._day_start, bad=bad)
        measure = Count(0, at_most=True) if bad else Count(1)
        schedule = Daily() if bad else _PER.get(task.frequency, Daily())
        if summary.minuses:
            self._notes.append(
                f"{_cut(task.text, 64)}: left out are its minuses ({summary.minuses})."
            )
        return self._followed(task, summary, measure, schedule)

    def _daily(self, task: TheirDaily) -> Iterator[ImportItem]:
        summary = summary_of_daily(task.history, self._days, moment(task.created_at))
        start = (
            self._day(task.start_date)
            or self._day(task.created_at)
            or min(summary.days, default=dt.date(2000, 1, 1))
        )
        schedule = schedule_of(
            task.frequency,
            task.every_x,
            task.repeat,
            task.days_of_month,
            task.weeks_of_month,
            start,
        )
        if schedule is None:
            self._notes.append(f"{_cut(task.text, 64)}: it is never due, and is archived here.")
        return self._followed(
            task, summary, YesNo(), schedule or Daily(), archived=schedule is None
        )

    def _followed(
        self,
        task: TheirHabit | TheirDaily,
        summary: HistorySummary,
        measure: Measure,
        schedule: Schedule,
        *,
        archived: bool = False,
    ) -> Iterator[ImportItem]:
        if summary.silent:
            words = "left out is what the export has only summed up, or says nothing about"
            self._notes.append(f"{_cut(task.text, 64)}: {words} ({summary.silent}).")
        begun = [day for day in (self._day(task.created_at), *summary.days) if day is not None]
        draft = NewHabit(
            id=derived_id(Habit.id_prefix, self._owner, HABITICA, task.id),
            name=self._name(task),
            description=self._shortened(task, 1_000),
            measure=measure,
            schedule=schedule,
            tz=self._tz,
            day_start=self._day_start,
            starts_on=min(begun, default=None),
            archived=archived,
        )
        items: list[ImportItem] = [HabitItem(draft)]
        items += [EntryItem(draft.id, day, entry) for day, entry in sorted(summary.days.items())]
        return iter(items)

    def _todo(self, task: TheirTodo) -> Iterator[ImportItem]:
        tags = [self._tags[tag] for tag in task.tags if self._tags.get(tag, "").strip()]
        steps = {
            f"s{place}": Step(title=_cut(line.text, 255), done=line.completed, place=float(place))
            for place, line in enumerate(task.checklist[:100])
            if line.text.strip()
        }
        draft = NewTask(
            id=derived_id(Task.id_prefix, self._owner, HABITICA, task.id),
            title=self._name(task),
            notes=self._shortened(task, 10_000),
            status="completed" if task.completed else "pending",
            due_date=self._day(task.date),
            tz=self._tz,
            tags=tuple(_cut(tag, 50) for tag in tags[:20]),
            steps=steps,
        )
        return iter((TaskItem(draft, moment(task.date_completed)),))

    def _day(self, value: str | None) -> dt.date | None:
        at = moment(value)
        return None if at is None else local_date(at, self._tz)

    def _name(self, task: TheirTask) -> str:
        if not task.text.strip():
            raise Invalid("name_missing", "it has no name")
        return _cut(task.text, 255)

    def _shortened(self, task: TheirTask, most: int) -> str | None:
        notes = (task.notes or "").strip()
        if len(notes) > most:
            self._notes.append(f"{_cut(task.text, 64)}: its notes are cut at {most:,} characters.")
        return notes[:most] or None


def _runs(export: HabiticaExport) -> Iterator[dt.datetime]:
    yield from moments_of_runs(export.history.exp, export.history.todos)
    for daily in export.tasks.dailys:
        yield from runs_in_daily(daily.history)


def _cut(text: str, most: int) -> str:
    return text.strip()[:most]


def _too_large(detail: str) -> Invalid:
    return refused("", "export_too_large", detail)
