"""Finds the history of each habit in an export of Loop Habit Tracker.

That is a folder of the habit's own, or a column of the `Checkmarks.csv` at the top.  A folder is
named after the habit's position and its name: since 1.5.6 without the characters that a file may
not have everywhere, before that as it stands.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from upcoach.services.imports.files.csv_table import Table, TableRow
from upcoach.services.imports.planning.import_errors import pointer_to, refused
from upcoach.services.imports.planning.reports import ImportReports, cells_under
from upcoach.services.imports.readers.loop_cells import sanitized

CHECKMARKS: Final = "Checkmarks.csv"
READ_AGAIN: Final = 64 * 1024 * 1024  # bytes: a column is read in a pass of its own
_ENTRY: Final = ("Entry(timestamp=", " value=", ")")  # as 2.0 wrote it there, with a comma within


class LoopCheckmarks(NamedTuple):
    """The checkmarks of one habit: lines of a date, a value and perhaps a note."""

    table: Table
    lines: Iterator[TableRow]


class _Folder(NamedTuple):
    """A folder by the number and the name that it is named after."""

    position: int | None
    name: str

    @classmethod
    def of(cls, folder: str) -> "_Folder":
        """Take *folder* apart; its digits are those of any script."""
        number, _, name = unicodedata.normalize("NFC", folder).partition(" ")
        if number.isdecimal() and len(number) < 10:
            return cls(int(number), name.strip())
        return cls(None, folder.strip())


class LoopHistories:
    """Every history of an export; each is handed out once."""

    def __init__(
        self, files: Mapping[str, bytes], names: Sequence[str], reports: ImportReports
    ) -> None:
        self._files = files
        self._names = names
        self._reports = reports
        self._read_again = 0
        self._folders: dict[_Folder, str] = {}
        for name in files:
            folder, slash, base = name.rpartition("/")
            if slash and base in (CHECKMARKS, CHECKMARKS.lower()):
                self._open(_Folder.of(folder), name)

    def take(self, position: int | None, name: str, *, is_only: bool) -> LoopCheckmarks | None:
        """The history of a habit, if there is one; *is_only* says that no other has its name."""
        own = self._own(position, name, is_only=is_only)
        if own is None:
            return self._column(name, is_only=is_only)
        table = Table(own, self._files[own], self._reports)
        return LoopCheckmarks(table, _without_header(table.readable_lines()))

    def report_rest(self) -> None:
        """Report the folders that nobody took."""
        for name in self._folders.values():
            detail = f"{name}: left out, since no habit of Habits.csv has this position and name"
            self._reports.add(pointer_to(name), "file_unknown", detail)

    def _open(self, folder: _Folder, name: str) -> None:
        if folder in self._folders:
            detail = f"{name}: left out, since there is another folder of this name"
            self._reports.add(pointer_to(name), "folder_twice", detail)
        else:
            self._folders[folder] = name

    def _own(self, position: int | None, name: str, *, is_only: bool) -> str | None:
        plain = unicodedata.normalize("NFC", name).strip()
        names = list(dict.fromkeys((sanitized(name), plain)))
        found = [folder for one in names if (folder := _Folder(position, one)) in self._folders]
        if not found and is_only:  # before 1.5.6 no position is told, before 1.4 there was none
            alike = (_Folder.of(plain), *(one for one in self._folders if one.name in names))
            found = [folder for folder in {*alike} if folder.name and folder in self._folders]
            found = found if len(found) == 1 else []
        return self._folders.pop(found[0]) if found else None

    def _column(self, name: str, *, is_only: bool) -> LoopCheckmarks | None:
        content = self._files.get(CHECKMARKS, b"")
        self._read_again += len(content)
        if self._read_again > READ_AGAIN:
            detail = f"{CHECKMARKS} is too long for so many habits without a file of their own."
            raise refused(pointer_to(CHECKMARKS), "export_too_large", detail)
        table = Table(CHECKMARKS, content, self._reports)
        lines = table.readable_lines()
        _, *names = self._columns(next(lines, TableRow(1, ["Date"])).cells)
        if name not in names:
            return None
        if not is_only or names.count(name) > 1:
            words = f"{name[:32]!r} has no file of its own, and is not the only one of that name"
            table.report(1, "column_ambiguous", f"left out, since {words}")
            return None
        return LoopCheckmarks(table, _cells(table, lines, len(names) + 1, names.index(name) + 1))

    def _columns(self, cells: list[str]) -> list[str]:
        """The names in the first line, which the app does not quote: there may be commas within."""
        written = ["Date", *self._names, ""]
        return written if ",".join(cells) == ",".join(written) else cells


def _without_header(lines: Iterator[TableRow]) -> Iterator[TableRow]:
    first = next(lines, None)
    if first is not None and first.cells[0] != "Date":
        yield first
    yield from lines


def _cells(table: Table, lines: Iterator[TableRow], width: int, column: int) -> Iterator[TableRow]:
    """The lines of one column: a date and a value."""
    for number, written in lines:
        cells = _joined(written)
        if len(cells) == width:
            yield TableRow(number, [cells[0], cells[column]])
        else:
            words = "left out, since " + cells_under(len(cells), width)
            table.report(number, "cells_wrong", words)


def _joined(cells: list[str]) -> list[str]:
    """*cells*, of which two are one value where the app wrote a value as it sees it itself."""
    start, value, end = _ENTRY
    if not any(cell.startswith(start) for cell in cells):
        return cells
    parts = (cell for cell in cells if not cell.startswith(start))
    return [
        cell.removeprefix(value).removesuffix(end) if cell.startswith(value) else cell
        for cell in parts
    ]
