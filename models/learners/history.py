"""Running counts of past days, of bounded size, updated by each label.

Nothing here is a list that grows with time, and a label costs the same after ten years as after ten
days.  The counts are forgotten by half-lives, which are numbers of labels, not of days: a habit of
Mondays forgets as many Mondays as a daily one forgets days.
"""

import datetime as dt
from typing import Final

import msgspec

RECENT: Final = 7  # the labels that a person is told of: a week of a daily habit
REMEMBERED_DAYS: Final = 366  # the longest window that a rate may have
STREAK_LIMIT: Final = 60


def keep(half_life: float) -> float:
    """The share of a count that is left after one label.

    Examples
    --------
    >>> round(keep(7) ** 7, 3)
    0.5

    """
    return float(0.5 ** (1.0 / half_life))


FAST, MEDIUM, SLOW, WEEKDAY = keep(3), keep(12), keep(60), keep(10)
PERSON_FAST, PERSON_SLOW = keep(10), keep(150)


class RunningCount(msgspec.Struct, array_like=True):
    """A running count: *done* of *total*, both with exponential forgetting."""

    done: float = 0.0
    total: float = 0.0

    def count(self, done: float, kept: float = 1.0) -> None:
        """Add one label after forgetting all but the share *kept* of those before."""
        self.done = self.done * kept + done
        self.total = self.total * kept + 1.0

    def rate(self, prior: float, strength: float) -> float:
        """The rate, shrunk towards *prior* as if it had been seen *strength* times.

        Examples
        --------
        >>> RunningCount(done=3.0, total=3.0).rate(0.5, 3.0)
        0.75

        """
        return (self.done + prior * strength) / (self.total + strength)


def _week() -> list[RunningCount]:
    return [RunningCount() for _ in range(7)]


class PersonHistory(msgspec.Struct, array_like=True):
    """The running counts of one person over all habits."""

    fast: RunningCount = msgspec.field(default_factory=RunningCount)
    slow: RunningCount = msgspec.field(default_factory=RunningCount)
    weekdays: list[RunningCount] = msgspec.field(default_factory=_week)

    def count(self, day: dt.date, *, done: bool) -> None:
        """Add the label of one day of any habit."""
        self.fast.count(done, PERSON_FAST)
        self.slow.count(done, PERSON_SLOW)
        self.weekdays[day.weekday()].count(done, PERSON_FAST)


class HabitHistory(msgspec.Struct, array_like=True):
    """The running counts of one habit.

    Attributes
    ----------
    last_label, last_done
        The day of the last label, and the last day on which it was done, due or not.
    recent
        The last labels, one bit each, the newest lowest.
    days_done
        The days on which it was done, one bit each, that of *last_done* lowest.

    """

    labels: int = 0
    done: int = 0
    fast: RunningCount = msgspec.field(default_factory=RunningCount)
    medium: RunningCount = msgspec.field(default_factory=RunningCount)
    slow: RunningCount = msgspec.field(default_factory=RunningCount)
    weekdays: list[RunningCount] = msgspec.field(default_factory=_week)
    streak: int = 0
    misses: int = 0
    recent: int = 0
    last_label: dt.date | None = None
    last_done: dt.date | None = None
    days_done: bytes = b""

    def count(self, day: dt.date, *, done: bool) -> None:
        """Add the label of *day*."""
        self.labels += 1
        self.done += done
        self.fast.count(done, FAST)
        self.medium.count(done, MEDIUM)
        self.slow.count(done, SLOW)
        self.weekdays[day.weekday()].count(done, WEEKDAY)
        self.streak = min(self.streak + 1, STREAK_LIMIT) if done else 0
        self.misses = 0 if done else min(self.misses + 1, STREAK_LIMIT)
        self.recent = ((self.recent << 1) | done) & ((1 << RECENT) - 1)
        self.last_label = day
        if done:
            self.mark(day)

    def mark(self, day: dt.date) -> None:
        """Remember that it was done on *day*, which need not have been due."""
        bits = int.from_bytes(self.days_done)
        if self.last_done is None or day > self.last_done:
            shift = (day - (self.last_done or day)).days
            bits = (bits << min(shift, REMEMBERED_DAYS)) | 1
            self.last_done = day
        else:
            bits |= 1 << (self.last_done - day).days
        bits &= (1 << REMEMBERED_DAYS) - 1
        self.days_done = bits.to_bytes((bits.bit_length() + 7) // 8)

    @property
    def recent_done(self) -> tuple[int, int]:
        """Of the last labels, how many were done, and how many they are.

        Examples
        --------
        >>> history = HabitHistory()
        >>> for day, done in enumerate([True, False, True], start=1):
        ...     history.count(dt.date(2026, 1, day), done=done)
        >>> history.recent_done
        (2, 3)

        """
        return self.recent.bit_count(), min(self.labels, RECENT)

    @property
    def last(self) -> float:
        """1 if the last label was done, -1 if it was missed, 0 before any."""
        return 2.0 * (self.recent & 1) - 1.0 if self.labels else 0.0

    def times_done(self, until: dt.date, days: int) -> int:
        """The number of the *days* days before *until* on which it was done.

        Examples
        --------
        >>> history = HabitHistory()
        >>> for day in (1, 3, 4):
        ...     history.mark(dt.date(2026, 1, day))
        >>> [history.times_done(dt.date(2026, 1, day), days=3) for day in (2, 4, 5, 6, 8)]
        [1, 2, 2, 2, 0]

        """
        if self.last_done is None:
            return 0
        bits = int.from_bytes(self.days_done)
        shift = (until - self.last_done).days - 1
        bits = bits << min(shift, REMEMBERED_DAYS) if shift >= 0 else bits >> -shift
        return (bits & ((1 << days) - 1)).bit_count()
