"""Masking of card numbers in free text, before anything is stored.

A card number (ISO/IEC 7812) has 13 to 19 digits, whose last one is right by Luhn's formula.  People
write it in groups, with up to three spaces or dashes between two of them.  One in ten other numbers
of that length looks the same and is masked too.

Of the numbers that whole groups make up, the one that begins first is masked, and of those the
longest; what is left of it may be the end of another one.  Each group is compared with the 19
digits that follow it and no more, so a text costs time in proportion to its length.
"""

import bisect
import itertools
import re
from typing import Any, Final

import msgspec

SHORTEST: Final = 13
LONGEST: Final = 19
_KEPT: Final = 4

_GAP: Final = "[ \u00a0\u2009\u202f\u2010-\u2015-]"  # spaces and dashes, as phones write them
_RUN: Final = re.compile(rf"\d+(?:{_GAP}{{1,3}}\d+)*")
_GROUP: Final = re.compile(r"\d+")
_NO_END: Final = 255
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)  # what a doubled digit counts (Luhn)


def masked(text: str) -> str:
    """*text* with only the first four digits of each card number.

    Examples
    --------
    >>> masked("Pay 4111 1111 1111 1111 by 2027-01-05, call 030 1234567")
    'Pay 4111… by 2027-01-05, call 030 1234567'

    """
    return _RUN.sub(_masked_run, text)


def mask(struct: msgspec.Struct, fields: tuple[str, ...]) -> None:
    """Mask the texts in *fields* of a struct that is being made, and in what they are made of."""
    for name in fields:
        value = getattr(struct, name)
        after = _masked_value(value)
        if after is not value:
            msgspec.structs.force_setattr(struct, name, after)


def _masked_value(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, tuple):
        return tuple(map(_masked_value, value))
    if isinstance(value, dict):
        return {name: _masked_value(part) for name, part in value.items()}
    if isinstance(value, msgspec.Struct):
        texts = {name: _masked_value(getattr(value, name)) for name in _free_text(type(value))}
        return msgspec.structs.replace(value, **texts)
    return value


def _free_text(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    fields: tuple[str, ...] = getattr(kind, "free_text", ())
    return fields


class _Run:
    """A run of groups of digits with gaps between them, in which card numbers are masked.

    Digits are counted from the start of the run, gaps left out.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._groups = [group.span() for group in _GROUP.finditer(text)]
        digits = list(map(int, "".join(_GROUP.findall(text))))
        self._starts = [0, *itertools.accumulate(end - start for start, end in self._groups)]
        # What the digits before each place count, when every second one is doubled.
        self._sums = tuple(bytes(total % 10 for total in _totals(digits, odd)) for odd in (0, 1))
        # Where groups end: what a number that ends there has before it, by the parity of the end.
        self._ends = bytearray([_NO_END]) * (len(digits) + 1)
        for end in self._starts[1:]:
            self._ends[end] = self._sums[end % 2][end] + 10 * (end % 2)

    def masked(self) -> str:
        parts: list[str] = []
        copied = first = place = 0
        while place < len(self._groups):
            last = self._last_of_number(place)
            if last is None:
                place += 1
                continue
            begin, kept = self._masked_number(first, place, last)
            parts += self._text[copied:begin], kept
            copied = self._groups[last][1]
            first = place = last + 1
        return "".join((*parts, self._text[copied:]))

    def _last_of_number(self, place: int) -> int | None:
        """The last group of the longest card number that begins with the group at *place*."""
        start = self._starts[place]
        window = start + SHORTEST, start + LONGEST + 1
        even = self._ends.rfind(self._sums[0][start], *window)
        odd = self._ends.rfind(self._sums[1][start] + 10, *window)
        end = max(even, odd)
        return None if end < 0 else bisect.bisect_left(self._starts, end) - 1

    def _masked_number(self, first: int, place: int, last: int) -> tuple[int, str]:
        """Where the number from *place* to *last* begins and what stays of it.

        That may be the end of a number which begins in a group from *first* on, and so on.
        """
        kept, ellipses = self._digits(place, last), ""
        while True:
            begin, kept, ellipses = self._groups[place][0], kept[:_KEPT], f"{ellipses}…"
            longer = kept
            number = None
            for earlier in range(place - 1, first - 1, -1):
                longer = self._digits(earlier, earlier) + longer
                if len(longer) > LONGEST:
                    break
                if len(longer) >= SHORTEST and _passes_luhn(longer):
                    number = earlier, longer
            if number is None:
                return begin, kept + ellipses
            place, kept = number

    def _digits(self, first: int, last: int) -> str:
        return "".join(self._text[start:end] for start, end in self._groups[first : last + 1])


def _masked_run(run: re.Match[str]) -> str:
    return run[0] if len(run[0]) < SHORTEST else _Run(run[0]).masked()


def _totals(digits: list[int], odd: int) -> list[int]:
    """The running sums of *digits* by Luhn's formula, which doubles every other."""
    counted = digits.copy()
    counted[odd::2] = [_DOUBLED[digit] for digit in digits[odd::2]]
    return [0, *itertools.accumulate(counted)]


def _passes_luhn(digits: str) -> bool:
    """Whether Luhn's formula holds for *digits* (ISO/IEC 7812-1, annex B)."""
    values = [int(digit) for digit in digits]
    return _totals(values, len(values) % 2)[-1] % 10 == 0
