"""The rows of a table of ours, by the names in its first line, and what their cells hold."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, TypeVar

from models.base.errors import Invalid
from models.base.validation import cut
from upcoach.services.imports.files.csv_table import MOST_COLUMNS, Table, TableRow, cells_of
from upcoach.services.imports.planning.import_errors import refused
from upcoach.services.imports.planning.reports import (
    ImportReports,
    Report,
    ReportPlace,
    cells_under,
    code_of,
    reason,
)
from upcoach.services.imports.readers.csv_columns import CsvColumn

V = TypeVar("V")

ROWS: Final = 50_000
_SHOWN: Final = 32  # characters of a column's name, or of one of a value


class CsvRow(NamedTuple):
    """A row: where it stands, and its cells that hold something."""

    place: ReportPlace
    report: Report
    cells: dict[str, str]

    def needed(self, name: str, parse: Callable[[str], V]) -> V:
        """The value of a cell; raises `Invalid`, in words that name the column."""
        if name not in self.cells:
            raise Invalid("cell_empty", f"the column {name!r} is empty")
        try:
            return parse(self.cells[name])
        except Invalid as refusal:
            raise Invalid(code_of(refusal), f"column {name!r}: {reason(refusal)}") from None

    def optional(self, name: str, parse: Callable[[str], V]) -> V | None:
        """The value of a cell; none where it is empty, or where it is reported to be none."""
        if name not in self.cells:
            return None
        try:
            return self.needed(name, parse)
        except Invalid as refusal:
            self.report(code_of(refusal), f"{reason(refusal)}: this cell is left out")
            return None


class CsvRows:
    """The rows of *table* that hold something, each once; *notes* says what has no place here."""

    def __init__(
        self, content: bytes, columns: tuple[CsvColumn, ...], reports: ImportReports
    ) -> None:
        self._table = Table("table", content, reports, any_form=True)
        self._columns = columns
        self._reports = reports
        self.notes: list[str] = []

    @property
    def separator(self) -> str:
        """What its cells are separated by; known once there is a row."""
        return self._table.separator

    def __iter__(self) -> Iterator[CsvRow]:
        lines = self._table.lines()
        names = self._names(next(lines, None))
        seen: dict[tuple[str, ...], int] = {}
        for count, (line, cells) in enumerate(lines):
            if count == ROWS:
                raise refused("", "export_too_large", f"The table has more than {ROWS:,} rows.")
            row = cells_of(cells, len(names))
            if row is None:
                words = "left out, since " + cells_under(len(cells), len(names))
                self._table.report(line, "cells_wrong", words)
            elif (first := seen.setdefault(tuple(row), line)) != line:
                words = f"left out, since it says the same as line {first}, word for word"
                self._table.report(line, "row_twice", words)
            else:
                yield self._row(line, dict(zip(names, row, strict=True)))

    def _row(self, line: int, cells: dict[str, str]) -> CsvRow:
        place = self._table.place(line)
        held = {name: text for name, cell in cells.items() if name and (text := cell.strip())}
        return CsvRow(place, self._reports.at(place), held)

    def _names(self, first: TableRow | None) -> list[str]:
        line, cells = first or TableRow(1, [])
        names = [cell.strip().casefold().replace(" ", "_") for cell in cells]
        while names and not names[-1]:
            names.pop()  # a spreadsheet's columns of nothing
        if len(names) > MOST_COLUMNS:
            words = f"The table has more than {MOST_COLUMNS} columns."
            raise refused("", "export_too_large", words)
        self._require(line, names)
        known = {column.name for column in self._columns}
        for name in sorted(set(names) - known):
            called = f"The column {name[:_SHOWN]!r}" if name else "A column without a name"
            self.notes.append(f"{called} has no place here and is left out.")
        return names

    def _require(self, line: int, names: list[str]) -> None:
        twice = sorted({name for name in names if name and names.count(name) > 1})
        if twice:
            words = f"the column {cut(twice[0], _SHOWN)!r} occurs twice"
            raise self._table.refusal(line, "columns_unknown", words)
        missing = [
            repr(column.name)
            for column in self._columns
            if column.required and column.name not in names
        ]
        if missing:
            found = ", ".join(repr(cut(name, _SHOWN)) for name in names[:20] if name) or "none"
            words = (
                f"this line is to name the columns, and has no column {' and no '.join(missing)}"
            )
            words += f" (found: {found})"
            raise self._table.refusal(line, "columns_unknown", words)
