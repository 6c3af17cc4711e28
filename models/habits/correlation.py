"""The correlation of mood and habit.

It says what goes with what, and nothing about what causes what.
"""

import datetime as dt
import math
from collections.abc import Mapping
from typing import Final

import msgspec

FEWEST: Final = 10  # days with both; below, an interval would hold nearly everything
FEWEST_EACH: Final = 3  # days with the habit, and without
_NORMAL_95: Final = 1.959963984540054


class Correlation(msgspec.Struct, frozen=True, kw_only=True):
    """The correlation of doing something on a day with that day's level.

    Attributes
    ----------
    n
        The days on which both are known, *done* of them with the habit.
    r, low, high
        Pearson's coefficient and its 95 % interval (Fisher's z); null when the days are too few
        or all alike.
    level_done, level_not
        The mean level of the days with and without; null where there are none.
    done
        On how many of them the habit was done.

    """

    n: int
    done: int
    r: float | None = None
    low: float | None = None
    high: float | None = None
    level_done: float | None = None
    level_not: float | None = None


def correlation(done: Mapping[dt.date, bool], level: Mapping[dt.date, float]) -> Correlation:
    """The correlation of *done* and *level*, over the days that both have.

    Examples
    --------
    >>> days = [dt.date(2026, 1, day) for day in range(1, 13)]
    >>> result = correlation({day: day.day % 2 == 0 for day in days},
    ...                      {day: 3.0 + (day.day % 2 == 0) + (day.day == 1) for day in days})
    >>> result.n, round(result.r, 2), round(result.low, 2), round(result.high, 2)
    (12, 0.85, 0.53, 0.96)

    """
    shared = sorted(done.keys() & level.keys())
    with_habit = [level[day] for day in shared if done[day]]
    without = [level[day] for day in shared if not done[day]]
    means = Correlation(
        n=len(shared),
        done=len(with_habit),
        level_done=_mean(with_habit),
        level_not=_mean(without),
    )
    r = _pearson(with_habit, without)
    if r is None:
        return means
    low, high = _interval(r, len(shared))
    return msgspec.structs.replace(means, r=r, low=low, high=high)


def _mean(values: list[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _pearson(with_habit: list[float], without: list[float]) -> float | None:
    """Pearson's coefficient where one variable is 0 or 1 (point-biserial)."""
    n = len(with_habit) + len(without)
    if n < FEWEST or min(len(with_habit), len(without)) < FEWEST_EACH:
        return None
    mean = math.fsum(with_habit + without) / n
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in with_habit + without) / n)
    if spread == 0:
        return None
    apart = math.fsum(with_habit) / len(with_habit) - math.fsum(without) / len(without)
    r = apart / spread * math.sqrt(len(with_habit) * len(without)) / n
    return max(-1.0, min(1.0, r))


def _interval(r: float, n: int) -> tuple[float, float]:
    if abs(r) == 1.0:
        return r, r
    z, half = math.atanh(r), _NORMAL_95 / math.sqrt(n - 3)
    return math.tanh(z - half), math.tanh(z + half)
