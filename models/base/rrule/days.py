"""The days of a rule (RFC 5545, 3.3.10): a byte for each day of whole years, and no walk over days.

Where the RFC leaves something open, the days are those that python-dateutil finds
(`tests/habits/test_rules.py` compares them): BY parts without a meaning of their own limit the days
of the period, and a yearly rule with BYWEEKNO alone has all days of the week.
"""

import bisect
import datetime as dt
import functools
from collections.abc import Iterator
from typing import Final

import msgspec

from models.base.rrule.parts import RuleParts
from models.base.rrule.year_days import length_of, year_days
from models.base.time import DAY

YEARS: Final = 100  # from its anchor, a rule is followed no further by `days_between`

_COUNTED_YEARS: Final = 10  # that are looked through at once for the last day of a COUNT
_WEEK: Final = 7
_FLAGS: Final = bytes.maketrans(b"01", b"\0\1")


def expanded(parts: RuleParts, anchor: dt.date, last: dt.date) -> bytes:
    """A byte for each day from *anchor* to *last*, or to the rule's end: 1 for its days."""
    last = min(last, parts.until or dt.date.max)
    flags = _flags_between(_complete(parts, anchor), anchor, anchor, last)
    return bytes(_counted(flags, parts.count)).rstrip(b"\0")


def days_between(parts: RuleParts, anchor: dt.date, first: dt.date, last: dt.date) -> list[dt.date]:
    """The days of a rule without COUNT from *first* to *last*, both included.

    What it takes follows from the days between the two, however long ago the rule began.  An
    UNTIL with a time may end on another date elsewhere: the day after it is still one of them.

    Examples
    --------
    >>> from models.base.rrule.parts import parse_rule
    >>> anchor, december = dt.date(1990, 1, 31), (dt.date(2026, 12, 1), dt.date(2026, 12, 31))
    >>> [day.day for day in days_between(parse_rule("FREQ=WEEKLY"), anchor, *december)]
    [2, 9, 16, 23, 30]

    """
    first, last = max(first, anchor), min(last, _end(parts, anchor))
    if last < first:
        return []
    flags = _flags_between(_complete(parts, anchor), anchor, first, last)
    return [first + place * DAY for place, flag in enumerate(flags) if flag]


def last_day(parts: RuleParts, anchor: dt.date) -> dt.date | None:
    """The day after which a rule has none: that of UNTIL, or the last of COUNT; None without both.

    A COUNT that is not reached in `YEARS` ends with these.
    """
    if parts.count is None:
        return None if parts.until is None else _end(parts, anchor)
    end, left = _end(parts, anchor), parts.count
    complete, begin = _complete(parts, anchor), anchor
    while begin <= end:
        until = min(end, begin + _COUNTED_YEARS * 366 * DAY)
        flags = _flags_between(complete, anchor, begin, until)
        found = flags.count(1)
        if found >= left:
            return begin + (len(_counted(flags, left)) - 1) * DAY
        begin, left = until + DAY, left - found
    return end


def _end(parts: RuleParts, anchor: dt.date) -> dt.date:
    end = anchor + YEARS * 365 * DAY
    if parts.until is None:
        return end
    return min(end, parts.until + DAY * bool(parts.until_time))


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


def _flags_between(parts: RuleParts, anchor: dt.date, first: dt.date, last: dt.date) -> bytearray:
    """A byte for each day from *first*, which is no earlier than *anchor*, to *last*."""
    if last < first:
        return bytearray()
    # Whole periods: a position counts from the beginning, or the end, of one.
    years = range((first - _WEEK * DAY).year, (last + _WEEK * DAY).year + 1)
    origin = dt.date(years[0], 1, 1).toordinal()
    matching = b"".join(_matching(parts, year) for year in years)
    taken = _taken(parts, matching, anchor, origin)
    return taken[first.toordinal() - origin : last.toordinal() - origin + 1]


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
        begin = _from(anchor.toordinal(), origin, parts.interval) - origin
        days = slice(begin, None, parts.interval)
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


def _periods(parts: RuleParts, anchor: dt.date, origin: int, length: int) -> Iterator[slice]:
    """The periods of the rule from that of *anchor* on, as places in the days after *origin*."""
    if parts.frequency == "WEEKLY":
        step = _WEEK * parts.interval
        week = anchor.toordinal() - (anchor.weekday() - parts.week_start) % _WEEK
        for begin in range(_from(week, origin, step) - origin, length - _WEEK + 1, step):
            yield slice(begin, begin + _WEEK)
        return
    months, month = (12, 1) if parts.frequency == "YEARLY" else (1, anchor.month)
    step = months * parts.interval
    first = _from(anchor.year * 12 + month - 1, dt.date.fromordinal(origin).year * 12, step)
    end = dt.date.fromordinal(origin + length - 1).year * 12 + 12
    for number in range(first, end - months + 1, step):
        yield slice(_begin(number) - origin, _begin(number + months) - origin)


def _from(begin: int, least: int, step: int) -> int:
    """The first of *begin*, *begin* + *step* ... that is *least* or more."""
    return begin + max(0, -(-(least - begin) // step)) * step


def _begin(number: int) -> int:
    """The first day of a month, counted from the year 0."""
    return dt.date(number // 12, number % 12 + 1, 1).toordinal()


def _counted(flags: bytearray, count: int | None) -> bytearray:
    """*flags* up to the day with the number *count*."""
    if count is None:
        return flags
    return flags[: bisect.bisect_left(range(len(flags)), count, key=lambda n: flags.count(1, 0, n))]
