"""The due days of a habit, and when each closes."""

import datetime as dt
from collections.abc import Sequence
from typing import Final, NamedTuple

from models.base.time import DAY, HORIZON, DateRange, end_of_day, exists, range_containing
from models.habits import PerMonth, PerWeek, Rate, Schedule, due_from
from models.learners.history import HabitHistory

GRACE: Final = dt.timedelta(hours=3)  # to write down, after midnight, what was done before it


def closes_at(day: dt.date, tz: str, day_start: int = 0) -> dt.datetime:
    """When *day* closes: an entry that comes later is not waited for."""
    return end_of_day(day, tz, day_start) + GRACE


Away = Sequence[DateRange]


class Progress(NamedTuple):
    """The progress of a window of *days* days: *done* of so many *times*."""

    done: int
    times: int
    days: int


def progress(schedule: Schedule, history: HabitHistory, day: dt.date) -> Progress | None:
    """The progress of the window of *day* before it; None where each day stands for itself."""
    if isinstance(schedule, Rate):
        done = history.times_done(day, schedule.days - 1)
        return Progress(done, schedule.times, schedule.days)
    if isinstance(schedule, PerWeek | PerMonth):
        first, last = schedule.window(day)
        length = (last - first).days + 1
        done = history.times_done(day, (day - first).days)
        return Progress(done, min(schedule.times, length), length)
    return None


def next_due(
    schedule: Schedule, history: HabitHistory, tz: str, after: dt.date, away: Away = ()
) -> dt.date | None:
    """The first due day after *after*.

    A day of a rate, a week or a month is due unless the days of its window before it have satisfied
    it.  No day of a vacation is due.

    Parameters
    ----------
    away
        First and last days of vacations, as `merged_ranges` gives them.

    Examples
    --------
    >>> history = HabitHistory()
    >>> for day in (1, 2, 4):
    ...     history.mark(dt.date(2026, 1, day))
    >>> next_due(Rate(times=2, days=7), history, "UTC", after=dt.date(2026, 1, 4))
    datetime.date(2026, 1, 9)

    """
    while (day := due_from(schedule, after + DAY)) is not None and day <= HORIZON:
        pause = range_containing(day, away)
        if pause is None and not _satisfied(schedule, history, day) and exists(day, tz):
            return day
        after = day if pause is None else pause[1]
    return None


def _satisfied(schedule: Schedule, history: HabitHistory, day: dt.date) -> bool:
    so_far = progress(schedule, history, day)
    return so_far is not None and so_far.done >= so_far.times
