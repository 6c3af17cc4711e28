"""Reads the CSV export of Loop Habit Tracker.

A zip with `Habits.csv` and, for each habit, a folder (`001 Meditate/`) with its `Checkmarks.csv`.
The `Checkmarks.csv` at the top has a column for each habit; it serves those without a file of their
own.  The scores are Loop's own arithmetic and are not read.  Both forms that the app has written
are understood:

=============  =============================================  ====================================
File           Now                                            Before
=============  =============================================  ====================================
Habits.csv     Position, Name, Type, Question, Description,   Position, Name, Question,
               FrequencyNumerator, FrequencyDenominator,      Description, NumRepetitions,
               Color, Unit, Target Type, Target Value,        Interval, Color
               Archived?
Checkmarks     Date, Value, Notes: YES_MANUAL, YES_AUTO, NO,  Date, Value (with or without this
               SKIP, UNKNOWN, or thousandths of the unit      line): 2, 1, 0, 3, -1
=============  =============================================  ====================================

What it becomes here:

- n times in m days is a `Rate`; as many times as days is `Daily`.
- A habit starts on the day of its first entry; without one, its first day is open.
- YES_MANUAL is `done`, NO `missed`, SKIP `skip`.  What the app filled in by itself (YES_AUTO) and
  what nobody answered (UNKNOWN) are no entries; a note on such a day is lost, which is said.
- A measured day is `done` with its amount, and the target decides what it is worth: for "at most",
  nothing is the best of days.  So 0, which the app writes as NO, is an amount and not `missed`.
- A measured habit's target over several days has no counterpart: it is kept as a day's target on
  a day's chance in as many days, which is said.

Every folder must belong to a habit: a history that nobody claims is refused, not lost.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Final

import msgspec

from models.base.errors import Invalid
from models.base.time import check_zone
from models.habits import Amount, EntryDraft, HabitDraft, Measure, Rate
from upcoach.services.imports.planning.import_errors import ImportErrors, refused
from upcoach.services.imports.readers.archive import read_archive
from upcoach.services.imports.readers.csv_table import MOST_COLUMNS, Table, TableRow
from upcoach.services.imports.readers.loop_cells import day_of, draft_of, entry_of, position_of
from upcoach.services.imports.readers.loop_histories import (
    CHECKMARKS,
    LoopCheckmarks,
    LoopHistories,
)

HABITS: Final = 500
ENTRIES: Final = 50_000
LINES: Final = 500_000  # most days of an old habit hold no entry

_HABITS_CSV: Final = "Habits.csv"
_NEEDED: Final = {"Position", "Name"}
_FREQUENCIES: Final = (
    {"FrequencyNumerator", "FrequencyDenominator"},
    {"NumRepetitions", "Interval"},
)
_KNOWN: Final = _NEEDED.union(
    *_FREQUENCIES,
    {"Type", "Question", "Description", "Color"},
    {"Unit", "Target Type", "Target Value", "Archived?"},
)

Row = dict[str, str]
Checkmark = tuple[EntryDraft | None, str]  # with the note, which an entry may have no place for
Days = dict[dt.date, Checkmark]


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


def read_export(archive: bytes, *, tz: str) -> LoopExport:
    """Read an export, for somebody who lives in *tz*; raises `Invalid` with up to 20 flaws."""
    check_zone(tz)
    files = read_archive(archive, (_HABITS_CSV, CHECKMARKS))
    if _HABITS_CSV not in files:
        detail = "The archive has no Habits.csv at its top: it is not an export of Loop."
        raise refused(f"/{_HABITS_CSV}", "file_missing", detail)
    return _Reader(files, tz).read()


class _Reader:
    """Reads what it can, and collects what is wrong."""

    def __init__(self, files: dict[str, bytes], tz: str) -> None:
        self._flaws = ImportErrors()
        self._table = Table(_HABITS_CSV, files[_HABITS_CSV], self._flaws)
        self._histories = LoopHistories(files, self._flaws)
        self._tz = tz
        self._positions: set[int] = set()
        self._lines = 0
        self._entries = 0
        self._notes: list[str] = []

    def read(self) -> LoopExport:
        rows = list(self._rows())
        names = Counter(row["Name"] for _, row in rows)
        habits = [self._habit(line, row, names) for line, row in rows]
        self._flaws.refuse()
        self._histories.refuse_rest()
        return LoopExport(tuple(filter(None, habits)), tuple(self._notes))

    def _rows(self) -> Iterator[tuple[int, Row]]:
        """The rows of `Habits.csv` by the names in its first line."""
        lines = self._table.lines()
        names = self._names(next(lines, None))
        for count, (line, cells) in enumerate(lines):
            if count == HABITS:
                raise refused(
                    "", "export_too_large", f"The export holds more than {HABITS} habits."
                )
            if len(cells) == len(names):
                yield line, dict(zip(names, cells, strict=True))
            else:
                reason = f"{len(cells)} cells, where the first line has {len(names)}"
                self._table.flaw(line, "cells_wrong", reason)

    def _names(self, first: TableRow | None) -> list[str]:
        if first is None:
            self._flaws.refuse()
        names = first.cells if first else []
        if len(names) > MOST_COLUMNS:
            raise refused(
                "", "export_too_large", f"{_HABITS_CSV} has more than {MOST_COLUMNS} columns."
            )
        given = set(names)
        frequencies = [columns for columns in _FREQUENCIES if columns <= given]
        if not given >= _NEEDED or len(frequencies) != 1 or len(given) < len(names):
            self._table.flaw(1, "columns_unknown", "these are not the columns of an export of Loop")
            self._flaws.refuse()
        self._notes.extend(
            f"The column {name[:32]!r} of {_HABITS_CSV} has no place here and is left out."
            for name in names
            if name not in _KNOWN
        )
        return names

    def _habit(self, line: int, row: Row, names: Counter[str]) -> LoopHabit | None:
        described = self._described(line, row)
        if described is None:
            return None
        position, draft = described
        history = self._histories.take(position, draft.name, is_only=names[draft.name] == 1)
        days = self._days(history, draft.measure) if history else {}
        self._note_losses(draft, history, days)
        entries = tuple(
            LoopEntry(day, entry) for day, (entry, _) in sorted(days.items()) if entry is not None
        )
        self._count(entries=len(entries))
        first = entries[0].day if entries else None
        return LoopHabit(position, msgspec.structs.replace(draft, starts_on=first), entries)

    def _described(self, line: int, row: Row) -> tuple[int, HabitDraft] | None:
        try:
            return self._position(row), draft_of(row, self._tz)
        except Invalid as refusal:
            self._table.refused(line, refusal)
            return None

    def _position(self, row: Row) -> int:
        position = position_of(row)
        if position in self._positions:
            raise Invalid("position_twice", f"another habit has position {position}, too")
        self._positions.add(position)
        return position

    def _days(self, history: LoopCheckmarks, measure: Measure) -> Days:
        """The entry and the note of each day."""
        days: Days = {}
        for line, cells in history.lines:
            self._count(lines=1)
            try:
                _add(days, *_checkmark(cells, measure))
            except Invalid as refusal:
                history.table.refused(line, refusal)
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
                f"{draft.name}: its target is for {draft.schedule.days} days together in Loop; "
                "here it is for one day."
            )
        unheard = sum(entry is None and bool(note) for entry, note in days.values())
        if unheard:
            self._notes.append(
                f"{draft.name}: left out are notes on days without an answer ({unheard})."
            )


def _checkmark(cells: list[str], measure: Measure) -> tuple[dt.date, Checkmark]:
    if not 2 <= len(cells) <= 3:
        raise Invalid("cells_wrong", "a checkmark has a date, a value and perhaps a note")
    note = cells[2] if len(cells) == 3 else ""
    return day_of(cells[0]), (entry_of(measure, cells[1], note), note)


def _add(days: Days, day: dt.date, checkmark: Checkmark) -> None:
    if days.setdefault(day, checkmark) != checkmark:
        raise Invalid("day_twice", f"{day} is there already, with something else")
