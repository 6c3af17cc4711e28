"""Recurrence rules (RRULE, RFC 5545, 3.3.10), expanded by python-dateutil within bounds.

A rule that never comes true keeps dateutil looking until the year 9999: four seconds for
`FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30`.  So it is let loose at the end of its calendar: the years
1945 to 1999 and 9945 to 9999 have the same weekdays, and so have years that are 28 apart, as long
as no century lies between them.  From there at most 55 years are left to look through.
"""

import bisect
import datetime as dt
import functools
import itertools
import re
from collections.abc import Iterator
from typing import Final

from dateutil.rrule import rrule, rrulestr

from models.base.errors import Invalid, invalid_field
from models.base.time import EPOCH

YEARS: Final = 28  # from its anchor, a rule is followed no further
LAST_ANCHOR: Final = dt.date(2071, 12, 31)
LONGEST: Final = 255  # characters
STEP: Final = 100  # days that are looked for in one go

_CALENDAR: Final = 28  # years
_FIRST: Final = 1945
_SHIFT: Final = 8000  # years: 20 times the 400 after which all weekdays come again

_NUMBERS: Final = r"-?[1-9][0-9]{0,2}(,-?[1-9][0-9]{0,2}){0,30}"
_DAY: Final = r"([+-]?[1-9][0-9]?)?(MO|TU|WE|TH|FR|SA|SU)"
_PARTS: Final = {
    "FREQ": r"DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9][0-9]{0,2}",
    "COUNT": r"[1-9][0-9]{0,4}",
    "UNTIL": r"[0-9]{8}",
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


class Rule:
    """The days of one rule from its anchor on, as ordinals, expanded lazily."""

    def __init__(self, text: str, anchor: dt.date) -> None:
        parts = _parsed(text)
        year = _SHIFT + _FIRST + (anchor.year - _FIRST) % _CALENDAR
        start = dt.datetime(year, anchor.month, anchor.day)  # noqa: DTZ001 - stands for a date
        self._shift_days = start.toordinal() - anchor.toordinal()
        last = anchor.toordinal() + round(365.25 * YEARS)
        if "UNTIL" in parts:
            last = min(last, _date(parts.pop("UNTIL")).toordinal())
        count = int(parts.pop("COUNT")) if "COUNT" in parts else None
        plain = ";".join(f"{name}={value}" for name, value in parts.items())
        rule = rrulestr(plain, dtstart=start)
        assert isinstance(rule, rrule)
        until = dt.datetime.fromordinal(last + self._shift_days)
        self._coming = itertools.islice(rule.replace(until=until), count)
        self._days: list[int] = []
        self._is_complete = False

    def until(self, day: int) -> list[int]:
        """Its days so far expanded, at least all up to *day*."""
        while not self._is_complete and (not self._days or self._days[-1] <= day):
            coming = next(self._coming, None)
            if coming is None:
                self._is_complete = True
            else:
                self._days.append(coming.toordinal() - self._shift_days)
        return self._days

    def unrolled(self, day: int) -> Iterator[None]:
        """Expand it up to *day* in steps below a millisecond, or 7 ms for a rare one."""
        while not self._is_complete and (not self._days or self._days[-1] <= day):
            self.until(min(day, self._days[-1] + STEP if self._days else 0))
            yield

    def first_from(self, day: int) -> int | None:
        """The first of its days from *day* on."""
        days = self.until(day)
        place = bisect.bisect_left(days, day)
        return days[place] if place < len(days) else None

    def has(self, day: int) -> bool:
        """Whether *day* is one of its days."""
        days = self.until(day)
        place = bisect.bisect_left(days, day)
        return place < len(days) and days[place] == day

    def frequency(self) -> float:
        """Its days divided by all days, over the year that begins with its first day."""
        days = self.until(0)
        if not days:
            return 0.0
        year = self.until(days[0] + 365)
        return bisect.bisect_left(year, days[0] + 366) / 366


@functools.lru_cache(maxsize=1024)
def rule_of(text: str, anchor: dt.date) -> Rule:
    """The rule *text* from *anchor* on; raises `Invalid` when it cannot be followed.

    Examples
    --------
    >>> first_mondays = rule_of("FREQ=MONTHLY;BYDAY=1MO", dt.date(2026, 1, 1))
    >>> days = first_mondays.until(dt.date(2026, 2, 1).toordinal())
    >>> [str(dt.date.fromordinal(day)) for day in days[:2]]
    ['2026-01-05', '2026-02-02']

    """
    if not EPOCH <= anchor <= LAST_ANCHOR:
        raise _refused("/schedule/anchor", f"A rule begins between {EPOCH} and {LAST_ANCHOR}.")
    try:
        rule = Rule(text, anchor)
    except ValueError:
        raise _refused("/schedule/rule", "This RRULE says something impossible.") from None
    if not rule.until(0):
        raise _refused("/schedule/rule", f"This RRULE has no day in {YEARS} years from its anchor.")
    return rule


def _parsed(text: str) -> dict[str, str]:
    """Parse *text* into its parts; each must be supported and well formed."""
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        if name not in _PARTS or name in parts or not re.fullmatch(_PARTS[name], value):
            what = f"{part[:40]!r} has no place in an RRULE of whole days."
            raise _refused("/schedule/rule", what)
        parts[name] = value
    frequency = parts.get("FREQ")
    if frequency is None:
        raise _refused("/schedule/rule", "An RRULE says its FREQ.")
    for name in parts:
        if frequency in _NOT_WITH.get(name, ()):
            raise _refused("/schedule/rule", f"{name} means nothing with FREQ={frequency}.")
    if frequency in ("DAILY", "WEEKLY") and re.search(r"[0-9]", parts.get("BYDAY", "")):
        raise _refused("/schedule/rule", f"BYDAY has no numbers with FREQ={frequency}.")
    return parts


def _date(text: str) -> dt.date:
    return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _refused(pointer: str, detail: str) -> Invalid:
    return invalid_field(pointer, "rule_impossible", detail)
