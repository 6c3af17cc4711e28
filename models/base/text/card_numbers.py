"""Finds the card numbers in a text, by a few operations on all of its digits at once.

An integer with a byte for each digit is a row of small numbers: one shift moves and one addition
adds all of them, in time that is in proportion to the text and hardly depends on what is in it.
So the sums of all windows of 13 to 19 digits (Luhn's formula) come from those of narrower ones, and
the places where a card number begins fall out without a look at any single digit.
"""

import functools
import itertools
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

SHORTEST: Final = 13
LONGEST: Final = 19

# Between groups, as phones write them; beside " " and "-".
_FOREIGN_GAPS: Final = "\u00a0\u2009\u202f\u2010\u2011\u2012\u2013\u2014\u2015"
_FOREIGN_DIGIT: Final = re.compile(r"(?![0-9])\d")
_NO_DIGITS: Final = bytes(set(range(256)) - set(b"0123456789"))
_BEGUN: Final = re.compile(rb"[^\0]")

# What is at a place: a digit, with its value and whether a group starts or ends with it, a gap, or
# anything else, which breaks a number.
_VALUE: Final = 0x0F
_STARTS: Final = 0x10
_ENDS: Final = 0x20
_BREAK: Final = 0x40
_GAP: Final = 0x80
_TOO_WIDE: Final = bytes([_GAP]) * 4  # for what stands between two groups

_DOUBLED_DIGITS: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)  # what they count by Luhn's formula
_BYTES: Final = range(256)
_PLACES: Final = bytes(
    _GAP if byte in b" -" else byte - ord("0") if byte in b"0123456789" else _BREAK
    for byte in _BYTES
)
_IS_DIGIT: Final = bytes(byte <= 9 for byte in _BYTES)
_IS_KEPT: Final = bytes(byte != _GAP for byte in _BYTES)
_IS_START: Final = bytes(byte & _STARTS != 0 for byte in _BYTES)
_IS_END: Final = bytes(byte & _ENDS != 0 for byte in _BYTES)
_IS_BREAK: Final = bytes(byte & _BREAK != 0 for byte in _BYTES)
_SINGLE: Final = bytes(byte & _VALUE for byte in _BYTES)
_DOUBLED: Final = bytes((*_DOUBLED_DIGITS, *[0] * 6)[byte & _VALUE] for byte in _BYTES)
_IS_RIGHT: Final = bytes(total % 10 == 0 for total in _BYTES)  # nineteen nines make no more


class Card(NamedTuple):
    """A card number in a text: where it begins and ends, and its first four digits as written.

    Attributes
    ----------
    links
        How many card numbers it is made of.  Each but the last ends with the first four digits of
        the next: as those are kept, it would still be there if only the next were masked.

    """

    begin: int
    end: int
    first_four: str
    links: int


def cards_in(text: str) -> Iterator[Card]:
    """The card numbers in *text*, none of which overlap.

    Examples
    --------
    >>> list(cards_in("Pay 4111 1111 1111 1111 now"))
    [Card(begin=4, end=23, first_four='4111', links=1)]

    """
    plain = _plain(text)
    if len(plain.translate(None, _NO_DIGITS)) < SHORTEST:
        return
    places = _places(plain)
    marks = places.translate(None, bytes([_GAP]))
    begun = _begun(marks)
    if not begun:
        return
    kept = list(itertools.compress(range(len(text)), places.translate(_IS_KEPT)))
    floor = 0
    while found := _BEGUN.search(begun, floor):
        start = found.start()
        end = start + SHORTEST - 1 + begun[start].bit_length()
        links = 1
        while start > floor and (earlier := _start_before(marks, start, floor)) is not None:
            start, links = earlier, links + 1
        first_four = "".join([text[place] for place in kept[start : start + 4]])
        yield Card(kept[start], kept[end - 1] + 1, first_four, links)
        floor = end


def _plain(text: str) -> bytes:
    """*text* in ASCII, each character in its place."""
    if text.isascii():
        return text.encode()
    for gap in _FOREIGN_GAPS:
        text = text.replace(gap, "-")
    if _FOREIGN_DIGIT.search(text):
        text = text.translate(_foreign_digits())
    return text.encode("ascii", "replace")


@functools.cache
def _foreign_digits() -> dict[int, str]:
    """The digits of all scripts, by code point."""
    return {code: str(int(chr(code))) for code in range(128, 0x20000) if chr(code).isdecimal()}


def _places(plain: bytes) -> bytes:
    """What is at each place of *plain*."""
    places = plain.translate(_PLACES).replace(_TOO_WIDE, bytes([_BREAK]) * len(_TOO_WIDE))
    digits = _row(places.translate(_IS_DIGIT))
    starts = digits & (digits ^ digits << 8)
    ends = digits & (digits ^ digits >> 8)
    return _bytes(_row(places) | starts << 4 | ends << 5, len(places))


def _begun(marks: bytes) -> bytes:
    """The lengths of the card numbers that begin at each of *marks*: bit 0 is 13, and so on.

    Empty if there is none.
    """
    fitting = list(_fitting(marks))
    if not any(fitting):
        return b""
    begun = 0
    for bit, (fit, total) in enumerate(zip(fitting, _sums(marks), strict=True)):
        if fit:
            right = _row(_bytes(total, len(marks)).translate(_IS_RIGHT))
            begun |= (fit & right) << bit
    return _bytes(begun, len(marks)) if begun else b""


def _fitting(marks: bytes) -> Iterator[int]:
    """The rows of the places where whole groups of 13, 14, ... 19 digits begin."""
    starts, ends = _row(marks.translate(_IS_START)), _row(marks.translate(_IS_END))
    one = _row(marks.translate(_IS_BREAK))
    two = one | one >> 8
    four = two | two >> 16
    broken = four | four >> 32 | four >> 64  # by a break among twelve
    for length in range(SHORTEST, LONGEST + 1):
        broken |= one >> 8 * (length - 1)
        fit = starts & ends >> 8 * (length - 1)
        yield fit ^ fit & broken


def _sums(marks: bytes) -> Iterator[int]:
    """The rows of Luhn's sums of the 13, 14, ... 19 digits that begin at each place."""
    one = _row(marks.translate(_SINGLE))
    two = _row(marks.translate(_DOUBLED)) + (one >> 8)
    four = two + (two >> 16)
    eight = four + (four >> 32)
    even = eight + (four >> 64)
    yield one + (even >> 8)
    for _ in range(3):
        even = two + (even >> 16)
        yield even
        yield one + (even >> 8)


def _start_before(marks: bytes, start: int, floor: int) -> int | None:
    """Where the longest number begins, at *floor* or after, that ends with four from *start* on."""
    total = sum(_DOUBLED[mark] for mark in marks[start : start + 4 : 2])
    total += sum(_SINGLE[mark] for mark in marks[start + 1 : start + 4 : 2])
    found = None
    for length in range(5, LONGEST + 1):
        place = start + 4 - length
        if place < floor or marks[place] & _BREAK:
            break
        total += (_SINGLE if length % 2 else _DOUBLED)[marks[place]]
        if length >= SHORTEST and marks[place] & _STARTS and total % 10 == 0:
            found = place
    return found


def _row(values: bytes) -> int:
    return int.from_bytes(values, "little")


def _bytes(row: int, size: int) -> bytes:
    return row.to_bytes(size, "little")
