"""Parses the cells of tables that any program may have written, or somebody by hand.

What is no value is `Invalid`, in words about the cell.  Where two programs would read the same cell
as two different values (`01/02/2025`, `1,500`) it is neither, and the words say how to write it.
"""

import datetime as dt
import re
from collections.abc import Collection
from typing import Final

from models.base.errors import Invalid
from models.base.time import EARLIEST, LATEST, instant, to_stored
from models.base.validation import cut

MOST: Final = 10**9  # of an amount

# As programs write them, padded too; `float` alone takes underscores, and digits of every script.
_NUMBER: Final = re.compile(
    r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,60})?|\.[0-9]{1,60})(?:[eE][+-]?[0-9]{1,3})?"
)
_THOUSANDS: Final = re.compile(r"[+-]?[0-9]{1,3},[0-9]{3}")
_YEAR_FIRST: Final = re.compile(
    r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})"
    r"(?:[T ]0{1,2}:00(?::00(?:\.0{1,6})?)?(?:Z|\+00:00)?)?"  # a spreadsheet's midnight
)
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})\.\s?([0-9]{1,2})\.\s?([0-9]{4})")
_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?"
    r"([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)
_SHOWN: Final = 32


def shown(text: str) -> str:
    """*text* as words quote it."""
    return repr(cut(text, _SHOWN))


def day_of(text: str) -> dt.date:
    """Parse a date, with its year or, between dots, its day first.

    Examples
    --------
    >>> str(day_of("2025-01-02")), str(day_of("02.01.2025")), str(day_of("2025-01-02 00:00"))
    ('2025-01-02', '2025-01-02', '2025-01-02')

    """
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = found.groups()
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year = found.groups()
    else:
        raise Invalid("date_invalid", f"{shown(text)} is not a date: write it as 2026-01-05")
    try:
        date = dt.date(int(year), int(month), int(day))
    except ValueError:
        raise Invalid("date_invalid", f"there is no day {shown(text)}") from None
    if not EARLIEST <= date <= LATEST:
        raise Invalid("date_out_of_range", f"dates go from {EARLIEST} to {LATEST}")
    return date


def time_of(text: str, tz: str) -> dt.datetime:
    """Parse a time (RFC 3339), on the clocks of *tz* if it has no offset.

    Examples
    --------
    >>> str(time_of("2026-01-05T08:00:00Z", "Asia/Tokyo"))
    '2026-01-05 08:00:00+00:00'
    >>> str(time_of("2026-01-05 08:00", "Asia/Tokyo"))
    '2026-01-04 23:00:00+00:00'

    """
    words = f"{shown(text)} is not a time: write it as 2026-01-05T08:00:00Z"
    if not _TIME.fullmatch(text):
        raise Invalid("date_invalid", words)
    try:
        at = dt.datetime.fromisoformat(text.upper().replace(",", "."))
        if at.tzinfo is None:
            at = instant(at.date(), at.time(), tz)
        return to_stored(at)
    except (ValueError, OverflowError):
        raise Invalid("date_invalid", words) from None
    except Invalid:
        raise Invalid("date_out_of_range", f"times go from {EARLIEST} to {LATEST}") from None


def number_of(text: str, separator: str = ",") -> float:
    """Parse a number of a table with *separator*.

    Its comma is a decimal one in a table that is separated by semicolons, which programs write
    where it is; in another it may be one of thousands.

    Examples
    --------
    >>> number_of("1,500", ";"), number_of("1,5"), number_of("1e3")
    (1.5, 1.5, 1000.0)

    """
    if separator != ";" and _THOUSANDS.fullmatch(text):
        plain, decimal = text.replace(",", ""), text.replace(",", ".")
        words = f"{shown(text)} may be {plain} or {decimal}: write it as one of these"
        raise Invalid("number_invalid", words)
    plain = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
    if not _NUMBER.fullmatch(plain):
        raise Invalid("number_invalid", f"{shown(text)} is not a number: write it as 1.5")
    return float(plain)


def amount_of(text: str, separator: str = ",") -> float:
    """Parse an amount that can be logged."""
    number = number_of(text, separator)
    if not 0 <= number <= MOST:
        raise Invalid("number_invalid", f"{shown(text)} is not between 0 and {MOST:,}")
    return number


def rating_of(text: str, separator: str = ",") -> int:
    """Parse a rating, 1 to 5."""
    number = number_of(text, separator)
    if number not in (1, 2, 3, 4, 5):
        raise Invalid("number_invalid", f"{shown(text)} is not a whole number from 1 to 5")
    return int(number)


def choice_of(text: str, choices: Collection[str]) -> str:
    """Parse one of *choices*, in any case."""
    chosen = text.casefold().replace(" ", "_")
    if chosen not in choices:
        *values, last = (repr(choice) for choice in choices)
        words = f"{shown(text)} is not {', '.join(values)} or {last}"
        raise Invalid("value_unknown", words)
    return chosen


def several_of(text: str) -> list[str]:
    """The texts of a cell that has semicolons between them."""
    return [part.strip() for part in text.split(";") if part.strip()]
