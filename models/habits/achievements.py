"""Achievements of a habit, and the days on which they were unlocked, computed from its entries.

Nothing of it is kept.  Who takes back an entry takes back what it unlocked; who writes down a
forgotten day unlocks on the day on which it was done.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Final, Literal

import msgspec
import numpy as np

from models.habits.evaluation import Units
from models.habits.history import DayMark, EntryHistory, Flags, Floats, Ints, date_of
from models.habits.statistics import JudgedUnits
from models.habits.streaks import runs

STREAKS: Final = (7, 14, 30, 66, 100, 200, 365)  # units in a row
COMPLETIONS: Final = (1, 10, 50, 100, 250, 500, 1000)  # days done
CONSISTENCIES: Final = (30, 90, 180, 365)  # days, with `CONSISTENT` of the units kept
CONSISTENT: Final = 0.9


class Achievement(msgspec.Struct, frozen=True, kw_only=True):
    """An achievement: a threshold of one habit, and when it was reached.

    Attributes
    ----------
    reached
        The best so far: units in a row, days done, or the largest share kept in so many days.
        Null while there are not so many days.
    type
        What was achieved.
    threshold
        The number that was reached.
    unlocked_on
        The day on which it was.

    """

    type: Literal["streak", "completion", "consistency"]
    threshold: int
    unlocked_on: dt.date | None
    reached: float | None


def achievements(history: EntryHistory, units: Units, today: int) -> Iterator[Achievement]:
    """All achievements of a habit, unlocked or not."""
    yield from _streaks(units, today)
    done = history.day[(history.mark == DayMark.DONE) & (history.day <= today)]
    for threshold in COMPLETIONS:
        yield Achievement(
            type="completion",
            threshold=threshold,
            unlocked_on=date_of(done[threshold - 1]) if len(done) >= threshold else None,
            reached=len(done),
        )
    judged = JudgedUnits.of(units, today)
    for threshold in CONSISTENCIES:
        yield _consistency(judged, threshold)


def _streaks(units: Units, today: int) -> Iterator[Achievement]:
    kept_runs = runs(units)
    best = int(kept_runs.lengths.max(initial=0))
    for threshold in STREAKS:
        long = np.flatnonzero(kept_runs.lengths >= threshold)
        day = None
        if len(long):
            place = kept_runs.judged[kept_runs.first[long[0]] + threshold - 1]
            day = date_of(min(int(units.last[place]), today))
        yield Achievement(type="streak", threshold=threshold, unlocked_on=day, reached=best)


def _consistency(judged: JudgedUnits, threshold: int) -> Achievement:
    shares, day = _shares(judged, threshold)
    good: Flags = shares >= CONSISTENT
    return Achievement(
        type="consistency",
        threshold=threshold,
        unlocked_on=date_of(day[int(np.argmax(good))]) if good.any() else None,
        reached=float(shares.max()) if len(shares) else None,
    )


def _shares(judged: JudgedUnits, length: int) -> tuple[Floats, Ints]:
    """The rate kept in the *length* days up to each judged day that has so many before it."""
    day = judged.day
    old = np.flatnonzero(day - day[:1] >= length - 1) if len(day) else np.zeros(0, np.int64)
    begin = np.searchsorted(day, day[old] - length + 1)
    return (judged.kept[old + 1] - judged.kept[begin]) / (old + 1 - begin), day[old]
