"""Reads tables of habit entries: a row for each day that somebody logged."""

import datetime as dt
import functools
from typing import Final, NamedTuple

from models.base.errors import Invalid
from models.base.ids import derived_id
from models.base.merge_patch import Json
from models.base.time import check_counted
from models.base.validation import checked
from models.habits import EntryDraft, Habit, NewHabit, check_not_ahead
from upcoach.services.imports.planning.fitting import fitted, shortened
from upcoach.services.imports.planning.import_errors import refused
from upcoach.services.imports.planning.plan import EntryItem, HabitItem, ImportItem
from upcoach.services.imports.planning.reports import ImportReports
from upcoach.services.imports.readers.csv_cells import amount_of, choice_of, day_of
from upcoach.services.imports.readers.csv_columns import choices
from upcoach.services.imports.readers.csv_rows import CsvRow, CsvRows

CSV: Final = "csv"
HABITS: Final = 500
UNIT: Final = 32  # characters


class _Kept(NamedTuple):
    """A day of a habit, and the row that it stands in."""

    row: CsvRow
    day: dt.date
    draft: EntryDraft


class CsvHabits:
    """Makes items of the rows of a table, for somebody in *tz*."""

    def __init__(
        self, rows: CsvRows, reports: ImportReports, *, owner: str, tz: str, now: dt.datetime
    ) -> None:
        self._rows = rows
        self._reports = reports
        self._owner = owner
        self._tz = tz
        self._now = now

    def items(self) -> list[ImportItem]:
        """The habits that have a day, and then their days in the order in which they were."""
        habits: list[ImportItem] = []
        entries: list[EntryItem] = []
        for name, rows in self._by_habit().items():
            habit = derived_id(Habit.id_prefix, self._owner, CSV, name)
            is_measured = any("value" in row.cells for row in rows)
            days = self._days(rows, is_measured=is_measured)
            if days:
                habits.append(self._habit(habit, name, rows, min(days), is_measured=is_measured))
                entries += [EntryItem(habit, day, kept.draft) for day, kept in days.items()]
        return [*habits, *sorted(entries, key=lambda item: (item.day, item.parent))]

    def _by_habit(self) -> dict[str, list[CsvRow]]:
        by_name: dict[str, list[CsvRow]] = {}
        for row in self._rows:
            with self._reports.leaving_out(row.place):
                by_name.setdefault(row.needed("habit", str), []).append(row)
        if len(by_name) > HABITS:
            raise refused("", "export_too_large", f"The table names more than {HABITS} habits.")
        return by_name

    def _days(self, rows: list[CsvRow], *, is_measured: bool) -> dict[dt.date, _Kept]:
        days: dict[dt.date, _Kept] = {}
        for row in rows:
            with self._reports.leaving_out(row.place):
                kept = self._day(row, is_measured=is_measured)
                before = days.setdefault(kept.day, kept)
                if before is not kept:
                    words = f"this habit has {kept.day} already, in {before.row.place.name}"
                    raise Invalid("day_twice", words)
        return days

    def _day(self, row: CsvRow, *, is_measured: bool) -> _Kept:
        day = row.needed("date", day_of)
        check_counted(day, "/date")
        fields: Json = {"state": "done"}
        if "state" in row.cells:
            states = choices(EntryDraft, "state")
            fields["state"] = row.needed("state", functools.partial(choice_of, choices=states))
        if is_measured and (fields["state"] == "done" or "value" in row.cells):
            fields["value"] = row.needed("value", self._amount)
        if "note" in row.cells:
            fields["note"] = row.cells["note"]
        check_not_ahead(day, checked({"state": fields["state"]}, EntryDraft), self._now)
        return _Kept(row, day, fitted(fields, EntryDraft, row.report))

    def _habit(
        self, habit: str, name: str, rows: list[CsvRow], first: dt.date, *, is_measured: bool
    ) -> HabitItem:
        fields: Json = {
            "id": habit,
            "name": name,
            "tz": self._tz,
            "starts_on": first.isoformat(),
        }
        if is_measured:
            fields["measure"] = {
                "type": "amount",
                "target": self._target(rows),
                "unit": _unit(rows),
            }
        return HabitItem(fitted(fields, NewHabit, rows[0].report))

    def _target(self, rows: list[CsvRow]) -> float:
        """The first that is given: without one every day that is logged counts."""
        row = next((row for row in rows if "target" in row.cells), None)
        return (row and row.optional("target", self._amount)) or 0.0

    def _amount(self, text: str) -> float:
        return amount_of(text, self._rows.separator)


def _unit(rows: list[CsvRow]) -> str:
    row = next((row for row in rows if "unit" in row.cells), None)
    return "" if row is None else shortened(row.cells["unit"], UNIT, "unit", row.report)
