"""Recurrence rules (RRULE, RFC 5545, 3.3.10): the days of a rule, over 28 years from its anchor.

A rule is expanded as a whole, into a byte for each day: it takes every rule some thousand steps,
whether it names each day, one in 28 years or none at all (`tests/costs/test_rules.py` counts them).
So a rule is tried where it is written, and a stored one is not expanded before somebody asks for
its days.

Where the RFC leaves something open, its days are those that python-dateutil finds
(`tests/habits/test_rules.py` compares them): BY parts without a meaning of their own limit the days
of the period, and a yearly rule with BYWEEKNO alone has all days of the week.
"""

import bisect
import datetime as dt
import functools
from collections.abc import Iterator
from typing import Final

import msgspec

from models.base.errors import invalid_field
from models.base.time import DAY, EPOCH
from models.habits.rule_parts import RuleParts, parsed, refused_rule
from models.habits.year_days import length_of, year_days

YEARS: Final = 28  # from its anchor, a rule is followed no further
LAST_ANCHOR: Final = dt.date(2071, 12, 31)
LONGEST: Final = 255  # characters

_DAYS: Final = round(365.25 * YEARS)
_YEAR: Final = 366
_WEEK: Final = 7
_FLAGS: Final = bytes.maketrans(b"01", b"\0\1")


class Rule:
    """The days of one rule, each an ordinal."""

    def __init__(self, text: str, anchor: dt.date) -> None:
        self._first = anchor.toordinal()
        self._flags = _expanded(_complete(parsed(text), anchor), anchor)

    def __bool__(self) -> bool:
        """Whether it has any day."""
        return bool(self._flags)

    def first_from(self, day: int) -> int | None:
        """The first of its days from *day* on."""
        place = self._flags.find(1, max(0, day - self._first))
        return None if place < 0 else self._first + place

    def has(self, day: int) -> bool:
        """Whether *day* is one of its days."""
        return self.flags(day, 1) == b"\1"

    def flags(self, first: int, length: int) -> bytes:
        """A byte for each of *length* days from *first* on: 1 for its days, else 0."""
        begin = first - self._first
        found = self._flags[max(0, begin) : max(0, begin + length)]
        return (b"\0" * min(length, max(0, -begin)) + found).ljust(length, b"\0")

    def days(self) -> list[int]:
        """All of them."""
        return [self._first + place for place, flag in enumerate(self._flags) if flag]

    def frequency(self) -> float:
        """Its days divided by all days, over the year that begins with its first day.

        A rule without a day, of which some are stored, has one of them: somebody divides by it.
        """
        first = self._flags.find(1)
        return max(1, self._flags.count(1, first, first + _YEAR) if first >= 0 else 0) / _YEAR


@functools.lru_cache(maxsize=1024)  # of some kilobytes each
def rule_of(text: str, anchor: dt.date) -> Rule:
    """The rule *text* from *anchor* on, once its form has been checked.

    Examples
    --------
    >>> first_mondays = rule_of("FREQ=MONTHLY;BYDAY=1MO", dt.date(2026, 1, 1))
    >>> [str(dt.date.fromordinal(day)) for day in first_mondays.days()[:2]]
    ['2026-01-05', '2026-02-02']

    """
    return Rule(text, anchor)


def check_rule(text: str, anchor: dt.date) -> None:
    """Raise `Invalid` for a rule that cannot be followed."""
    if not EPOCH <= anchor <= LAST_ANCHOR:
        message = f"A rule begins between {EPOCH} and {LAST_ANCHOR}."
        raise invalid_field("/schedule/anchor", "rule_impossible", message)
    parsed(text)


def check_new_rule(text: str, anchor: dt.date) -> None:
    """Raise `Invalid` for a rule, checked by `check_rule`, with foreign digits or without a day.

    What is tried is not remembered: rules that nobody keeps would push out those that somebody has.
    """
    if not text.isascii():
        raise refused_rule("The numbers of an RRULE are written with the digits 0 to 9.")
    if not Rule(text, anchor):
        raise refused_rule(f"This RRULE has no day in {YEARS} years from its anchor.")


def _complete(parts: RuleParts, anchor: dt.date) -> RuleParts:
    """*parts*, with the anchor in place of a day that they do not name."""
    if parts.weeks or parts.year_days or parts.month_days:
        return parts
    if parts.weekdays or parts.weekdays_in_period:
        return parts
    replace = msgspec.structs.replace
    match parts.frequency:
        case "YEARLY":
            months = parts.months or frozenset({anchor.month})
            return replace(parts, months=months, month_days=frozenset({anchor.day}))
        case "MONTHLY":
            return replace(parts, month_days=frozenset({anchor.day}))
        case "WEEKLY":
            return replace(parts, weekdays=frozenset({anchor.weekday()}))
    return parts


def _expanded(parts: RuleParts, anchor: dt.date) -> bytes:
    """A byte for each day from *anchor* to the last day of the rule."""
    last = min(anchor + _DAYS * DAY, parts.until or dt.date.max)
    if last < anchor:
        return b""
    # Whole periods: a position counts from the beginning, or the end, of one.
    years = range((anchor - _WEEK * DAY).year, (anchor + (_DAYS + _WEEK) * DAY).year + 1)
    origin = dt.date(years[0], 1, 1).toordinal()
    matching = b"".join(_matching(parts, year) for year in years)
    taken = _taken(parts, matching, anchor, origin)
    begin = anchor.toordinal() - origin
    flags = taken[begin : last.toordinal() - origin + 1]
    return bytes(_counted(flags, parts.count)).rstrip(b"\0")


def _matching(parts: RuleParts, year: int) -> bytes:
    """A byte for each day of *year*: 1 where all BY parts match."""
    days = year_days(year)
    found = (1 << days.length) - 1
    if parts.months:
        found &= days.months(parts.months)
    if parts.month_days:
        found &= days.month_days(parts.month_days)
    if parts.year_days:
        found &= days.year_days(parts.year_days)
    if parts.weeks:
        around = length_of(year - 1), length_of(year + 1)
        found &= days.weeks(parts.weeks, parts.week_start, *around)
    if parts.weekdays or parts.weekdays_in_period:
        by_month = parts.frequency == "MONTHLY" or parts.months
        numbered = days.weekdays_in_month if by_month else days.weekdays_in_year
        found &= days.weekdays(parts.weekdays) | numbered(parts.weekdays_in_period)
    return f"{found:0{days.length}b}".encode().translate(_FLAGS)[::-1]


def _taken(parts: RuleParts, matching: bytes, anchor: dt.date, origin: int) -> bytearray:
    """Of the days that match, those of every so many periods, and there by their positions."""
    taken = bytearray(len(matching))
    if parts.frequency == "DAILY":
        days = slice(anchor.toordinal() - origin, None, parts.interval)
        if not parts.positions or parts.positions & {1, -1}:  # a day is the only one of its period
            taken[days] = matching[days]
        return taken
    pick = functools.cache(functools.partial(_picked, parts.positions))
    for period in _periods(parts, anchor, origin, len(matching)):
        taken[period] = pick(matching[period])
    return taken


def _picked(positions: frozenset[int], flags: bytes) -> bytes:
    if not positions:
        return flags
    days = [place for place, flag in enumerate(flags) if flag]
    picked = bytearray(len(flags))
    for position in positions:
        if abs(position) <= len(days):
            picked[days[position - 1 if position > 0 else position]] = 1
    return bytes(picked)


def _periods(parts: RuleParts, anchor: dt.date, origin: int, end: int) -> Iterator[slice]:
    """The periods of the rule from that of *anchor* on, as places after *origin*."""
    if parts.frequency == "WEEKLY":
        begin = anchor.toordinal() - (anchor.weekday() - parts.week_start) % _WEEK - origin
        for week in range(begin, end - _WEEK + 1, _WEEK * parts.interval):
            yield slice(week, week + _WEEK)
        return
    length, month = (12, 1) if parts.frequency == "YEARLY" else (1, anchor.month)
    first = anchor.year * 12 + month - 1
    last = (anchor.year + YEARS) * 12 + 11
    for number in range(first, last - length + 2, length * parts.interval):
        yield slice(_begin(number) - origin, _begin(number + length) - origin)


def _begin(number: int) -> int:
    """The first day of a month, counted from the year 0."""
    return dt.date(number // 12, number % 12 + 1, 1).toordinal()


def _counted(flags: bytearray, count: int | None) -> bytearray:
    """*flags* up to the day with the number *count*."""
    if count is None:
        return flags
    return flags[: bisect.bisect_left(range(len(flags)), count, key=lambda n: flags.count(1, 0, n))]
