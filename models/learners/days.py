"""When a habit's days begin and end, and which of them are due.

A day is a date in the habit's zone.  Most last 24 hours; at a change of clocks they last 23 or 25
(Lord Howe: 23 and a half), and one that a country leapt over never was (Apia, 30 December 2011).
"""

import datetime as dt
import functools
import zoneinfo
from typing import Final

from models.documents.habit import Rate, Schedule
from models.learners.history import HabitHistory

GRACE: Final = dt.timedelta(hours=3)  # to write down, after midnight, what was done before it
EARLIEST, LATEST = dt.date(1970, 1, 1), dt.date(9000, 1, 1)
DAY: Final = dt.timedelta(days=1)


def today(now: dt.datetime, tz: str) -> dt.date:
    """The date in zone *tz*.

    Examples
    --------
    >>> today(dt.datetime(2026, 1, 1, 11, tzinfo=dt.UTC), "Pacific/Kiritimati")
    datetime.date(2026, 1, 2)

    """
    return now.astimezone(zoneinfo.ZoneInfo(tz)).date()


@functools.lru_cache(maxsize=4096)
def end_of(day: dt.date, tz: str) -> dt.datetime:
    """The moment, in UTC, at which *day* is over in zone *tz*.

    Where a change of clocks skips midnight it is the moment of the change, and where midnight
    strikes twice, the first.

    Examples
    --------
    >>> day = dt.date(2011, 12, 29)
    >>> end_of(day, "Pacific/Apia") == end_of(day + DAY, "Pacific/Apia")
    True

    """
    midnight = dt.datetime.combine(day + DAY, dt.time(), zoneinfo.ZoneInfo(tz))
    return midnight.astimezone(dt.UTC)


def closes_at(day: dt.date, tz: str) -> dt.datetime:
    """When nothing that becomes of *day* is waited for any longer."""
    return end_of(day, tz) + GRACE


def exists(day: dt.date, tz: str) -> bool:
    """Whether *day* took place in zone *tz*."""
    return end_of(day - DAY, tz) < end_of(day, tz)


def next_due(schedule: Schedule, history: HabitHistory, tz: str, after: dt.date) -> dt.date | None:
    """The first due day after *after*.

    A day of a rate is due unless the days of its window before it have satisfied the rate.

    Examples
    --------
    >>> history = HabitHistory()
    >>> for day in (1, 2, 4):
    ...     history.mark(dt.date(2026, 1, day))
    >>> next_due(Rate(times=2, days=7), history, "UTC", after=dt.date(2026, 1, 4))
    datetime.date(2026, 1, 9)

    """
    day = after
    while day < LATEST:
        day += DAY
        if schedule.is_due(day) and not _satisfied(schedule, history, day) and exists(day, tz):
            return day
    return None


def _satisfied(schedule: Schedule, history: HabitHistory, day: dt.date) -> bool:
    return (
        isinstance(schedule, Rate) and history.times_done(day, schedule.days - 1) >= schedule.times
    )
