"""The parts of an RRULE (RFC 5545, 3.3.10) of whole days, parsed.

It recurs daily at most.  UNTIL may have a time, which is for who knows the times of the days.
"""

import datetime as dt
import re
from typing import Final, Literal, cast

import msgspec

from models.base.errors import Invalid, invalid_field
from models.base.rrule.year_days import WeekdayInMonth

Frequency = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]

HABITS: Final = "/schedule/rule"  # where a habit has its rule
LAST_POSITION: Final = 366  # of a day in the longest period

# Digits of every script: some are stored, and only new rules are refused them (`check_new_rule`).
_NUMBERS: Final = r"-?[1-9]\d{0,2}(,-?[1-9]\d{0,2}){0,30}"
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY: Final = r"([+-]?[1-9]\d?)?(MO|TU|WE|TH|FR|SA|SU)"
_PARTS: Final = {
    "FREQ": r"DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9]\d{0,2}",
    "COUNT": r"[1-9]\d{0,4}",
    "UNTIL": r"\d{8}(T([01]\d|2[0-3])[0-5]\d[0-5]\dZ?)?",
    "BYDAY": rf"{_DAY}(,{_DAY}){{0,30}}",
    "BYMONTH": _NUMBERS,
    "BYMONTHDAY": _NUMBERS,
    "BYYEARDAY": _NUMBERS,
    "BYWEEKNO": _NUMBERS,
    "BYSETPOS": _NUMBERS,
    "WKST": r"MO|TU|WE|TH|FR|SA|SU",
}
_NOT_WITH: Final = {  # RFC 5545, 3.3.10: the table of what a part means under a frequency
    "BYWEEKNO": ("DAILY", "WEEKLY", "MONTHLY"),
    "BYYEARDAY": ("DAILY", "WEEKLY", "MONTHLY"),
    "BYMONTHDAY": ("WEEKLY",),
}


class RuleParts(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says.

    Attributes
    ----------
    weekdays, weekdays_in_period
        The weekdays of BYDAY without a number, and those with one.
    until_time
        The time of UNTIL, "235959Z" in UTC or "235959" by any clock; empty where it is a date.
    positions
        BYSETPOS: which of the days of each period are taken; all, if there are none.

    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: dt.date | None = None
    until_time: str = ""
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    year_days: frozenset[int] = frozenset()
    weeks: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    weekdays_in_period: frozenset[WeekdayInMonth] = frozenset()
    positions: frozenset[int] = frozenset()
    week_start: int = 0


def parse_rule(text: str, pointer: str = HABITS) -> RuleParts:
    """Parse *text*; `Invalid` at *pointer* unless each part is supported and well formed.

    A number that no day has, such as month 13, is one that no day matches.
    """
    parts = _split(text, pointer)
    positions = _numbers(parts.get("BYSETPOS"))
    if any(abs(position) > LAST_POSITION for position in positions):
        words = f"BYSETPOS goes from -{LAST_POSITION} to {LAST_POSITION}."
        raise refused_rule(words, pointer)
    until, _, time = parts.get("UNTIL", "").partition("T")
    weekdays, numbered = _weekdays(parts.get("BYDAY", ""))
    return RuleParts(
        frequency=cast("Frequency", parts["FREQ"]),
        interval=int(parts.get("INTERVAL", 1)),
        count=int(parts["COUNT"]) if "COUNT" in parts else None,
        until=_date(until, pointer) if until else None,
        until_time=time,
        months=_numbers(parts.get("BYMONTH")),
        month_days=_numbers(parts.get("BYMONTHDAY")),
        year_days=_numbers(parts.get("BYYEARDAY")),
        weeks=_numbers(parts.get("BYWEEKNO")),
        weekdays=weekdays,
        weekdays_in_period=numbered,
        positions=positions,
        week_start=_WEEKDAYS.index(parts.get("WKST", "MO")),
    )


def refused_rule(detail: str, pointer: str = HABITS) -> Invalid:
    """The refusal of a rule at *pointer*."""
    return invalid_field(pointer, "rule_impossible", detail)


def _split(text: str, pointer: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        if name not in _PARTS or name in parts or not re.fullmatch(_PARTS[name], value):
            words = f"{part[:40]!r} has no place in an RRULE of whole days."
            raise refused_rule(words, pointer)
        parts[name] = value
    frequency = parts.get("FREQ")
    if frequency is None:
        raise refused_rule("An RRULE says its FREQ.", pointer)
    for name in parts:
        if frequency in _NOT_WITH.get(name, ()):
            raise refused_rule(f"{name} means nothing with FREQ={frequency}.", pointer)
    if frequency in ("DAILY", "WEEKLY") and re.search(r"[0-9]", parts.get("BYDAY", "")):
        raise refused_rule(f"BYDAY has no numbers with FREQ={frequency}.", pointer)
    return parts


def _weekdays(text: str) -> tuple[frozenset[int], frozenset[WeekdayInMonth]]:
    names = text.split(",") if text else []
    plain = frozenset(_WEEKDAYS.index(name) for name in names if len(name) == 2)
    return plain, frozenset(
        (int(name[:-2]), _WEEKDAYS.index(name[-2:])) for name in names if len(name) > 2
    )


def _numbers(text: str | None) -> frozenset[int]:
    return frozenset(map(int, text.split(","))) if text else frozenset()


def _date(text: str, pointer: str) -> dt.date:
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise refused_rule("UNTIL is no date.", pointer) from None
