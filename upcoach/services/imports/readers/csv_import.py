"""Imports CSV tables (RFC 4180) of habit entries, moods, tasks or journal entries.

The first line names the columns, in any order and in any case (`csv_columns`); others than these
are left out, which is said.  Ids follow from what a row says, so the same row is brought once.
"""

import collections
import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from models.base.errors import Invalid
from models.base.ids import derived_id
from models.base.merge_patch import Json
from models.base.time import check_date, instant
from models.base.validation import checked
from models.habits import EntryDraft, Habit, NewHabit
from models.journal import Journal, JournalEntry, NewJournal, NewJournalEntry
from models.moods import Mood, NewMood
from models.tasks import NewTask, Task
from upcoach.services.imports.planning.diary_items import JournalEntryItem, JournalItem, MoodItem
from upcoach.services.imports.planning.import_errors import ImportErrors, refused
from upcoach.services.imports.planning.plan import (
    EntryItem,
    HabitItem,
    ImportItem,
    ImportPlan,
    TaskItem,
)
from upcoach.services.imports.readers.csv_columns import COLUMNS, What
from upcoach.services.imports.readers.csv_table import MOST_COLUMNS, Table

CSV: Final = "csv"
ROWS: Final = 50_000
HABITS: Final = 500

Row = dict[str, str]

# As programs write them, padded too; `float` alone takes underscores, and digits of every script.
_NUMBER: Final = re.compile(
    r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,60})?|\.[0-9]{1,60})(?:[eE][+-]?[0-9]{1,3})?"
)
_NOON: Final = dt.time(12)


def read(content: bytes, *, what: What, owner: str, tz: str) -> ImportPlan:
    """Read the table *content* into a plan, for somebody in *tz*; raises `Invalid`."""
    return _Reader(content, what, owner, tz).read()


class _Reader:
    """Reads what it can, and collects what is wrong."""

    def __init__(self, content: bytes, what: What, owner: str, tz: str) -> None:
        self._flaws = ImportErrors()
        self._table = Table("table", content, self._flaws)
        self._what = what
        self._owner = owner
        self._tz = tz
        self._notes: list[str] = []
        self._seen = collections.Counter[tuple[str, ...]]()

    def read(self) -> ImportPlan:
        rows = list(self._rows())
        self._flaws.refuse()
        if self._what == "habits":
            items = self._habits(rows)
            areas: tuple[type[ImportItem], ...] = (HabitItem, EntryItem)
        else:
            made: dict[str, tuple[Callable[[Row], ImportItem], type[ImportItem]]] = {
                "moods": (self._mood, MoodItem),
                "tasks": (self._task, TaskItem),
                "journal": (self._page, JournalEntryItem),
            }
            make, area = made[self._what]
            items = [item for line, row in rows for item in self._tried(line, make, row)]
            areas = (area,)
        if self._what == "journal":
            journal = NewJournal(id=self._journal, name="CSV")
            items, areas = [JournalItem(journal), *items], (JournalItem, JournalEntryItem)
        self._flaws.refuse()
        return ImportPlan(CSV, tuple(items), areas, tuple(self._notes))

    def _rows(self) -> Iterator[tuple[int, Row]]:
        lines = self._table.lines()
        first = next(lines, None)
        names = [] if first is None else [name.strip().casefold() for name in first.cells]
        self._check(names)
        for count, (line, cells) in enumerate(lines):
            if count == ROWS:
                raise refused("", "export_too_large", f"The table has more than {ROWS:,} rows.")
            if len(cells) == len(names):
                row = zip(names, (cell.strip() for cell in cells), strict=True)
                yield line, {name: cell for name, cell in row if cell}
            else:
                reason = f"{len(cells)} cells, where the first line has {len(names)}"
                self._table.flaw(line, "cells_wrong", reason)

    def _check(self, names: list[str]) -> None:
        if len(names) > MOST_COLUMNS:
            raise refused(
                "", "export_too_large", f"The table has more than {MOST_COLUMNS} columns."
            )
        columns = COLUMNS[self._what]
        missing = sorted(
            column.name for column in columns if column.required and column.name not in names
        )
        if missing or len(set(names)) < len(names):
            reason = f"missing: {', '.join(missing)}" if missing else "a column occurs twice"
            self._table.flaw(1, "columns_unknown", reason)
        self._flaws.refuse()
        for name in sorted(set(names) - {column.name for column in columns}):
            self._notes.append(f"The column {name[:32]!r} has no place here and is left out.")

    def _tried(
        self, line: int, make: Callable[[Row], ImportItem], row: Row
    ) -> Iterator[ImportItem]:
        try:
            yield make(row)
        except Invalid as refusal:
            self._table.refused(line, refusal)

    def _habits(self, rows: list[tuple[int, Row]]) -> list[ImportItem]:
        by_name: dict[str, list[tuple[int, Row]]] = {}
        for line, row in rows:
            if "habit" in row:
                by_name.setdefault(row["habit"], []).append((line, row))
            else:
                self._table.flaw(line, "cell_empty", "it names no habit")
        if len(by_name) > HABITS:
            raise refused("", "export_too_large", f"The table names more than {HABITS} habits.")
        habits: list[ImportItem] = []
        days: dict[str, EntryItem] = {}
        for name, own in by_name.items():
            habit_id = derived_id(Habit.id_prefix, self._owner, CSV, name)
            try:
                habits.append(self._habit([row for _, row in own]))
            except Invalid as refusal:
                self._table.refused(own[0][0], refusal)
            for line, row in own:
                self._day(days, habit_id, line, row)
        return [*habits, *sorted(days.values(), key=lambda item: (item.day, item.parent))]

    def _habit(self, rows: list[Row]) -> HabitItem:
        name = rows[0]["habit"]
        fields: Json = {
            "id": derived_id(Habit.id_prefix, self._owner, CSV, name),
            "name": name,
            "tz": self._tz,
            "starts_on": min(row.get("date", "9999") for row in rows),
        }
        if any("value" in row for row in rows):
            fields["measure"] = {
                "type": "amount",
                "target": _number(next((row["target"] for row in rows if "target" in row), "0")),
                "unit": next((row["unit"] for row in rows if "unit" in row), ""),
            }
        return HabitItem(checked(fields, NewHabit))

    def _day(self, days: dict[str, EntryItem], habit: str, line: int, row: Row) -> None:
        try:
            fields: Json = {name: row[name] for name in ("state", "note") if name in row}
            if "value" in row:
                fields["value"] = _number(row["value"])
            day = _day(row)
            item = EntryItem(habit, day, checked(fields, EntryDraft))
        except Invalid as refusal:
            self._table.refused(line, refusal)
            return
        if days.setdefault(item.id, item) is not item:
            self._table.flaw(line, "day_twice", f"{day} is there already")

    def _mood(self, row: Row) -> MoodItem:
        fields: Json = {name: row[name] for name in ("note", "category") if name in row}
        fields |= {"tz": self._tz, "level": _number(row.get("level", ""))}
        fields["activities"] = _several(row, "activities")
        if "at" in row:
            fields["at"] = row["at"]
        else:
            day = _day(row)
            fields["at"] = instant(day, _NOON, self._tz).isoformat()
        return MoodItem(checked(fields | {"id": self._id(Mood.id_prefix, fields)}, NewMood))

    def _task(self, row: Row) -> TaskItem:
        names = ("title", "notes", "due_date", "status", "priority")
        fields: Json = {name: row[name] for name in names if name in row}
        fields |= {"tz": self._tz, "tags": _several(row, "tags")}
        return TaskItem(checked(fields | {"id": self._id(Task.id_prefix, fields)}, NewTask), None)

    def _page(self, row: Row) -> JournalEntryItem:
        fields: Json = {name: row[name] for name in ("title", "text") if name in row}
        fields |= {"local_date": row.get("date"), "tz": self._tz, "tags": _several(row, "tags")}
        if "mood" in row:
            fields["mood"] = _number(row["mood"])
        fields |= {"journal": self._journal, "id": self._id(JournalEntry.id_prefix, fields)}
        return JournalEntryItem(checked(fields, NewJournalEntry))

    @property
    def _journal(self) -> str:
        return derived_id(Journal.id_prefix, self._owner, CSV)

    def _id(self, prefix: str, fields: Json) -> str:
        """The id of what a row says; rows that say the same are told apart by their order."""
        content = tuple(f"{name}={fields[name]}" for name in sorted(fields))
        self._seen[content] += 1
        return derived_id(prefix, self._owner, CSV, *content, str(self._seen[content]))


def _day(row: Row) -> dt.date:
    day = checked(row.get("date"), dt.date)
    check_date(day, "/date")
    return day


def _number(text: str) -> int | float | str:
    """Parse *text* as a number; *text* itself where it is none, which its field refuses."""
    if not _NUMBER.fullmatch(text.strip()):
        return text
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def _several(row: Row, name: str) -> list[Any]:
    return [part.strip() for part in row.get(name, "").split(";") if part.strip()]
