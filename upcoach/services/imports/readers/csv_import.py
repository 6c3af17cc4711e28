"""Imports CSV tables (RFC 4180) of habit entries, moods, tasks or journal entries.

The first line names the columns, in any order and in any case (`csv_columns`); others than these
are left out, which is said.  Ids follow from what a row says, so the same row is brought once.
"""

import collections
import datetime as dt
import functools
from collections.abc import Callable, Iterable
from typing import Final

from models.base.ids import derived_id
from models.base.merge_patch import Json
from models.base.time import instant
from models.journal import Journal, JournalEntry, NewJournal, NewJournalEntry
from models.moods import Mood, NewMood
from models.tasks import NewTask, Task
from upcoach.services.imports.planning.diary_items import JournalEntryItem, JournalItem, MoodItem
from upcoach.services.imports.planning.fitting import fitted
from upcoach.services.imports.planning.plan import (
    EntryItem,
    HabitItem,
    ImportItem,
    ImportPlan,
    TaskItem,
)
from upcoach.services.imports.planning.reports import ImportReports
from upcoach.services.imports.readers.csv_cells import (
    choice_of,
    day_of,
    rating_of,
    several_of,
    time_of,
)
from upcoach.services.imports.readers.csv_columns import COLUMNS, What, choices
from upcoach.services.imports.readers.csv_habits import CSV, CsvHabits
from upcoach.services.imports.readers.csv_rows import CsvRow, CsvRows

_NOON: Final = dt.time(12)


def read(content: bytes, *, what: What, owner: str, tz: str, now: dt.datetime) -> ImportPlan:
    """Read the table *content* into a plan, for somebody in *tz*; raises `Invalid`."""
    reports = ImportReports()
    rows = CsvRows(content, COLUMNS[what], reports)
    if what == "habits":
        items = CsvHabits(rows, reports, owner=owner, tz=tz, now=now).items()
        areas: tuple[type[ImportItem], ...] = (HabitItem, EntryItem)
    else:
        items, areas = _Reader(rows, reports, owner, tz).read(what)
    reported = reports.reported(brought=bool(items))
    if what == "journal":
        journal = NewJournal(id=_journal(owner), name="CSV")
        items = [JournalItem(journal), *items]
    return ImportPlan(CSV, tuple(items), areas, tuple(rows.notes), reported)


class _Reader:
    """Reads tables of which each row is a document."""

    def __init__(self, rows: Iterable[CsvRow], reports: ImportReports, owner: str, tz: str) -> None:
        self._rows = rows
        self._reports = reports
        self._owner = owner
        self._tz = tz
        self._seen = collections.Counter[tuple[str, ...]]()

    def read(self, what: What) -> tuple[list[ImportItem], tuple[type[ImportItem], ...]]:
        made: dict[What, tuple[Callable[[CsvRow], ImportItem], tuple[type[ImportItem], ...]]] = {
            "moods": (self._mood, (MoodItem,)),
            "tasks": (self._task, (TaskItem,)),
            "journal": (self._page, (JournalItem, JournalEntryItem)),
        }
        make, areas = made[what]
        items = []
        for row in self._rows:
            with self._reports.leaving_out(row.place):
                items.append(make(row))
        return items, areas

    def _mood(self, row: CsvRow) -> MoodItem:
        if "at" in row.cells:
            at = row.needed("at", lambda text: time_of(text, self._tz))
        else:
            at = instant(row.needed("date", day_of), _NOON, self._tz)
        fields: Json = {
            "level": row.needed("level", rating_of),
            "at": at.isoformat(),
            "tz": self._tz,
            "note": row.cells.get("note"),
            "category": row.optional("category", _choice(NewMood, "category")),
            "activities": several_of(row.cells.get("activities", "")),
        }
        as_written = {"at": row.cells["at"]} if "at" in row.cells else {}
        fields["id"] = self._id(Mood.id_prefix, fields | as_written)
        return MoodItem(fitted(fields, NewMood, row.report))

    def _task(self, row: CsvRow) -> TaskItem:
        fields: Json = {
            "title": row.needed("title", str),
            "notes": row.cells.get("notes"),
            "due_date": _text(row.optional("due_date", day_of)),
            "status": row.optional("status", _choice(NewTask, "status")),
            "priority": row.optional("priority", _choice(NewTask, "priority")),
            "tz": self._tz,
            "tags": several_of(row.cells.get("tags", "")),
        }
        fields["id"] = self._id(Task.id_prefix, fields)
        return TaskItem(fitted(_given(fields), NewTask, row.report), None)

    def _page(self, row: CsvRow) -> JournalEntryItem:
        fields: Json = {
            "local_date": row.needed("date", day_of).isoformat(),
            "text": row.needed("text", str),
            "title": row.cells.get("title"),
            "tags": several_of(row.cells.get("tags", "")),
            "mood": row.optional("mood", rating_of),
            "tz": self._tz,
            "journal": _journal(self._owner),
        }
        fields["id"] = self._id(JournalEntry.id_prefix, fields)
        return JournalEntryItem(fitted(fields, NewJournalEntry, row.report))

    def _id(self, prefix: str, fields: Json) -> str:
        """The id of what a row says; rows that say the same are told apart by their order."""
        content = tuple(f"{name}={value}" for name, value in sorted(_given(fields).items()))
        self._seen[content] += 1
        return derived_id(prefix, self._owner, CSV, *content, str(self._seen[content]))


def _journal(owner: str) -> str:
    return derived_id(Journal.id_prefix, owner, CSV)


def _choice(kind: type[NewMood | NewTask], field: str) -> Callable[[str], str]:
    return functools.partial(choice_of, choices=choices(kind, field))


def _given(fields: Json) -> Json:
    return {name: value for name, value in fields.items() if value is not None}


def _text(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()
