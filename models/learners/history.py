"""Running counts of past days, of bounded size, updated by each label.

Nothing here is a list that grows with time, and a label costs the same after ten years as after ten
days.  The counts are forgotten by half-lives, which are numbers of labels, not of days: a habit of
Mondays forgets as many Mondays as a daily one forgets days.

What becomes known later of a day of the last year is corrected exactly, and of a person's labels as
long as their numbers are kept.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Final

import msgspec

from models.learners.running_count import Label, RunningCount, Week, keep

RECENT: Final = 7  # the labels that a person is told of: a week of a daily habit
REMEMBERED_DAYS: Final = 366  # the longest window that a rate may have
STREAK_LIMIT: Final = 60  # a longer one says no more of the next day


FAST, MEDIUM, SLOW, WEEKDAY = keep(3), keep(12), keep(60), keep(10)
PERSON_FAST, PERSON_SLOW = keep(10), keep(150)


class LabelNumber(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The number of a label among all of a person, and among those of its weekday."""

    of_all: int
    of_weekday: int


class PersonHistory(msgspec.Struct, array_like=True, gc=False):
    """The running counts of one person over all habits."""

    fast: RunningCount = msgspec.field(default_factory=RunningCount)
    slow: RunningCount = msgspec.field(default_factory=RunningCount)
    weekdays: Week = msgspec.field(default_factory=Week)
    labels: tuple[int, ...] = (0,) * 7  # ever, by weekday

    def count(self, day: dt.date, *, done: bool) -> LabelNumber:
        """Add the label of one day of any habit; by its number it can be replaced."""
        weekday = day.weekday()
        self.fast.count(done, PERSON_FAST)
        self.slow.count(done, PERSON_SLOW)
        self.weekdays[weekday].count(done, PERSON_FAST)
        self.labels = tuple(n + (place == weekday) for place, n in enumerate(self.labels))
        return LabelNumber(sum(self.labels), self.labels[weekday])

    def replace(self, day: dt.date, number: LabelNumber, before: bool, label: Label) -> None:  # noqa: FBT001
        """Let the label of *day* that was counted under *number* have been another, or none."""
        weekday = day.weekday()
        age = sum(self.labels) - number.of_all
        self.fast.replace(before, label, PERSON_FAST**age)
        self.slow.replace(before, label, PERSON_SLOW**age)
        of_weekday = self.labels[weekday] - number.of_weekday
        self.weekdays[weekday].replace(before, label, PERSON_FAST**of_weekday)


class HabitHistory(msgspec.Struct, array_like=True, gc=False):
    """The running counts of one habit, and each day of the last year.

    Attributes
    ----------
    streak, misses
        How many of the last labels in a row were done, or missed.
    last_label, last_done
        The day of the last label, and the last day on which it was done, due or not.
    newest, days_due, days_done, days_skipped
        The days that had a label, those on which it was done, due or not, and those that were
        skipped: one bit each, that of *newest* lowest.

    """

    labels: int = 0
    done: int = 0
    fast: RunningCount = msgspec.field(default_factory=RunningCount)
    medium: RunningCount = msgspec.field(default_factory=RunningCount)
    slow: RunningCount = msgspec.field(default_factory=RunningCount)
    weekdays: Week = msgspec.field(default_factory=Week)
    streak: int = 0
    misses: int = 0
    last_label: dt.date | None = None
    last_done: dt.date | None = None
    newest: dt.date | None = None
    days_due: bytes = b""
    days_done: bytes = b""
    days_skipped: bytes = b""

    def copy(self) -> "HabitHistory":
        """The same, to be changed apart."""
        return _decoder.decode(_encoder.encode(self))

    def count(self, day: dt.date, *, done: bool) -> None:
        """Add the label of *day*, which lies after those before."""
        self.labels += 1
        self.done += done
        self.fast.count(done, FAST)
        self.medium.count(done, MEDIUM)
        self.slow.count(done, SLOW)
        self.weekdays[day.weekday()].count(done, WEEKDAY)
        self.streak = self.streak + 1 if done else 0
        self.misses = 0 if done else self.misses + 1
        self.last_label = day
        self._keep(day, due=True, done=done)
        if done:
            self.last_done = max(self.last_done or day, day)

    def mark(self, day: dt.date, *, done: bool = True) -> None:
        """Remember whether it was done on *day*, which need not have been due."""
        if not done and not self.is_done(day):
            return
        self._keep(day, due=self.label(day) is not None, done=done)
        self._look_back()

    def skip(self, day: dt.date) -> None:
        """Remember that *day*, which was due, was skipped: it has no label."""
        self._keep(day, due=False, done=False, skipped=True)

    def was_due(self, day: dt.date) -> bool:
        """Whether *day* had a label, or was skipped."""
        place = self._place(day)
        asked = int.from_bytes(self.days_due) | int.from_bytes(self.days_skipped)
        return place is not None and bool(asked >> place & 1)

    def is_done(self, day: dt.date) -> bool:
        """Whether it is remembered as done on *day*, due or not."""
        place = self._place(day)
        return place is not None and bool(int.from_bytes(self.days_done) >> place & 1)

    def label(self, day: dt.date) -> Label:
        """The label of *day*; None if it has none, or is not remembered."""
        place = self._place(day)
        if place is None or not int.from_bytes(self.days_due) >> place & 1:
            return None
        return self.is_done(day)

    def revise(self, day: dt.date, label: Label) -> None:
        """Let another *label* of a past day have been counted, or none, as if from the first.

        Nothing changes where the day is not remembered any more.

        Examples
        --------
        >>> late, early = HabitHistory(), HabitHistory()
        >>> for day, done in enumerate([True, False, True], start=1):
        ...     late.count(dt.date(2026, 1, day), done=done)
        ...     early.count(dt.date(2026, 1, day), done=True)
        >>> late.revise(dt.date(2026, 1, 2), True)
        >>> late.streak, late.done, late.days_done == early.days_done
        (3, 3, True)

        """
        before = self.label(day)
        if before == label or not self._is_remembered(day):
            return
        after = self._labels_after(day)
        for count, kept in ((self.fast, FAST), (self.medium, MEDIUM), (self.slow, SLOW)):
            count.exchange(before, label, [done for _, done in after], kept)
        weekday = day.weekday()
        same = [done for other, done in after if other.weekday() == weekday]
        self.weekdays[weekday].exchange(before, label, same, WEEKDAY)
        self.labels += (label is not None) - (before is not None)
        self.done += bool(label) - bool(before)
        self._keep(day, due=label is not None, done=bool(label), skipped=label is None)
        self._look_back()

    def remembered(self, weekday: int | None = None) -> Iterator[tuple[dt.date, bool]]:
        """The labels of the last year, or those of one weekday, the newest first."""
        if self.newest is None:
            return
        due, done = int.from_bytes(self.days_due), int.from_bytes(self.days_done)
        first = 0 if weekday is None else (self.newest.weekday() - weekday) % 7
        for place in range(first, due.bit_length(), 1 if weekday is None else 7):
            if due >> place & 1:
                yield self.newest - dt.timedelta(days=place), bool(done >> place & 1)

    @property
    def last(self) -> float:
        """1 if the last label was done, -1 if it was missed, 0 before any."""
        return float((self.streak > 0) - (self.misses > 0))

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
        if self.newest is None:
            return 0
        bits = int.from_bytes(self.days_done)
        shift = (until - self.newest).days - 1
        bits = bits << min(shift, REMEMBERED_DAYS) if shift >= 0 else bits >> -shift
        return (bits & ((1 << days) - 1)).bit_count()

    def _labels_after(self, day: dt.date) -> list[tuple[dt.date, bool]]:
        return [(other, done) for other, done in self.remembered() if other > day]

    def _place(self, day: dt.date) -> int | None:
        if self.newest is None or day > self.newest:
            return None
        return (self.newest - day).days

    def _is_remembered(self, day: dt.date) -> bool:
        return self.newest is None or (self.newest - day).days < REMEMBERED_DAYS

    def _keep(self, day: dt.date, *, due: bool, done: bool, skipped: bool = False) -> None:
        if self.newest is None or day > self.newest:
            shift = min((day - (self.newest or day)).days, REMEMBERED_DAYS)
            self.days_due = _bytes(int.from_bytes(self.days_due) << shift)
            self.days_done = _bytes(int.from_bytes(self.days_done) << shift)
            self.days_skipped = _bytes(int.from_bytes(self.days_skipped) << shift)
            self.newest = day
        bit = 1 << min((self.newest - day).days, REMEMBERED_DAYS)
        self.days_due = _bytes(_set(int.from_bytes(self.days_due), bit, due))
        self.days_done = _bytes(_set(int.from_bytes(self.days_done), bit, done))
        self.days_skipped = _bytes(_set(int.from_bytes(self.days_skipped), bit, skipped))

    def _look_back(self) -> None:
        """Find the last days and the run again; of what is older than a year they stay as known."""
        if self.newest is None:
            return
        done_bits = int.from_bytes(self.days_done)
        oldest = self.newest - dt.timedelta(days=REMEMBERED_DAYS)
        if done_bits:
            place = (done_bits & -done_bits).bit_length() - 1
            self.last_done = self.newest - dt.timedelta(days=place)
        elif self.last_done is not None and self.last_done > oldest:
            self.last_done = None
        self._count_run()

    def _count_run(self) -> None:
        run, last = 0, None
        for day, done in self.remembered():
            if last is None:
                self.last_label, last = day, done
            if done != last:
                break
            run += 1
        if last is not None or not self.labels:
            self.streak, self.misses = (run, 0) if last else (0, run)


def _set(bits: int, bit: int, on: bool) -> int:  # noqa: FBT001
    return bits | bit if on else bits & ~bit


def _bytes(bits: int) -> bytes:
    bits &= (1 << REMEMBERED_DAYS) - 1
    return bits.to_bytes((bits.bit_length() + 7) // 8)


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(HabitHistory)
