"""Finds the history of each habit in an export of Loop Habit Tracker.

That is a folder of the habit's own, or a column of the `Checkmarks.csv` at the top.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from upcoach.services.imports.planning.import_errors import ImportErrors, pointer_to, refused
from upcoach.services.imports.readers.csv_table import Table, TableRow
from upcoach.services.imports.readers.loop_cells import folder_of

CHECKMARKS: Final = "Checkmarks.csv"
READ_AGAIN: Final = 64 * 1024 * 1024  # bytes: a column is read in a pass of its own


class LoopCheckmarks(NamedTuple):
    """The checkmarks of one habit: lines of a date, a value and perhaps a note."""

    table: Table
    lines: Iterator[TableRow]


class LoopHistories:
    """Every history of an export; each is handed out once."""

    def __init__(self, files: Mapping[str, bytes], flaws: ImportErrors) -> None:
        self._files = files
        self._flaws = flaws
        self._read_again = 0
        self._folders: dict[str, str] = {}
        for name in files:
            folder, slash, base = name.rpartition("/")
            if slash and base == CHECKMARKS:
                self._open(folder.strip(), name)

    def take(self, position: int, name: str, *, is_only: bool) -> LoopCheckmarks | None:
        """The history of a habit, if there is one; *is_only* says that no other has its name."""
        own = self._folders.pop(folder_of(position, name), None)
        if own is None:
            return self._column(name, is_only=is_only)
        table = Table(own, self._files[own], self._flaws)
        return LoopCheckmarks(table, _without_header(table.lines()))

    def refuse_rest(self) -> None:
        """Refuse the folders that nobody took."""
        for name in self._folders.values():
            detail = f"{name}: no habit of Habits.csv has this position and this name."
            self._flaws.add(pointer_to(name), "file_unknown", detail)
        self._flaws.refuse()

    def _open(self, folder: str, name: str) -> None:
        if folder in self._folders:
            detail = f"{name}: there is another folder of this name."
            self._flaws.add(pointer_to(name), "folder_twice", detail)
        self._folders[folder] = name

    def _column(self, name: str, *, is_only: bool) -> LoopCheckmarks | None:
        content = self._files.get(CHECKMARKS, b"")
        self._read_again += len(content)
        if self._read_again > READ_AGAIN:
            detail = f"{CHECKMARKS} is too long for so many habits without a file of their own."
            raise refused(pointer_to(CHECKMARKS), "export_too_large", detail)
        table = Table(CHECKMARKS, content, self._flaws)
        lines = table.lines()
        _, *names = next(lines, TableRow(1, ["Date"])).cells
        if name not in names:
            return None
        if not is_only or names.count(name) > 1:
            reason = f"{name[:32]!r} has no file of its own, and is not the only one of that name"
            table.flaw(1, "column_ambiguous", reason)
        return LoopCheckmarks(table, _cells(table, lines, len(names) + 1, names.index(name) + 1))


def _without_header(lines: Iterator[TableRow]) -> Iterator[TableRow]:
    first = next(lines, None)
    if first is not None and first.cells[0] != "Date":
        yield first
    yield from lines


def _cells(table: Table, lines: Iterator[TableRow], width: int, column: int) -> Iterator[TableRow]:
    """The lines of one column: a date and a value."""
    for number, cells in lines:
        if len(cells) == width:
            yield TableRow(number, [cells[0], cells[column]])
        else:
            reason = f"{len(cells)} cells, where the first line has {width}"
            table.flaw(number, "cells_wrong", reason)
