"""The days of a year as bits of an integer: bit 0 is 1 January.

Which months, weekdays or days a rule names is then an OR of as many integers as it names, and which
days are in all of its parts an AND: no day is looked at by itself.
"""

import calendar
import datetime as dt
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Final

WeekdayInMonth = tuple[int, int]  # the n-th, -1 for the last, and a weekday from 0 (Monday)

_WEEK: Final = 7
_MOST_IN_MONTH: Final = 5  # of one weekday


class YearDays:
    """The days of the years that have so many days and begin on the same weekday."""

    def __init__(self, length: int, first_weekday: int) -> None:
        self.length = length
        self._first_weekday = first_weekday
        example = 2000 if length == 366 else 2001
        lengths = [calendar.monthrange(example, month)[1] for month in range(1, 13)]
        begins = [sum(lengths[:place]) for place in range(12)]
        spans = list(zip(begins, lengths, strict=True))
        self._months = {
            month: ((1 << days) - 1) << begin for month, (begin, days) in enumerate(spans, 1)
        }
        self._weekdays = [
            bits_of(range(self._first(weekday, 0), length, _WEEK)) for weekday in range(_WEEK)
        ]
        self._month_days = {
            sign * number: bits_of(
                begin + (number - 1 if sign > 0 else days - number)
                for begin, days in spans
                if number <= days
            )
            for number in range(1, 32)
            for sign in (1, -1)
        }
        self._weekdays_in_month = dict(self._nth_in_months(spans))

    def months(self, numbers: Iterable[int]) -> int:
        """The days of months, from 1."""
        return united(self._months.get, numbers)

    def month_days(self, numbers: Iterable[int]) -> int:
        """The days of all months with these numbers, from 1, or from the last by -1."""
        return united(self._month_days.get, numbers)

    def year_days(self, numbers: Iterable[int]) -> int:
        """The days of the year with these numbers, from 1, or from the last by -1."""
        return united(self._nth, numbers)

    def weekdays(self, weekdays: Iterable[int]) -> int:
        """All of these weekdays, from 0 (Monday)."""
        return united(self._weekdays.__getitem__, weekdays)

    def weekdays_in_month(self, places: Iterable[WeekdayInMonth]) -> int:
        """The first, second, last ... of a weekday in each month."""
        return united(self._weekdays_in_month.get, places)

    def weekdays_in_year(self, places: Iterable[WeekdayInMonth]) -> int:
        """The first, second, last ... of a weekday in the year."""
        return united(lambda place: self._nth_weekday(*place), places)

    def weeks(self, numbers: Iterable[int], week_start: int, before: int, after: int) -> int:
        """The days in weeks with these numbers, from 1, or from the last by -1.

        Week 1 is the first with four days in its year, so days at both ends may be in a week of
        another one: of the years with so many days *before* and *after* this one.
        """
        wanted = frozenset(numbers)
        begin, last = _week_one(self._first_weekday, self.length, week_start)
        found = 0
        for number in wanted:
            place = number if number > 0 else last + 1 + number
            if 0 < place <= last:
                week = begin + (place - 1) * _WEEK
                found |= 0x7F << week if week >= 0 else 0x7F >> -week
        _, last_before = _week_one(self._first_weekday - before, before, week_start)
        if wanted & {-1, last_before}:
            found |= bits_of(range(begin))
        _, last_after = _week_one(self._first_weekday + self.length, after, week_start)
        if wanted & {1, -last_after}:
            found |= bits_of(range(begin + last * _WEEK, self.length))
        return found & ((1 << self.length) - 1)

    def _first(self, weekday: int, begin: int) -> int:
        """The first day from *begin* on that is a *weekday*."""
        return begin + (weekday - self._first_weekday - begin) % _WEEK

    def _nth(self, number: int) -> int:
        place = number - 1 if number > 0 else self.length + number
        return 1 << place if 0 <= place < self.length else 0

    def _nth_weekday(self, number: int, weekday: int) -> int:
        days = range(self._first(weekday, 0), self.length, _WEEK)
        place = number - 1 if number > 0 else len(days) + number
        return 1 << days[place] if 0 <= place < len(days) else 0

    def _nth_in_months(
        self, spans: Iterable[tuple[int, int]]
    ) -> Iterator[tuple[WeekdayInMonth, int]]:
        spans = list(spans)
        for weekday in range(_WEEK):
            months = [range(self._first(weekday, at), at + days, _WEEK) for at, days in spans]
            for number in range(1, _MOST_IN_MONTH + 1):
                long = [days for days in months if number <= len(days)]
                yield (number, weekday), bits_of(days[number - 1] for days in long)
                yield (-number, weekday), bits_of(days[-number] for days in long)


def _week_one(first_weekday: int, length: int, week_start: int) -> tuple[int, int]:
    """The first day of week 1 of a year, which may be before it, and the number of its weeks."""
    begin = (week_start - first_weekday + 3) % _WEEK - 3
    return begin, (length + 3 - begin) // _WEEK


@functools.cache  # there are fourteen
def _year_days(length: int, first_weekday: int) -> YearDays:
    return YearDays(length, first_weekday)


def length_of(year: int) -> int:
    """How many days *year* has."""
    return 365 + calendar.isleap(year)


def year_days(year: int) -> YearDays:
    """The days of *year*.

    Examples
    --------
    >>> days = year_days(2026)
    >>> places = days.weekdays([0]) & days.months([1])
    >>> [number + 1 for number in range(31) if places >> number & 1]  # Mondays in January
    [5, 12, 19, 26]

    """
    return _year_days(length_of(year), dt.date(year, 1, 1).weekday())


def bits_of(places: Iterable[int]) -> int:
    """The integer that has these bits."""
    found = 0
    for place in places:
        found |= 1 << place
    return found


def united(bits: Callable[..., int | None], names: Iterable[object]) -> int:
    """The bits of all *names*; a name that stands for no day adds none."""
    found = 0
    for name in names:
        found |= bits(name) or 0
    return found
