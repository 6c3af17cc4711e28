"""The CSV export of Streaks: a row for each day on which a task was done, missed or skipped.

Of its columns `task_id`, `title`, `entry_type`, `entry_date` (`20170225`) and `notes` are read.  A
type begins with what happened (`completed_manually`, `missed_auto`, `skipped_auto`).  Of several
rows of a day the one counts that says that it was done.  The file says nothing of schedules, of
goals or of units: each habit is a daily one, done or not, which is said.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from models.base.errors import Invalid
from models.base.ids import derived_id
from models.base.merge_patch import Json
from models.base.time import check_counted
from models.habits import EntryDraft, Habit, NewHabit, check_not_ahead
from upcoach.services.imports.planning.fitting import fitted
from upcoach.services.imports.planning.import_errors import refused
from upcoach.services.imports.planning.plan import EntryItem, HabitItem, ImportPlan
from upcoach.services.imports.planning.reports import ImportReports
from upcoach.services.imports.readers.csv_cells import day_of, shown
from upcoach.services.imports.readers.csv_columns import CsvColumn
from upcoach.services.imports.readers.csv_rows import CsvRow, CsvRows

STREAKS: Final = "streaks"
HABITS: Final = 500

_COLUMNS: Final = (
    CsvColumn("task_id", "", required=True),
    CsvColumn("title", "", required=True),
    CsvColumn("entry_type", "", required=True),
    CsvColumn("entry_date", "", required=True),
    CsvColumn("notes", ""),
    *(CsvColumn(name, "") for name in ("icon", "page", "display_order")),
    *(CsvColumn(name, "") for name in ("entry_timestamp", "entry_timezone")),
)
_STATES: Final[Mapping[str, str]] = {"completed": "done", "skipped": "skip", "missed": "missed"}
_RANK: Final = ("done", "skip", "missed")  # of several on one day the first one counts
_SCHEDULES: Final = "The export says nothing of schedules: its habits are daily ones here."

Days = dict[dt.date, EntryDraft]


def read(content: bytes, *, owner: str, tz: str, now: dt.datetime) -> ImportPlan:
    """Read the table *content* into a plan, for somebody in *tz*; raises `Invalid`."""
    reports = ImportReports()
    rows = CsvRows(content, _COLUMNS, reports)
    first: dict[str, CsvRow] = {}
    days: dict[str, Days] = {}
    for row in rows:
        with reports.leaving_out(row.place):
            task = row.needed("task_id", str)
            row.needed("title", str)
            day, draft = _day(row, now)
            first.setdefault(task, row)
            own = days.setdefault(task, {})
            own[day] = min(own.get(day, draft), draft, key=lambda one: _RANK.index(one.state))
    if len(days) > HABITS:
        raise refused("", "export_too_large", f"The export holds more than {HABITS} tasks.")
    reported = reports.reported(brought=bool(days))
    ids = {task: derived_id(Habit.id_prefix, owner, STREAKS, task) for task in days}
    habits = [HabitItem(_habit(first[task], ids[task], min(days[task]), tz)) for task in days]
    entries = [EntryItem(ids[task], day, own[day]) for task, own in days.items() for day in own]
    entries.sort(key=lambda item: (item.day, item.parent))
    notes = (*rows.notes, _SCHEDULES)
    return ImportPlan(STREAKS, (*habits, *entries), (HabitItem, EntryItem), notes, reported)


def _day(row: CsvRow, now: dt.datetime) -> tuple[dt.date, EntryDraft]:
    day = row.needed("entry_date", _date_of)
    check_counted(day, "")
    fields: Json = {"state": row.needed("entry_type", _state_of), "note": row.cells.get("notes")}
    draft = fitted(fields, EntryDraft, row.report, needed=("state",))
    check_not_ahead(day, draft, now)
    return day, draft


def _habit(row: CsvRow, habit: str, first: dt.date, tz: str) -> NewHabit:
    fields: Json = {
        "id": habit,
        "name": row.cells["title"],
        "tz": tz,
        "starts_on": first.isoformat(),
    }
    return fitted(fields, NewHabit, row.report)


def _date_of(text: str) -> dt.date:
    if len(text) != 8 or not (text.isascii() and text.isdecimal()):
        raise Invalid("date_invalid", f"{shown(text)} is not a date such as 20170225")
    return day_of(f"{text[:4]}-{text[4:6]}-{text[6:]}")


def _state_of(text: str) -> str:
    state = _STATES.get(text.partition("_")[0])
    if state is None:
        raise Invalid("value_unknown", f"{shown(text)} is none of completed, missed and skipped")
    return state
