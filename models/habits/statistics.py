"""Statistics of a habit: rates, weekdays, times of the day; null where there are too few data."""

import datetime as dt
import math
from typing import Final

import msgspec
import numpy as np

from models.habits.evaluation import Units, UnitVerdict, is_unfinished
from models.habits.history import UNKNOWN, DayMark, Days, EntryHistory, Flags, Ints, date_of

MOVING: Final = 28  # days that a moving rate looks back on
EVERY: Final = 7  # days between two of its points
BEST: Final = 120  # minutes of the time that is called the best
FEWEST_TIMES: Final = 10  # before any time is called so
FEWEST_GAPS: Final = 3
FORMED: Final = 66  # days until a habit goes by itself (Lally et al. 2010, the median)
_DAY_MINUTES: Final = 1440


class Rated(msgspec.Struct, frozen=True, kw_only=True):
    """A rate: the units *kept* of those *judged*; null without any.

    Attributes
    ----------
    kept
        How many were kept.
    judged
        How many were due and are over.
    rate
        The share that was kept.

    """

    kept: int
    judged: int
    rate: float | None


class Point(Rated, frozen=True, kw_only=True):
    """The rate over the `MOVING` days up to *date*.

    Attributes
    ----------
    date
        The day.

    """

    date: dt.date


class WeekdayRate(Rated, frozen=True, kw_only=True):
    """A weekday, 1 (Monday) to 7, with how often it was *done* on it.

    Units of a week or a month have no weekday: they are not judged here.

    Attributes
    ----------
    weekday
        The day of the week, from 1 for Monday.
    done
        How many were done.

    """

    weekday: int
    done: int


class BestTime(msgspec.Struct, frozen=True, kw_only=True):
    """The two hours of the day, from *begins* to *ends*, in which it is done most often.

    Attributes
    ----------
    begins
        The wall time at which it begins.
    ends
        The wall time at which it ends.
    share
        The share of times that fall into it.
    n
        How many times were looked at.

    """

    begins: str
    ends: str
    share: float
    n: int


class JudgedUnits(msgspec.Struct, frozen=True, eq=False):
    """The units that were kept or missed, by the day on which that was decided."""

    day: Ints
    kept: Ints  # how many, up to and with each; one longer than *day*, beginning with 0

    @classmethod
    def of(cls, units: Units, today: int) -> "JudgedUnits":
        """The judged ones of *units*; one that is kept already counts before it ends."""
        places = np.flatnonzero(units.verdict >= UnitVerdict.KEPT)
        kept = units.verdict[places] == UnitVerdict.KEPT
        day = np.minimum(units.last[places], today)
        return cls(day, np.concatenate(([0], np.cumsum(kept))))

    def between(self, first: int, last: int) -> Rated:
        """The rate from *first* to *last*."""
        begin, end = (int(place) for place in np.searchsorted(self.day, [first, last + 1]))
        return rated(int(self.kept[end] - self.kept[begin]), end - begin)

    def moving(self, first: int, last: int) -> list[Point]:
        """The moving rate at *last* and every week before it, down to *first*."""
        ends = np.arange(last, first - 1, -EVERY)[::-1]
        begin = np.searchsorted(self.day, ends - MOVING + 1)
        end = np.searchsorted(self.day, ends, side="right")
        return points(ends, self.kept[end] - self.kept[begin], end - begin)


def points(day: Ints, kept: Ints, judged: Ints) -> list[Point]:
    """The rates of *day*, one for each."""
    rows = zip(*(column.tolist() for column in (day, kept, judged)), strict=True)
    return [
        Point(date=date_of(day), kept=kept, judged=n, rate=kept / n if n else None)
        for day, kept, n in rows
    ]


def rated(kept: int, judged: int) -> Rated:
    """The rate of two counts."""
    return Rated(kept=kept, judged=judged, rate=kept / judged if judged else None)


def weekdays(units: Units, history: EntryHistory, first: int, last: int) -> list[WeekdayRate]:
    """The rates by weekday from *first* to *last*."""
    done = _per_weekday(_done_days(history, first, last))
    kept = judged = np.zeros(7, np.int64)
    if units.span == "day":
        inside = (units.first >= first) & (units.first <= last)
        kept = _per_weekday(units.first[inside & (units.verdict == UnitVerdict.KEPT)])
        judged = _per_weekday(units.first[inside & (units.verdict >= UnitVerdict.KEPT)])
    rates = []
    for number in range(7):
        rate = rated(int(kept[number]), int(judged[number]))
        rates.append(
            WeekdayRate(
                weekday=number + 1,
                done=int(done[number]),
                kept=rate.kept,
                judged=rate.judged,
                rate=rate.rate,
            )
        )
    return rates


def done_by_day(days: Days, first: int, last: int) -> dict[dt.date, bool]:
    """Whether it was done, on each day from *first* to *last* that was not left out."""
    counted = ~days.marked(DayMark.OUT, DayMark.AWAY, DayMark.SKIP)
    if is_unfinished(days):
        counted[days.today] = False  # it may still be
    counted[days.today + 1 :] = False
    day = days.day
    places = np.flatnonzero(counted & (day >= first) & (day <= last))
    done = (days.mark[places] == DayMark.DONE).tolist()
    return dict(zip(map(dt.date.fromordinal, day[places].tolist()), done, strict=True))


def heatmap(days: Days, first: int, last: int) -> list[float | None]:
    """The share done of each day from *first* to *last*; null where nothing was to be judged."""
    values: list[float | None] = [None] * (last - first + 1)
    begin, end = max(first, days.first), min(last, days.first + days.today)
    if begin > end:
        return values
    inside = slice(begin - days.first, end - days.first + 1)
    shares = np.where(
        days.marked(DayMark.DONE, DayMark.SHORT, DayMark.MISSED)[inside], days.share[inside], np.nan
    )
    values[begin - first : end - first + 1] = [
        None if math.isnan(share) else share for share in shares.tolist()
    ]
    return values


class DoneTimes(msgspec.Struct, frozen=True, eq=False):
    """The times at which something was done: dates it counts for, and minutes after midnight."""

    day: Ints
    minute: Ints

    @classmethod
    def of(cls, history: EntryHistory, first: int, last: int) -> "DoneTimes":
        """The known times from *first* to *last*."""
        inside = _is_done(history, first, last) & (history.minute != UNKNOWN)
        return cls(history.day[inside], history.minute[inside])

    def hours(self) -> Ints:
        """The counts by weekday and hour: 7 rows of 24.

        The weekday is that of the date it counts for, the hour that of the clock.
        """
        place = (self.day - 1) % 7 * 24 + self.minute // 60
        counts: Ints = np.bincount(place, minlength=168).reshape(7, 24)
        return counts


def best_time(minute: Ints) -> BestTime | None:
    """The two hours with the most of *minute*; None for fewer than ten times.

    Examples
    --------
    >>> best_time(np.array([1430, 5, 10, 20, 30, 40, 50, 60, 70, 600]))
    BestTime(begins='23:50', ends='01:50', share=0.9, n=10)

    """
    n = len(minute)
    if n < FEWEST_TIMES:
        return None
    counts = np.bincount(minute, minlength=_DAY_MINUTES)
    twice = np.concatenate(([0], np.cumsum(np.concatenate((counts, counts[:BEST])))))
    within = np.where(counts > 0, twice[BEST:-1] - twice[:_DAY_MINUTES], 0)
    begin = int(np.argmax(within))
    return BestTime(
        begins=clock(begin),
        ends=clock((begin + BEST) % _DAY_MINUTES),
        share=int(within[begin]) / n,
        n=n,
    )


def clock(minute: int) -> str:
    """The wall time of so many minutes after midnight."""
    return f"{minute // 60:02}:{minute % 60:02}"


def formation(judged: JudgedUnits, history: EntryHistory, streak: int, today: int) -> float | None:
    """The degree to which a habit has formed, 0 to 1; None until its gaps can be compared.

    Half is what was kept in 28 days, three tenths the streak of at most 66, two tenths how even
    the gaps between done days are: 1 less half their coefficient of variation.
    """
    adherence = judged.between(today - MOVING + 1, today).rate
    gaps = np.diff(_done_days(history, 0, today))
    if adherence is None or len(gaps) < FEWEST_GAPS:
        return None
    variation = float(gaps.std() / gaps.mean())
    evenness = max(0.0, 1.0 - variation / 2)
    return 0.5 * adherence + 0.3 * min(1.0, streak / FORMED) + 0.2 * evenness


def _is_done(history: EntryHistory, first: int, last: int) -> Flags:
    done: Flags = (history.mark == DayMark.DONE) & (history.day >= first) & (history.day <= last)
    return done


def _done_days(history: EntryHistory, first: int, last: int) -> Ints:
    return history.day[_is_done(history, first, last)]


def _per_weekday(day: Ints) -> Ints:
    counts: Ints = np.bincount((day - 1) % 7, minlength=7)
    return counts
