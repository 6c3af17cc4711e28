"""Reads the CSV export of Loop Habit Tracker.

A zip with `Habits.csv` and, for each habit, a folder (`001 Meditate/`) with its `Checkmarks.csv`.
The `Checkmarks.csv` at the top has a column for each habit; it serves those without a file of their
own.  The scores are Loop's own arithmetic and are not read.  All forms that the app has written are
understood:

=======  ============================================  ==========================================
Since    Habits.csv                                    Checkmarks.csv of a habit
=======  ============================================  ==========================================
1.2      none: folders have the names of habits        `checkmarks.csv`; no first line: date, value
1.4      Name, Description, NumRepetitions, Interval,  `001 Name/`, the name as it stands
         Color
1.5.6    Position, and these                           `001 Name/`, without special characters
2.0      Position, Name, Question, Description,        2, 1, 0, 3, -1, or thousandths of the unit;
         NumRepetitions, Interval, Color               at the top `Entry(timestamp=…, value=2)`
2.3      Position, Name, Type, Question, Description,  Date, Value, Notes: YES_MANUAL, YES_AUTO,
         FrequencyNumerator, FrequencyDenominator,     NO, SKIP, UNKNOWN, or thousandths of the
         Color, Unit, Target Type, Target Value,       unit
         Archived?
=======  ============================================  ==========================================

What it becomes here:

- n times in m days is a `Rate`; as many times as days is `Daily`.
- A habit starts on the day of its first entry; without one, its first day is open.
- YES_MANUAL is `done`, NO `missed`, SKIP `skip`.  What the app filled in by itself (YES_AUTO) and
  what nobody answered (UNKNOWN) are no entries; a note on such a day is lost, which is said.
- A measured day is `done` with its amount, and the target decides what it is worth: for "at most",
  nothing is the best of days.  So 0, which the app writes as NO, is an amount and not `missed`.
- Where no type is told, a habit with an amount in any day is measured, with an open target.
- A measured habit's target over several days has no counterpart: it is kept as a day's target on
  a day's chance in as many days, which is said.

A folder that belongs to no habit is reported.
"""

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from models.base.errors import Invalid
from models.base.text.counting import counted
from models.base.time import check_zone
from models.habits import Amount, EntryDraft, HabitDraft, Measure, Rate, check_not_ahead
from upcoach.services.imports.files.archive import Archive, from_top, read_archive
from upcoach.services.imports.files.csv_table import MOST_COLUMNS, Table, TableRow, cells_of
from upcoach.services.imports.planning.import_errors import refused
from upcoach.services.imports.planning.reports import (
    ImportReports,
    Report,
    Reported,
    ReportPlace,
    cells_under,
    code_of,
    reason,
)
from upcoach.services.imports.readers.loop_cells import (
    day_of,
    draft_of,
    entry_of,
    is_amount,
    measure_of,
    position_of,
)
from upcoach.services.imports.readers.loop_histories import (
    CHECKMARKS,
    LoopCheckmarks,
    LoopHistories,
)

HABITS: Final = 500
ENTRIES: Final = 50_000
LINES: Final = 500_000  # most days of an old habit hold no entry

_HABITS_CSV: Final = "Habits.csv"
_NEEDED: Final = {"Name"}
_FREQUENCIES: Final = (
    {"FrequencyNumerator", "FrequencyDenominator"},
    {"NumRepetitions", "Interval"},
)
_KNOWN: Final = _NEEDED.union(
    *_FREQUENCIES,
    {"Position", "Type", "Question", "Description", "Color"},
    {"Unit", "Target Type", "Target Value", "Archived?"},
)

Checkmark = tuple[EntryDraft | None, str]  # with the note, which an entry may have no place for
Days = dict[dt.date, Checkmark]


class LoopRow(NamedTuple):
    """A row of `Habits.csv`: where it stands, and its cells by the names in the first line."""

    place: ReportPlace
    cells: dict[str, str]


class LoopEntry(msgspec.Struct, frozen=True):
    """One day that somebody logged."""

    day: dt.date
    draft: EntryDraft


class LoopHabit(msgspec.Struct, frozen=True):
    """A habit with what was logged of it, oldest first."""

    position: int
    draft: HabitDraft
    entries: tuple[LoopEntry, ...]


class LoopExport(msgspec.Struct, frozen=True):
    """A whole export; *notes* are sentences about what of it has no place here."""

    habits: tuple[LoopHabit, ...]
    notes: tuple[str, ...] = ()
    reports: Reported = Reported()


def read_export(archive: Archive, *, tz: str, now: dt.datetime) -> LoopExport:
    """Read an export, for somebody who lives in *tz*; raises `Invalid` with up to 20 flaws."""
    check_zone(tz)
    files = read_archive(archive, (_HABITS_CSV, CHECKMARKS, CHECKMARKS.lower()))
    files = from_top(files, _HABITS_CSV)
    if _HABITS_CSV not in files:
        files = _with_list(files)
    return _Reader(files, tz, now).read()


def _with_list(files: dict[str, bytes]) -> dict[str, bytes]:
    """*files* of before 1.4, which had no list, with one of the names of their folders."""
    base = CHECKMARKS.lower()
    folders = [name.removesuffix(f"/{base}") for name in files if name.endswith(f"/{base}")]
    if not folders:
        detail = "The archive has no Habits.csv at its top: it is not an export of Loop."
        raise refused(f"/{_HABITS_CSV}", "file_missing", detail)
    listed = io.StringIO()
    rows = [["Name", *sorted(_FREQUENCIES[1])], *([folder, "1", "1"] for folder in folders)]
    csv.writer(listed, lineterminator="\n").writerows(rows)
    return files | {_HABITS_CSV: listed.getvalue().encode()}


class _Reader:
    """Reads what it can, and reports the rest."""

    def __init__(self, files: dict[str, bytes], tz: str, now: dt.datetime) -> None:
        self._reports = ImportReports()
        self._files = files
        self._table = Table(_HABITS_CSV, files[_HABITS_CSV], self._reports)
        self._tz = tz
        self._now = now
        self._positions: set[int] = set()
        self._lines = 0
        self._entries = 0
        self._notes: list[str] = []

    def read(self) -> LoopExport:
        rows = list(self._rows())
        names = [row.cells["Name"] for row in rows]
        counts = Counter(names)
        histories = LoopHistories(self._files, names, self._reports)
        habits = []
        for number, row in enumerate(rows, start=1):
            name = row.cells["Name"]
            position = self._position(number, row)
            history = histories.take(position, name, is_only=counts[name] == 1)
            with self._reports.leaving_out(row.place):
                habits.append(self._habit(position or number, row, history))
        histories.report_rest()
        reported = self._reports.reported(brought=bool(habits))
        return LoopExport(tuple(habits), tuple(self._notes), reported)

    def _rows(self) -> Iterator[LoopRow]:
        """The rows of `Habits.csv` by the names in its first line."""
        lines = self._table.lines()
        names = self._names(next(lines, None))
        for count, (line, written) in enumerate(lines):
            if count == HABITS:
                raise refused(
                    "", "export_too_large", f"The export holds more than {HABITS} habits."
                )
            cells = cells_of(written, len(names))
            if cells is None:
                words = "left out, since " + cells_under(len(written), len(names))
                self._table.report(line, "cells_wrong", words)
            else:
                yield LoopRow(self._table.place(line), dict(zip(names, cells, strict=True)))

    def _names(self, first: TableRow | None) -> list[str]:
        names = first.cells if first else []
        if len(names) > MOST_COLUMNS:
            raise refused(
                "", "export_too_large", f"{_HABITS_CSV} has more than {MOST_COLUMNS} columns."
            )
        given = set(names)
        frequencies = [columns for columns in _FREQUENCIES if columns <= given]
        if not given >= _NEEDED or len(frequencies) != 1 or len(given) < len(names):
            words = "these are not the columns of an export of Loop"
            raise self._table.refusal(1, "columns_unknown", words)
        self._notes.extend(
            f"The column {name[:32]!r} of {_HABITS_CSV} has no place here and is left out."
            for name in names
            if name not in _KNOWN
        )
        return names

    def _position(self, number: int, row: LoopRow) -> int | None:
        """The position of a habit, which is in row *number* of the list; None for none."""
        if "Position" not in row.cells:
            return number
        try:
            return self._unique(position_of(row.cells))
        except Invalid as refusal:
            words = f"its history is looked for by its name, since {reason(refusal)}"
            self._reports.at(row.place)(code_of(refusal), words)
            return None

    def _unique(self, position: int) -> int:
        if position in self._positions:
            raise Invalid("position_twice", f"another habit has position {position}, too")
        self._positions.add(position)
        return position

    def _habit(self, position: int, row: LoopRow, history: LoopCheckmarks | None) -> LoopHabit:
        report = self._reports.at(row.place)
        lines = list(self._counted(history.lines)) if history else []
        has_amounts = any(is_amount(cells[1]) for _, cells in lines if len(cells) > 1)
        measure = measure_of(row.cells, report, has_amounts=has_amounts)
        draft = draft_of(row.cells, measure, self._tz, report)
        days = self._days(history.table, lines, measure) if history else {}
        self._note_losses(draft, history, days)
        entries = tuple(
            LoopEntry(day, entry) for day, (entry, _) in sorted(days.items()) if entry is not None
        )
        self._count(entries=len(entries))
        first = entries[0].day if entries else None
        return LoopHabit(position, msgspec.structs.replace(draft, starts_on=first), entries)

    def _counted(self, lines: Iterator[TableRow]) -> Iterator[TableRow]:
        for line in lines:
            self._count(lines=1)
            yield line

    def _days(self, table: Table, lines: list[TableRow], measure: Measure) -> Days:
        """The entry and the note of each day."""
        days: Days = {}
        for line, cells in lines:
            place = table.place(line)
            with self._reports.leaving_out(place):
                day, checkmark = _checkmark(cells, measure, self._reports.at(place))
                if checkmark[0] is not None:
                    check_not_ahead(day, checkmark[0], self._now)
                if days.setdefault(day, checkmark) != checkmark:
                    raise Invalid("day_twice", f"{day} is there already, with something else")
        return days

    def _count(self, *, lines: int = 0, entries: int = 0) -> None:
        self._lines += lines
        self._entries += entries
        if self._lines > LINES or self._entries > ENTRIES:
            detail = f"The export holds more than {ENTRIES:,} entries or {LINES:,} lines."
            raise refused("", "export_too_large", detail)

    def _note_losses(self, draft: HabitDraft, history: LoopCheckmarks | None, days: Days) -> None:
        if history is None:
            self._notes.append(f"{draft.name}: the export holds no checkmarks of it.")
        if isinstance(draft.measure, Amount) and isinstance(draft.schedule, Rate):
            self._notes.append(
                f"{draft.name}: in Loop its target is for {counted(draft.schedule.days, 'day')} "
                "together; here it is for one day."
            )
        unheard = sum(entry is None and bool(note) for entry, note in days.values())
        if unheard:
            self._notes.append(
                f"{draft.name}: left out {counted(unheard, 'note')} on days without an answer."
            )


def _checkmark(cells: list[str], measure: Measure, report: Report) -> tuple[dt.date, Checkmark]:
    kept = cells_of(cells, 3)
    if kept is None or len(cells) < 2:
        raise Invalid("cells_wrong", "a checkmark has a date, a value and perhaps a note")
    day, value, note = kept
    return day_of(day), (entry_of(measure, value, note, report), note)
