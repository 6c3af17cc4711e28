"""Reports what of a file did not come in as it stood, each with its place.

One rule holds for all readers: what can be brought is brought; a part that cannot be kept as it is
is cut, changed or left out, and reported; a file is refused only if it is none of its format, or if
nothing of it can be brought.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

import msgspec

from models.base.errors import FieldError, Invalid
from models.base.text.counting import counted
from models.base.validation import cut
from upcoach.services.imports.planning.import_errors import MOST, WHOLE

LISTED: Final = 200  # in one answer; of further ones only their number is told
_WORDS: Final = 500  # characters of one, which quotes what the file says

Report = Callable[[str, str], None]  # a code and words, about a place that is known


class Reported(msgspec.Struct, frozen=True):
    """The reports on a file: up to `LISTED` of them, and the number of further ones."""

    listed: tuple[FieldError, ...] = ()
    unlisted: int = 0


class ImportReports:
    """Collects the reports on a file, each once."""

    def __init__(self) -> None:
        self._listed: dict[FieldError, None] = {}
        self._unlisted = 0

    def add(self, pointer: str, code: str, detail: str) -> None:
        """Report what became of the part of the file at *pointer* (RFC 6901)."""
        report = FieldError(pointer, code, cut(f"{detail.rstrip('.')}.", _WORDS))
        if len(self._listed) < LISTED:
            self._listed[report] = None
        elif report not in self._listed:
            self._unlisted += 1

    def count_if_full(self) -> bool:
        """Count one more report, if no more are listed: nobody would read its words."""
        if len(self._listed) < LISTED:
            return False
        self._unlisted += 1
        return True

    def at(self, place: "ReportPlace") -> Report:
        """A function that reports on one place."""
        return lambda code, words: self.add(place.pointer, code, f"{place.name}: {words}")

    @contextmanager
    def leaving_out(self, place: "ReportPlace") -> Iterator[None]:
        """Report what is `Invalid` within, and go on behind it; not for the refusal of a file."""
        try:
            yield
        except Invalid as refusal:
            if refusal.code == WHOLE:
                raise
            words = f"left out, since {decapitalised(reason(refusal))}"
            self.at(place)(code_of(refusal), words)

    def reported(self, *, brought: bool) -> Reported:
        """All reports; raises `Invalid` with the first ones if nothing is *brought*."""
        listed = tuple(self._listed)
        if listed and not brought:
            raise Invalid(WHOLE, listed[0].detail, flaws=listed[:MOST])
        return Reported(listed, self._unlisted)


class ReportPlace(NamedTuple):
    """A place in a file: its JSON pointer (RFC 6901), and its name for people."""

    pointer: str
    name: str

    def part(self, name: str | int) -> "ReportPlace":
        """A place within this one."""
        return ReportPlace(f"{self.pointer}/{name}", f"{self.name}, {name}")


def code_of(refusal: Invalid) -> str:
    """The code of what is wrong, where a refusal names one field."""
    return refusal.flaws[0].code if len(refusal.flaws) == 1 else refusal.code


def reason(refusal: Invalid) -> str:
    """Why something is refused, in words."""
    return refusal.detail.rstrip(".")


def decapitalised(words: str) -> str:
    """*words*, to go on a sentence with."""
    return words[:1].lower() + words[1:]


def cells_under(cells: int, columns: int) -> str:
    """What is wrong with a row of more *cells* than there are *columns*."""
    return f"it has {counted(cells, 'cell')} under {counted(columns, 'column')}"
