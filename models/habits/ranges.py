"""Ranges of dates, first and last day included."""

import bisect
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

Range = tuple[dt.date, dt.date]

_DAY: Final = dt.timedelta(days=1)


def joined(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """*ranges* in order, with those that overlap or adjoin made one.

    Examples
    --------
    >>> day = [dt.date(2026, 1, number) for number in range(1, 10)]
    >>> [(first.day, last.day) for first, last in joined([(day[4], day[5]), (day[0], day[3])])]
    [(1, 6)]

    """
    found: list[Range] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + _DAY:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(found)


def range_of(day: dt.date, ranges: Sequence[Range]) -> Range | None:
    """Which of *ranges*, which are `joined`, holds *day*."""
    place = bisect.bisect_right(ranges, (day, dt.date.max)) - 1
    return ranges[place] if place >= 0 and day <= ranges[place][1] else None
