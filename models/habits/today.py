"""The state of a habit today: due, done, remaining."""

import datetime as dt

import msgspec
import numpy as np

from models.habits.evaluation import Units, due_days
from models.habits.history import DayMark, Days, Flags, date_of
from models.habits.measures import Measure, RangeMeasure, YesNo
from models.habits.schedules import PerMonth, PerWeek, Rate, Schedule


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """The times that it is to be done from *first* to *last*, and was.

    Attributes
    ----------
    first
        The first day of the window.
    last
        Its last day.
    needed
        How many times are needed.
    done
        How many there were.

    """

    first: dt.date
    last: dt.date
    needed: int
    done: int


class TodayState(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a habit today.

    Attributes
    ----------
    due
        Whether today is asked for: a due day, or one whose window the days before have not
        satisfied.  What is skipped or paused is not.
    times
        The window that today lies in; null where each day stands for itself.

    """

    due: bool
    done: bool
    times: Times | None


def today_state(schedule: Schedule, days: Days, units: Units) -> TodayState:
    """The state of a habit on the last of *days*."""
    if days.today < 0:
        return TodayState(due=False, done=False, times=None)
    mark = days.mark[days.today]
    done = bool(mark == DayMark.DONE)
    paused = mark in (DayMark.OUT, DayMark.AWAY, DayMark.SKIP, DayMark.FREEZE)
    if not isinstance(schedule, PerWeek | PerMonth | Rate):
        due = bool(due_days(schedule, days)[-1])
        return TodayState(due=due and not paused, done=done, times=None)
    times = _rate(schedule, days) if isinstance(schedule, Rate) else _quota(units)
    earlier = times.done - done
    return TodayState(due=earlier < times.needed and not paused, done=done, times=times)


def _quota(units: Units) -> Times:
    return Times(
        first=date_of(units.first[-1]),
        last=date_of(units.last[-1]),
        needed=int(units.needed[-1]),
        done=int(units.done[-1]),
    )


def _rate(schedule: Rate, days: Days) -> Times:
    """The last so many days that were not skipped."""
    skipped: Flags = days.marked(DayMark.OUT, DayMark.AWAY, DayMark.SKIP, DayMark.FREEZE)
    counted = np.flatnonzero(~skipped[: days.today + 1])[-schedule.days :]
    first = counted[0] if len(counted) else days.today
    return Times(
        first=date_of(first + days.first),
        last=date_of(days.today + days.first),
        needed=schedule.times,
        done=int((days.mark[counted] == DayMark.DONE).sum()),
    )


def remaining(measure: Measure, value: float | None) -> float | None:
    """The part of the target that is still to be done, or of a ceiling still to be had."""
    if isinstance(measure, YesNo):
        return None
    target = measure.low if isinstance(measure, RangeMeasure) else measure.target
    return max(0.0, target - (value or 0.0))
