"""Statistics over all habits of a person, day by day."""

import msgspec
import numpy as np

from models.habits.evaluation import Units, UnitVerdict
from models.habits.history import DayMark, Days, EntryHistory, Ints
from models.habits.statistics import (
    EVERY,
    MOVING,
    BestTime,
    DoneTimes,
    Point,
    Rated,
    best_time,
    points,
    rated,
)


class PartsOfDay(msgspec.Struct, frozen=True, kw_only=True):
    """How often something was done: from 5, 12, 17 and 22 o'clock on.

    Attributes
    ----------
    morning
        How often from 5 o'clock on.
    afternoon
        How often from 12 o'clock on.
    evening
        How often from 17 o'clock on.
    night
        How often from 22 o'clock on.

    """

    morning: int
    afternoon: int
    evening: int
    night: int


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """How many habits were *done* on a day; of those due on it, how many were *kept*.

    Attributes
    ----------
    done
        How many were done.
    kept
        How many were kept.
    due
        How many were due.

    """

    done: int
    kept: int
    due: int


class HabitTotals:
    """Adds up habits over the days from *first* to *last*."""

    def __init__(self, first: int, last: int) -> None:
        self._first, self._last = first, last
        self._early = first - MOVING  # for the moving rate at the beginning
        length = last - self._early + 1
        self._done = np.zeros(length, np.int64)
        self._due = np.zeros(length, np.int64)  # of dated habits, on their days
        self._due_kept = np.zeros(length, np.int64)
        self._judged = np.zeros(length, np.int64)  # of all, when it was clear
        self._kept = np.zeros(length, np.int64)
        self._hours = np.zeros((7, 24), np.int64)
        self._minutes: list[Ints] = []

    def add(self, history: EntryHistory, days: Days, units: Units) -> None:
        """Add one habit."""
        today = days.first + days.today
        self._count(
            self._done, history.day[(history.mark == DayMark.DONE) & (history.day <= today)]
        )
        judged = units.verdict >= UnitVerdict.KEPT
        kept = units.verdict == UnitVerdict.KEPT
        clear = np.minimum(units.last, today)
        self._count(self._judged, clear[judged])
        self._count(self._kept, clear[kept])
        if units.span == "day":
            self._count(self._due, units.first[judged])
            self._count(self._due_kept, units.first[kept])
        times = DoneTimes.of(history, self._first, self._last)
        self._hours += times.hours()
        self._minutes.append(times.minute)

    def days(self) -> list[Day]:
        """The counts of each day."""
        columns = (self._done, self._due_kept, self._due)
        rows = zip(*(column[MOVING:].tolist() for column in columns), strict=True)
        return [Day(done=done, kept=kept, due=due) for done, kept, due in rows]

    def perfect_days(self) -> int:
        """The days on which every habit that was due was kept, and there was one."""
        due, kept = self._due[MOVING:], self._due_kept[MOVING:]
        return int(((due > 0) & (due == kept)).sum())

    def rate(self) -> Rated:
        """The rate over everything that could be judged."""
        return rated(int(self._kept[MOVING:].sum()), int(self._judged[MOVING:].sum()))

    def moving(self) -> list[Point]:
        """The moving rate of all together."""
        ends = np.arange(self._last, self._first - 1, -EVERY)[::-1]
        end = ends - self._early + 1
        kept, judged = (
            np.concatenate(([0], np.cumsum(column))) for column in (self._kept, self._judged)
        )
        return points(ends, kept[end] - kept[end - MOVING], judged[end] - judged[end - MOVING])

    def hours(self) -> list[list[int]]:
        """See `statistics.DoneTimes.hours`."""
        counts: list[list[int]] = self._hours.tolist()
        return counts

    def parts(self) -> PartsOfDay:
        """The counts by part of the day."""
        hour = self._hours.sum(axis=0)
        return PartsOfDay(
            morning=int(hour[5:12].sum()),
            afternoon=int(hour[12:17].sum()),
            evening=int(hour[17:22].sum()),
            night=int(hour[22:].sum() + hour[:5].sum()),
        )

    def best_time(self) -> BestTime | None:
        """See `statistics.best_time`."""
        return best_time(np.concatenate(self._minutes)) if self._minutes else None

    def _count(self, into: Ints, day: Ints) -> None:
        inside = day[(day >= self._early) & (day <= self._last)]
        into += np.bincount(inside - self._early, minlength=len(into))
