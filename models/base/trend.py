"""Trends: a least-squares line through dated points, and whether it is significant."""

import datetime as dt
import math
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

FEWEST: Final = 4  # points below which a line says nothing
_SHARE: Final = 0.05  # of the mean that a rise has to exceed

Direction = Literal["improving", "declining", "stable"]


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """A least-squares line through dated points.

    Attributes
    ----------
    slope
        Per day.
    rise
        From the first point to the last one on the line.
    residual_sd
        How far the points lie from it: the root of their mean square distance.
    n
        How many points there are.
    direction
        Where it is going.

    """

    direction: Direction
    slope: float
    rise: float
    residual_sd: float
    n: int


def trend(points: Mapping[dt.date, float], *, more_is_better: bool = True) -> Trend | None:
    """The trend of *points*; None for fewer than four.

    It is stable unless the rise exceeds both 5 % of the mean and what the points scatter by.

    Examples
    --------
    >>> days = [dt.date(2026, 1, day) for day in (1, 2, 3, 4)]
    >>> line = trend(dict(zip(days, (2, 3, 3, 4))))
    >>> line.direction, round(line.slope, 2), round(line.rise, 2), round(line.residual_sd, 2)
    ('improving', 0.6, 1.8, 0.22)
    >>> trend(dict(zip(days[:3], (1, 3, 5)))) is None
    True

    """
    if len(points) < FEWEST:
        return None
    first = min(points)
    xs = [(day - first).days for day in points]
    ys = list(points.values())
    mean_x, mean_y = math.fsum(xs) / len(xs), math.fsum(ys) / len(ys)
    spread = math.fsum((x - mean_x) ** 2 for x in xs)
    slope = math.fsum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread
    squares = ((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in zip(xs, ys, strict=True))
    scatter = math.sqrt(math.fsum(squares) / len(ys))
    rise = slope * max(xs)
    is_flat = abs(rise) <= max(_SHARE * abs(mean_y), scatter)
    better: Direction = "improving" if (rise > 0) is more_is_better else "declining"
    return Trend(
        direction="stable" if is_flat else better,
        slope=slope,
        rise=rise,
        residual_sd=scatter,
        n=len(ys),
    )
