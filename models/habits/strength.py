r"""The strength of a habit: exponential smoothing as Loop Habit Tracker publishes it.

.. math:: m = 0.5^{\sqrt{f} / 13}, \qquad s_t = m \, s_{t-1} + (1 - m) \, c_t

*f* is how often a day it is to be done and *c* (0 to 1) what the day is credited with, so a daily
habit that is dropped has lost half its strength after 13 days, one of once a week after 34.

- A rate or a quota of *n* times in *d* days is credited with what was done in the window that ends
  on the day, over *n*.  Yes/no habits take twice *d* and twice *n*, so that weeks may be irregular.
- A dated schedule moves on its due days only, each a step of 1/*f* days: m there is
  :math:`0.5^{1 / (13 \sqrt{f})}`.
- A measured day counts by its share of the target.  A ceiling starts from 1, and a day without an
  entry is one with nothing of it.
- Skipped days, vacations and days before the beginning change nothing and are in no window.  A
  frozen day is one on which it was not done.
- Today counts as soon as it has an entry, or is over.
"""

import math
from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np

from models.habits.evaluation import due_days
from models.habits.history import DayMark, Days, Flags, Floats, Ints, dates_of
from models.habits.measures import Measure, YesNo, is_ceiling
from models.habits.rrule import rule_of
from models.habits.schedules import (
    Daily,
    Dated,
    Every,
    PerMonth,
    PerWeek,
    Quota,
    Rate,
    Schedule,
    Weekdays,
)

HALF_LIFE: Final = 13.0  # days, of a daily habit

_SMALLEST: Final = -250  # power of ten that a double still holds with all its digits

Formula = Callable[[float, Floats, Floats], Floats]  # of a start, credits, and what is kept


class Strengths(msgspec.Struct, frozen=True, eq=False):
    """The strength after each *day* on which it moved."""

    day: Ints
    score: Floats

    def on(self, day: int) -> float | None:
        """The strength at the end of *day*; None before the first."""
        place = int(np.searchsorted(self.day, day, side="right"))
        return float(self.score[place - 1]) if place else None


class Steps(msgspec.Struct, frozen=True, eq=False):
    """The steps of a smoothing formula: a credit for each, and how much of the past it keeps."""

    day: Ints
    credit: Floats
    kept: Floats


def smoothed(start: float, credit: Floats, kept: Floats) -> Floats:
    r"""Exponential smoothing by Loop's formula, a block of steps at a time.

    Within a block, with *P* the product of what was kept so far, the recursion is
    :math:`s_t = P_t (s_0 + \sum_i (1 - m_i) c_i / P_i)`.  A block ends before P vanishes.

    Examples
    --------
    >>> daily = kept_of(1.0)
    >>> round(float(smoothed(1.0, np.zeros(13), np.full(13, daily))[-1]), 12)
    0.5

    """
    scores = np.empty_like(credit)
    score = start
    size = max(1, int(_SMALLEST / math.log10(kept.min(initial=0.5))))
    for begin in range(0, len(credit), size):
        block = slice(begin, begin + size)
        left = np.cumprod(kept[block])
        scores[block] = left * (score + np.cumsum((1.0 - kept[block]) * credit[block] / left))
        score = float(scores[block][-1])
    return scores


def strengths(
    schedule: Schedule, measure: Measure, days: Days, formula: Formula = smoothed
) -> Strengths:
    """The strength of a habit over *days*, by any *formula* of the same form."""
    taken = steps(schedule, measure, days)
    start = 1.0 if is_ceiling(measure) else 0.0
    return Strengths(taken.day, formula(start, taken.credit, taken.kept))


def steps(schedule: Schedule, measure: Measure, days: Days) -> Steps:
    """The steps of a habit over *days*."""
    length = days.today + 1
    worth = days.share.copy()
    if is_ceiling(measure):
        worth[days.mark == DayMark.NONE] = 1.0
    counts = ~days.marked(DayMark.OUT, DayMark.AWAY, DayMark.SKIP)[:length]
    if length and not days.is_over and days.mark[days.today] == DayMark.NONE:
        counts[days.today] = False
    if isinstance(schedule, PerWeek | PerMonth | Rate):
        return _windowed(schedule, days, np.flatnonzero(counts), worth, isinstance(measure, YesNo))
    return _dated(schedule, days, counts, worth)


def kept_of(frequency: float) -> float:
    """The share of a strength that one day leaves (the smoothing factor).

    Examples
    --------
    >>> round(kept_of(1.0), 4), round(kept_of(1 / 7), 4)
    (0.9481, 0.98)

    """
    return float(0.5 ** (math.sqrt(frequency) / HALF_LIFE))


def _dated(schedule: Dated, days: Days, counts: Flags, worth: Floats) -> Steps:
    places = np.flatnonzero(due_days(schedule, days) & counts)
    frequency = frequency_of(schedule)
    kept = np.full(len(places), kept_of(frequency) ** (1.0 / frequency))
    return Steps(places + days.first, worth[places], kept)


def frequency_of(schedule: Dated) -> float:
    """How often a day a dated schedule is due."""
    if isinstance(schedule, Daily):
        return 1.0
    if isinstance(schedule, Weekdays):
        return len(set(schedule.days)) / 7
    if isinstance(schedule, Every):
        return 1 / schedule.days
    return rule_of(schedule.rule, schedule.anchor).frequency()


def _windowed(
    schedule: Quota | Rate,
    days: Days,
    places: Ints,
    worth: Floats,
    doubled: bool,  # noqa: FBT001 - the last of five, named by its caller's expression
) -> Steps:
    day = places + days.first
    times, length = _windows(schedule, day)
    frequency = times / length
    twice = np.where((frequency < 1) & doubled, 2, 1)
    reach = np.where(frequency < 1, length * twice, 1)
    needed = np.where(frequency < 1, times * twice, 1)
    sums = np.concatenate(([0.0], np.cumsum(worth[places])))
    ends = np.arange(1, len(places) + 1)
    within = sums[ends] - sums[np.maximum(ends - reach, 0)]
    credit = np.minimum(1.0, within / needed)
    return Steps(day, credit, 0.5 ** (np.sqrt(frequency) / HALF_LIFE))


def _windows(schedule: Quota | Rate, day: Ints) -> tuple[Ints, Ints]:
    """How often it is to be done in how many days, for each day."""
    if isinstance(schedule, PerMonth):
        length = _month_lengths(day)
        return np.minimum(schedule.times, length), length
    days = 7 if isinstance(schedule, PerWeek) else schedule.days
    return np.full_like(day, schedule.times), np.full_like(day, days)


def _month_lengths(day: Ints) -> Ints:
    month = dates_of(day).astype("datetime64[M]")
    begins, ends = month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]")
    lengths: Ints = (ends - begins).astype(np.int64)
    return lengths
