"""The CSV export of Loop Habit Tracker.

A zip with `Habits.csv`, and for each habit a folder (`001 Meditate/`) with its `Checkmarks.csv`.
Both forms that the app has written are read:

=============  =============================================  ====================================
File           Since 2021                                     Before
=============  =============================================  ====================================
Habits.csv     Position, Name, Type, Question, Description,   Position, Name, Question,
               FrequencyNumerator, FrequencyDenominator,      Description, NumRepetitions,
               Color, Unit, Target Type, Target Value,        Interval, Color
               Archived?
Checkmarks     Date, Value, Notes: YES_MANUAL, YES_AUTO, NO,  Date, Value: 2, 1, 0, 3, -1
               SKIP, UNKNOWN, or thousandths of the unit
=============  =============================================  ====================================

What the app filled in by itself (YES_AUTO) and what it does not know are no entries.  NO is one: a
day that was missed.  A measured habit counts thousandths, so 1500 is 1.5; 0 is a day with nothing.
A measured habit "per week" or "per month" is kept with its target and becomes a rate of once in
that many days, which is the nearest that a day's entry can be judged by.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from models.documents import EntryDraft, HabitDraft
from models.documents.habit import Amount, Daily, Measure, Rate, Schedule, YesNo
from models.errors import Flaw, Invalid
from models.validation import checked
from upcoach.services.imports.archive import read_archive, refused

HABITS: Final = 500
ENTRIES: Final = 50_000
FLAWS: Final = 20  # enough to see what is wrong with a file
CELL: Final = 4_096
FIRST_DAY: Final = dt.date(1970, 1, 1)

_STATES: Final = {"YES_MANUAL": "done", "NO": "missed", "SKIP": "skip"}
_NUMBERS: Final = {"2": "YES_MANUAL", "1": "YES_AUTO", "0": "NO", "3": "SKIP", "-1": "UNKNOWN"}
_NOT_LOGGED: Final = ("YES_AUTO", "UNKNOWN")
_TYPES: Final = ("YES_NO", "NUMERICAL")
_UNSAFE: Final = re.compile("[^ a-zA-Z0-9._-]+")  # what the app leaves out of a folder's name
_NUMBER: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")

Row = dict[str, str]


class LoopEntry(msgspec.Struct, frozen=True):
    """One day that somebody logged."""

    day: dt.date
    draft: EntryDraft


class LoopHabit(msgspec.Struct, frozen=True):
    """A habit with what was logged of it, oldest first."""

    position: str
    draft: HabitDraft
    entries: tuple[LoopEntry, ...]


class LoopExport(msgspec.Struct, frozen=True):
    """A whole export."""

    habits: tuple[LoopHabit, ...]


def read_export(archive: bytes, *, tz: str) -> LoopExport:
    """Read an export, for somebody who lives in *tz*; raises `Invalid` with up to 20 flaws."""
    files = read_archive(archive, ".csv")
    if "Habits.csv" not in files:
        raise refused("/Habits.csv", "file_missing", "There is no Habits.csv in the archive.")
    return _Reader(files, tz).read()


class _Table:
    """A CSV file as rows with their line numbers."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        try:
            self._text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise refused(f"/{name}", "not_utf8", f"{name} is not UTF-8.") from None

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row's last line and cells; blank lines are left out."""
        reader = csv.reader(io.StringIO(self._text, newline=""), strict=True)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as failure:
                raise self.flawed(reader.line_num, "csv_broken", str(failure)) from None
            if any(len(cell) > CELL or "\0" in cell for cell in cells):
                reason = "a cell is too long, or holds NUL"
                raise self.flawed(reader.line_num, "cell_invalid", reason)
            if any(cells):
                yield reader.line_num, cells

    def flawed(self, line: int, code: str, reason: str) -> Invalid:
        """The refusal of a line."""
        detail = f"{self.name}, line {line}: {reason}."
        return refused(f"/{self.name}/line/{line}", code, detail)


class _Reader:
    """Reads what it can, and collects what is wrong."""

    def __init__(self, files: dict[str, bytes], tz: str) -> None:
        self._files = files
        self._tz = tz
        self._flaws: list[Flaw] = []
        self._left = ENTRIES

    def read(self) -> LoopExport:
        table = _Table("Habits.csv", self._files["Habits.csv"])
        habits: list[LoopHabit] = []
        for line, row in _named(table):
            if len(habits) == HABITS:
                raise table.flawed(line, "too_many", f"more than {HABITS} habits")
            try:
                habits.append(self._habit(table, line, row))
            except Invalid as refusal:
                self._note(refusal)
        if self._flaws:
            self._refuse()
        return LoopExport(tuple(habits))

    def _habit(self, table: _Table, line: int, row: Row) -> LoopHabit:
        try:
            draft = self._draft(row)
        except Invalid as refusal:
            raise table.flawed(line, refusal.code, refusal.detail.rstrip(".")) from None
        entries = tuple(sorted(self._entries(row, draft), key=lambda entry: entry.day))
        if entries:
            draft = msgspec.structs.replace(draft, starts_on=entries[0].day)
        return LoopHabit(row["Position"], draft, entries)

    def _draft(self, row: Row) -> HabitDraft:
        schedule = _schedule(row)
        fields = {
            "name": row["Name"],
            "question": row.get("Question") or None,
            "description": row.get("Description") or None,
            "measure": msgspec.to_builtins(_measure(row)),
            "schedule": msgspec.to_builtins(schedule),
            "tz": self._tz,
            "color": row.get("Color") or None,
            "archived": _flag(row.get("Archived?", "false")),
        }
        return checked(fields, HabitDraft)

    def _entries(self, row: Row, draft: HabitDraft) -> Iterator[LoopEntry]:
        table = self._checkmarks(row)
        if table is None:
            return
        seen: dict[dt.date, str] = {}
        for line, cells in table.rows():
            if cells[0] == "Date":
                continue
            try:
                day, value, note = _cells(cells)
                _check_day(seen, day, value)
                entry = _entry(draft.measure, value, note)
            except Invalid as refusal:
                self._note(table.flawed(line, refusal.code, refusal.detail.rstrip(".")))
                continue
            if entry is not None:
                self._count(table, line)
                yield LoopEntry(day, entry)

    def _checkmarks(self, row: Row) -> _Table | None:
        """The habit's own file; a habit without one has no history."""
        folder = f"{row['Position']} {_UNSAFE.sub('', row['Name'])[:100].strip()}"
        name = f"{folder}/Checkmarks.csv"
        content = self._files.get(name)
        return None if content is None else _Table(name, content)

    def _count(self, table: _Table, line: int) -> None:
        self._left -= 1
        if self._left < 0:
            raise table.flawed(line, "too_many", f"more than {ENTRIES} entries")

    def _note(self, refusal: Invalid) -> None:
        self._flaws.extend(refusal.flaws)
        if len(self._flaws) >= FLAWS:
            self._refuse()

    def _refuse(self) -> None:
        first = self._flaws[0].detail
        raise Invalid("import_invalid", first, flaws=tuple(self._flaws[:FLAWS]))


def _named(table: _Table) -> Iterator[tuple[int, Row]]:
    """The rows of *table* by the names in its first line."""
    rows = table.rows()
    first = next(rows, None)
    names = first[1] if first else []
    required = {"Position", "Name"}
    rate = {"FrequencyNumerator", "FrequencyDenominator"}, {"NumRepetitions", "Interval"}
    if not required <= set(names) or not any(columns <= set(names) for columns in rate):
        raise table.flawed(1, "columns_unknown", "these are not the columns of a Loop export")
    for line, cells in rows:
        if len(cells) != len(names):
            reason = f"{len(cells)} cells where the first line has {len(names)}"
            raise table.flawed(line, "cells_wrong", reason)
        yield line, dict(zip(names, cells, strict=True))


def _cells(cells: list[str]) -> tuple[dt.date, str, str]:
    """The day, the value and the note of a checkmark."""
    if not 2 <= len(cells) <= 3:
        raise Invalid("cells_wrong", "a checkmark has a date, a value and perhaps a note")
    try:
        day = dt.datetime.strptime(cells[0], "%Y-%m-%d").date()  # noqa: DTZ007 - a local date
    except ValueError:
        raise Invalid("date_invalid", f"{cells[0][:32]!r} is not a date") from None
    if day < FIRST_DAY:
        raise Invalid("date_invalid", f"{day} is before {FIRST_DAY}")
    return day, cells[1], cells[2] if len(cells) > 2 else ""


def _check_day(seen: dict[dt.date, str], day: dt.date, value: str) -> None:
    if seen.setdefault(day, value) != value:
        raise Invalid("day_twice", f"{day} has another value further up")


def _entry(measure: Measure, value: str, note: str) -> EntryDraft | None:
    """What somebody logged; None where the app only filled in a day."""
    word = value if isinstance(measure, Amount) else _NUMBERS.get(value, value)
    if word in _NOT_LOGGED or (isinstance(measure, Amount) and value == "-1"):
        return None
    fields: dict[str, object] = {"note": note} if note else {}
    if word in _STATES and not (isinstance(measure, Amount) and word == "YES_MANUAL"):
        return checked(fields | {"state": _STATES[word]}, EntryDraft)
    if isinstance(measure, Amount) and re.fullmatch("[0-9]{1,12}", value):
        return checked(fields | {"state": "done", "value": int(value) / 1000}, EntryDraft)
    raise Invalid("value_unknown", f"{value[:32]!r} is not a value that the app writes")


def _measure(row: Row) -> Measure:
    kind = row.get("Type", "YES_NO")
    if kind not in _TYPES:
        raise Invalid("type_unknown", f"{kind[:32]!r} is not a type of habit that the app has")
    if kind == "YES_NO":
        return YesNo()
    target_type = row.get("Target Type", "AT_LEAST")
    if target_type not in ("AT_LEAST", "AT_MOST"):
        raise Invalid("target_invalid", f"{target_type[:32]!r} is neither AT_LEAST nor AT_MOST")
    target = row.get("Target Value", "")
    if not _NUMBER.fullmatch(target):
        raise Invalid("target_invalid", f"{target[:32]!r} is not a target")
    return Amount(float(target), row.get("Unit", ""), target_type == "AT_MOST")


def _schedule(row: Row) -> Schedule:
    times = _count(row.get("FrequencyNumerator", row.get("NumRepetitions", "")))
    days = _count(row.get("FrequencyDenominator", row.get("Interval", "")))
    return Daily() if times >= days else Rate(times, days)


def _count(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,2}", text):
        raise Invalid("frequency_invalid", f"{text[:32]!r} is not a frequency")
    return int(text)


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise Invalid("archived_invalid", f"{text[:32]!r} is neither true nor false")
    return text.lower() == "true"
