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
from typing import Any, Final

import msgspec

from models.base.errors import Invalid
from models.base.ids import derived_id
from models.base.merge_patch import Json
from models.base.text.counting import counted
from models.base.time import local_date
from models.habits import Count, Daily, Habit, Measure, NewHabit, PerMonth, PerWeek, Schedule, YesNo
from models.tasks import NewTask, Task
from upcoach.services.imports.planning.fitting import fitted, shortened
from upcoach.services.imports.planning.import_errors import refused
from upcoach.services.imports.planning.plan import (
    EntryItem,
    HabitItem,
    ImportItem,
    ImportPlan,
    TaskItem,
)
from upcoach.services.imports.planning.reports import ImportReports, Report, code_of, reason
from upcoach.services.imports.readers.habitica_days import CronDays
from upcoach.services.imports.readers.habitica_export import (
    SHOWN,
    Found,
    Parsed,
    TheirDaily,
    TheirHabit,
    TheirTask,
    TheirTodo,
    parsed,
)
from upcoach.services.imports.readers.habitica_histories import (
    DayReader,
    HistorySummary,
    moment,
    moments_of_runs,
    runs_in_daily,
    summary_of_daily,
    summary_of_habit,
)
from upcoach.services.imports.readers.habitica_schedules import schedule_of

HABITICA: Final = "habitica"
ENTRIES: Final = 50_000
STEPS: Final = 100
STEP: Final = 255  # characters
_PER: Final[dict[str, Schedule]] = {"weekly": PerWeek(1), "monthly": PerMonth(1)}


def read(content: Any, *, owner: str, tz: str, now: dt.datetime) -> ImportPlan:
    """Read the JSON *content* of an export into a plan, for somebody in *tz*.

    Raises `Invalid` with up to 20 flaws.
    """
    reports = ImportReports()
    return _Reader(parsed(content, reports), reports, owner=owner, tz=tz, now=now).read()


class _Reader:
    """Reads what it can, and reports the rest."""

    def __init__(
        self, export: Parsed, reports: ImportReports, *, owner: str, tz: str, now: dt.datetime
    ) -> None:
        self._export = export
        self._reports = reports
        self._day_start = export.day_start * 60
        self._days = CronDays(_runs(export), tz, self._day_start)
        self._owner = owner
        self._tz = tz
        self._now = now
        self._notes: list[str] = []
        self._brought: dict[tuple[bool, str], Found] = {}

    def read(self) -> ImportPlan:
        """Everything."""
        items: list[ImportItem] = []
        for found in self._export.tasks:
            with self._reports.leaving_out(found.place):
                self._require_new(found)
                items += self._items(found)
                self._brought[_key_of(found.task)] = found
        reported = self._reports.reported(brought=bool(items))
        if self._export.rewards:
            self._notes.append(
                f"Left out {counted(self._export.rewards, 'reward')}: there is no place for them."
            )
        # The learner sees the days in the order in which they were lived.
        days = [item for item in items if isinstance(item, EntryItem)]
        if len(days) > ENTRIES:
            words = f"The export holds more than {ENTRIES:,} days."
            raise refused("", "export_too_large", words)
        days.sort(key=lambda item: (item.day, item.id))
        first = [item for item in items if not isinstance(item, EntryItem)]
        areas = (HabitItem, EntryItem, TaskItem)
        return ImportPlan(HABITICA, (*first, *days), areas, tuple(self._notes), reported)

    def _require_new(self, found: Found) -> None:
        """Refuse a task under the id of one before: both would be one document here."""
        before = self._brought.get(_key_of(found.task))
        if before is None:
            return
        if before.task == found.task:
            raise Invalid("row_twice", f"it says the same as {before.place.name}")
        raise Invalid("task_twice", f"{before.place.name} has the same id, and says something else")

    def _items(self, found: Found) -> Iterator[ImportItem]:
        match found.task:
            case TheirHabit() as habit:
                return self._habit(found, habit)
            case TheirDaily() as daily:
                return self._daily(found, daily)
            case todo:
                return self._todo(found, todo)

    def _habit(self, found: Found, task: TheirHabit) -> Iterator[ImportItem]:
        bad = task.down and not task.up
        summary = summary_of_habit(task.history, self._reader(found), bad=bad)
        measure = Count(0, at_most=True) if bad else Count(1)
        schedule = Daily() if bad else _PER.get(task.frequency, Daily())
        if summary.minuses:
            self._note(task, f"left out {counted(summary.minuses, 'minus')} that it was given")
        return self._followed(found, summary, measure, schedule)

    def _daily(self, found: Found, task: TheirDaily) -> Iterator[ImportItem]:
        report = self._reports.at(found.place)
        created = _moment(task.created_at, "creation", report)
        summary = summary_of_daily(task.history, self._reader(found), created)
        start = (
            self._day(_moment(task.start_date, "start", report))
            or self._day(created)
            or min(summary.days, default=dt.date(2000, 1, 1))
        )
        schedule = self._schedule(task, start, report)
        if schedule is None:
            self._note(task, "it is never due, and is archived here")
        return self._followed(
            found, summary, YesNo(), schedule or Daily(), archived=schedule is None
        )

    def _schedule(self, task: TheirDaily, start: dt.date, report: Report) -> Schedule | None:
        try:
            return schedule_of(
                task.frequency,
                task.every_x,
                task.repeat,
                task.days_of_month,
                task.weeks_of_month,
                start,
            )
        except Invalid as refusal:
            report(code_of(refusal), f"it is taken to be daily: {reason(refusal)}")
            return Daily()

    def _followed(
        self,
        found: Found,
        summary: HistorySummary,
        measure: Measure,
        schedule: Schedule,
        *,
        archived: bool = False,
    ) -> Iterator[ImportItem]:
        task, report = found.task, self._reports.at(found.place)
        if summary.silent:
            records = counted(summary.silent, "record")
            self._note(task, f"left out {records} that only sum up days, or say nothing")
        created = _moment(task.created_at, "creation", lambda _code, _words: None)
        begun = [day for day in (self._day(created), *summary.days) if day is not None]
        first = min(begun, default=None)
        fields: Json = {
            "id": derived_id(Habit.id_prefix, self._owner, HABITICA, task.id),
            "name": _name(task),
            "description": (task.notes or "").strip() or None,
            "measure": msgspec.to_builtins(measure),
            "schedule": msgspec.to_builtins(schedule),
            "tz": self._tz,
            "day_start": self._day_start,
            "starts_on": None if first is None else first.isoformat(),
            "archived": archived,
        }
        draft = fitted(fields, NewHabit, report)
        items: list[ImportItem] = [HabitItem(draft)]
        items += [EntryItem(draft.id, day, entry) for day, entry in sorted(summary.days.items())]
        return iter(items)

    def _todo(self, found: Found, task: TheirTodo) -> Iterator[ImportItem]:
        report = self._reports.at(found.place)
        due = self._day(_moment(task.date, "due", report))
        fields: Json = {
            "id": derived_id(Task.id_prefix, self._owner, HABITICA, task.id),
            "title": _name(task),
            "notes": (task.notes or "").strip() or None,
            "status": "completed" if task.completed else "pending",
            "due_date": None if due is None else due.isoformat(),
            "tz": self._tz,
            "tags": [tag for name in task.tags if (tag := self._export.tags.get(name, "").strip())],
            "steps": _steps(task, report),
        }
        completed = _moment(task.date_completed, "completion", report)
        if completed is not None and completed > self._now:
            report("day_ahead", "its completion date is left out: it is still to come")
            completed = None
        return iter((TaskItem(fitted(fields, NewTask, report), completed),))

    def _reader(self, found: Found) -> DayReader:
        return DayReader(self._days, self._now, self._reports, found.place)

    def _day(self, at: dt.datetime | None) -> dt.date | None:
        return None if at is None else local_date(at, self._tz)

    def _note(self, task: TheirTask, words: str) -> None:
        self._notes.append(f"{task.text.strip()[:SHOWN]}: {words}.")


def _key_of(task: TheirTask) -> tuple[bool, str]:
    """What its id here is made of: to-dos become tasks, all else habits."""
    return isinstance(task, TheirTodo), task.id


def _runs(export: Parsed) -> Iterator[dt.datetime]:
    yield from moments_of_runs(export.runs)
    for found in export.tasks:
        if isinstance(found.task, TheirDaily):
            yield from runs_in_daily(found.task.history)


def _moment(value: str | None, name: str, report: Report) -> dt.datetime | None:
    try:
        return moment(value)
    except Invalid as refusal:
        report(code_of(refusal), f"its {name} date is left out: {reason(refusal)}")
        return None


def _steps(task: TheirTodo, report: Report) -> Json:
    lines = [line for line in task.checklist if line.text.strip()]
    if len(lines) > STEPS:
        report("steps_left_out", f"of its checklist the first {STEPS} lines are kept")
    return {
        f"s{place}": {
            "title": shortened(line.text.strip(), STEP, "checklist", report),
            "done": line.completed,
            "place": float(place),
        }
        for place, line in enumerate(lines[:STEPS])
    }


def _name(task: TheirTask) -> str:
    if not task.text.strip():
        raise Invalid("name_missing", "it has no name")
    return task.text.strip()
