"""Reads CSV files (RFC 4180) from strangers, with the numbers of their lines.

Where the writer may be any program, the first line tells how it writes: a byte order mark says
UTF-16, `sep=;` names the separator, as Excel does, and otherwise it is the one of comma, semicolon,
tab and bar that stands most often in that line.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Final, NamedTuple, Self

from models.base.errors import Invalid
from upcoach.services.imports.planning.import_errors import pointer_to, refused
from upcoach.services.imports.planning.reports import ImportReports, ReportPlace

MOST_COLUMNS: Final = 200  # of a table whose columns have names that are told
LONGEST: Final = 1 << 20  # bytes of one row, however many lines its cells take
BLANKS: Final = 1_000  # rows without anything, which cost time all the same

_SEPARATORS: Final = (b",", b";", b"\t", b"|")
_NAMED: Final = b"sep="  # in a line of its own, and a separator
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

csv.field_size_limit(LONGEST)


class TableRow(NamedTuple):
    """The cells of a row, and the number of the line on which it begins."""

    number: int
    cells: list[str]


class Table:
    """A file's rows.  What becomes of them goes to *reports*; what is no CSV is refused.

    Parameters
    ----------
    any_form
        Whether its first line tells how it is written.

    """

    def __init__(
        self, name: str, content: bytes, reports: ImportReports, *, any_form: bool = False
    ) -> None:
        self.name = name
        self.separator = ","
        self._content = content
        self._reports = reports
        self._any_form = any_form

    def lines(self) -> Iterator[TableRow]:
        """The rows that are not blank; raises `Invalid` at the first that cannot be read."""
        try:
            yield from self._rows()
        except _Unreadable as failure:
            advice = ": save the table as 'CSV UTF-8'" if self._any_form else ""
            raise self.refusal(failure.line, failure.code, failure.reason + advice) from None

    def readable_lines(self) -> Iterator[TableRow]:
        """The same up to the first row that cannot be read, which is reported."""
        try:
            yield from self._rows()
        except _Unreadable as failure:
            words = f"what follows is left out, since {failure.reason}"
            self.report(failure.line, failure.code, words)

    def place(self, line: int) -> ReportPlace:
        """A line as a place to report on."""
        return ReportPlace(pointer_to(self.name, line), f"{self.name}, line {line}")

    def report(self, line: int, code: str, words: str) -> None:
        """Report what became of a line."""
        self._reports.at(self.place(line))(code, words)

    def refusal(self, line: int, code: str, words: str) -> Invalid:
        """The refusal of the whole file for what stands in a line."""
        place = self.place(line)
        return refused(place.pointer, code, f"{place.name}: {words}.")

    def _rows(self) -> Iterator[TableRow]:
        content, first = self._content.removeprefix(codecs.BOM_UTF8), 1
        if self._any_form:
            content = _with_line_feeds(_as_utf_8(content))
            self.separator, named = _separator_of(content)
            content, first = content[named:], 2 if named else 1
        yield from _rows(_Texts(content, first), self.separator)


def cells_of(cells: list[str], width: int) -> list[str] | None:
    """*cells* of a row as *width* ones; None if there is something in further ones.

    Programs leave out the empty cells at the end of a row, or add some.
    """
    if any(cells[width:]):
        return None
    return cells[:width] + [""] * (width - len(cells))


def _as_utf_8(content: bytes) -> bytes:
    if not content.startswith(_UTF_16):
        return content
    try:
        return content.decode("utf-16").encode()
    except UnicodeError:
        raise _Unreadable(1, "not_utf8", "this begins as UTF-16 does, and is not") from None


def _with_line_feeds(content: bytes) -> bytes:
    """*content* with the ends of lines that all systems know: an old Mac has others."""
    return content if b"\n" in content else content.replace(b"\r", b"\n")


def _separator_of(content: bytes) -> tuple[str, int]:
    """The separator, and the length of the line that names it, if there is one."""
    line = content[:LONGEST].partition(b"\n")[0]
    named = line.strip()
    if named[:4].lower() == _NAMED and (named[4:] or b"\t") in _SEPARATORS:
        # A tab at the end of the line is stripped with it.
        return (named[4:] or b"\t").decode(), len(line) + 1
    outside = b"".join(line.split(b'"')[::2])
    return max(_SEPARATORS, key=outside.count).decode(), 0  # the first of those as often


class _Unreadable(Exception):
    """What makes the rest of a file unreadable."""

    def __init__(self, line: int, code: str, reason: str) -> None:
        super().__init__(line, code, reason)
        self.line = line
        self.code = code
        self.reason = reason


class _Texts:
    """The lines of a file as the CSV reader takes them, none of them longer than a row may be."""

    def __init__(self, content: bytes, first: int) -> None:
        self._stream = io.BytesIO(content)
        self._number = first - 1
        self._left = LONGEST
        self.first = first  # line of the row that is being read

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
            raise _Unreadable(self._number, "nul", "this holds a NUL character, as no text does")
        try:
            return line.decode()
        except UnicodeDecodeError:
            raise _Unreadable(self._number, "not_utf8", "this is not UTF-8") from None


def _rows(texts: _Texts, separator: str) -> Iterator[TableRow]:
    blanks = 0
    reader = csv.reader(texts, strict=True, delimiter=separator)
    try:
        for cells in reader:
            if any(cells):
                yield TableRow(texts.first, cells)
            elif (blanks := blanks + 1) > BLANKS:
                raise _Unreadable(
                    texts.first, "too_many", f"there are more than {BLANKS:,} blank lines"
                )
            texts.end_row()
    except csv.Error as failure:
        raise _Unreadable(texts.first, "csv_broken", _words_of(failure)) from None


def _words_of(failure: csv.Error) -> str:
    """What the module finds fault with: quotes and the ends of lines."""
    if "end of data" in str(failure):
        return "the quote that begins here does not end"
    if "new-line" in str(failure):
        return "a line ends here as no other does"
    return 'something stands behind a closing quote: write a quote within a cell as ""'
