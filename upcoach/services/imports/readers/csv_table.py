"""Reads CSV files (RFC 4180) from strangers, with the numbers of their lines."""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Final, NamedTuple, Self

from models.base.errors import Invalid
from upcoach.services.imports.planning.import_errors import ImportErrors, pointer_to

MOST_COLUMNS: Final = 200  # of a table whose columns have names that are told
LONGEST: Final = 200_000  # bytes of one row, however many lines its cells take
BLANKS: Final = 1_000  # rows without anything, which cost time all the same


class TableRow(NamedTuple):
    """The cells of a row, and the number of the line on which it begins."""

    number: int
    cells: list[str]


class _Unreadable(Exception):
    """What makes the rest of a file unreadable."""

    def __init__(self, line: int, code: str, reason: str) -> None:
        super().__init__(line, code, reason)
        self.line = line
        self.code = code
        self.reason = reason


class Table:
    """A file's rows.  What is wrong with them goes to *flaws*."""

    def __init__(self, name: str, content: bytes, flaws: ImportErrors) -> None:
        self.name = name
        self._content = content
        self._flaws = flaws

    def lines(self) -> Iterator[TableRow]:
        """The rows that are not blank, up to the first that cannot be read."""
        try:
            yield from _rows(_Texts(self._content))
        except _Unreadable as failure:
            self.flaw(failure.line, failure.code, failure.reason)

    def flaw(self, line: int, code: str, reason: str) -> None:
        """Note what is wrong with a line."""
        detail = f"{self.name}, line {line}: {reason.rstrip('.')}."
        self._flaws.add(pointer_to(self.name, line), code, detail)

    def refused(self, line: int, refusal: Invalid) -> None:
        """Note why a line was refused."""
        self.flaw(line, refusal.code, refusal.detail)


class _Texts:
    """The lines of a file as the CSV reader takes them, none of them longer than a row may be."""

    def __init__(self, content: bytes) -> None:
        self._stream = io.BytesIO(content.removeprefix(codecs.BOM_UTF8))
        self._number = 0
        self._left = LONGEST
        self.first = 1  # line of the row that is being read

    def end_row(self) -> None:
        """Count the following lines as those of another row."""
        self.first = self._number + 1
        self._left = LONGEST

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        self._number += 1
        line = self._stream.readline(self._left + 1)
        self._left -= len(line)
        if not line:
            raise StopIteration
        if self._left < 0:
            reason = f"this row has more than {LONGEST:,} bytes"
            raise _Unreadable(self.first, "row_too_long", reason)
        return self._decoded(line)

    def _decoded(self, line: bytes) -> str:
        if b"\0" in line:
            raise _Unreadable(self._number, "nul", "this holds a NUL character")
        try:
            return line.decode()
        except UnicodeDecodeError:
            raise _Unreadable(self._number, "not_utf8", "this is not UTF-8") from None


def _rows(texts: _Texts) -> Iterator[TableRow]:
    blanks = 0
    reader = csv.reader(texts, strict=True)
    try:
        for cells in reader:
            if any(cells):
                yield TableRow(texts.first, cells)
            elif (blanks := blanks + 1) > BLANKS:
                raise _Unreadable(texts.first, "too_many", f"more than {BLANKS:,} blank lines")
            texts.end_row()
    except csv.Error as failure:
        raise _Unreadable(texts.first, "csv_broken", str(failure)) from None
