"""Streaks: how many units in a row were kept, and why one ended.

Neutral units are looked through: they neither end a streak nor make it longer.
"""

import datetime as dt
from typing import Literal

import msgspec
import numpy as np

from models.habits.evaluation import Span, Units, UnitVerdict
from models.habits.history import DayMark, Days, Ints, date_of
from models.habits.schedules import Rate, Schedule

Reason = Literal["nothing_logged", "logged_missed", "below_target", "no_freeze_held", "too_few"]

_REASONS: dict[int, Reason] = {
    DayMark.NONE: "nothing_logged",
    DayMark.MISSED: "logged_missed",
    DayMark.SHORT: "below_target",
    DayMark.UNHELD: "no_freeze_held",
}


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """*length* units kept in a row, from *first* to *last*.

    Attributes
    ----------
    length
        How long it is.
    first
        Its first day.
    last
        Its last day.

    """

    length: int
    first: dt.date
    last: dt.date


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A window of days: how often it had to be done in it, and was.

    Attributes
    ----------
    first
        Its first day.
    last
        Its last day.
    needed
        How many times are needed.
    done
        How many there were.
    verdict
        What came of it.

    """

    first: dt.date
    last: dt.date
    needed: int
    done: int
    verdict: Literal["neutral", "open", "kept", "missed"]


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """Where the last streak ended or, before any, where the last unit was missed.

    Attributes
    ----------
    on
        The day on which the streak ended, or the unit was missed.
    reason
        Why it ended.
    window
        The window that it is about.

    """

    on: dt.date
    reason: Reason
    window: Window


class Streak(msgspec.Struct, frozen=True, kw_only=True):
    """The current and the best streak of one habit, and where the last one ended.

    Attributes
    ----------
    current
        The run that today can still go on with; null when there is none.
    at_risk
        Whether it ends unless something is done today.
    unit
        What is counted.
    best
        The longest run.
    broken
        Where the last one ended.

    """

    unit: Span
    current: Run | None
    best: Run | None
    at_risk: bool
    broken: Break | None


class Runs(msgspec.Struct, frozen=True, eq=False):
    """All runs: the places of their first and last units among the *judged* ones."""

    judged: Ints
    first: Ints
    last: Ints

    @property
    def lengths(self) -> Ints:
        """The number of units of each."""
        return self.last - self.first + 1


def runs(units: Units) -> Runs:
    """The runs of kept units, oldest first."""
    judged = np.flatnonzero(units.verdict >= UnitVerdict.KEPT)
    kept = np.zeros(len(judged) + 2, np.bool_)  # with a miss before the first and after the last
    kept[1:-1] = units.verdict[judged] == UnitVerdict.KEPT
    edges = np.flatnonzero(kept[1:] != kept[:-1])
    return Runs(judged, edges[::2], edges[1::2] - 1)


def streak(schedule: Schedule, days: Days, units: Units) -> Streak:
    """The streaks over the units of *days*."""
    kept_runs = runs(units)
    current = best = None
    if len(kept_runs.first):
        best = _run(units, kept_runs, int(np.argmax(kept_runs.lengths)))
        if kept_runs.last[-1] == len(kept_runs.judged) - 1:
            current = _run(units, kept_runs, len(kept_runs.first) - 1)
    return Streak(
        unit=units.span,
        current=current,
        best=best,
        at_risk=current is not None and units.is_urgent,
        broken=_break(schedule, days, units, kept_runs),
    )


def lengths(units: Units) -> tuple[int, int]:
    """The lengths of the current and of the best streak."""
    kept_runs = runs(units)
    if not len(kept_runs.first):
        return 0, 0
    goes_on = kept_runs.last[-1] == len(kept_runs.judged) - 1
    return int(kept_runs.lengths[-1]) if goes_on else 0, int(kept_runs.lengths.max())


def windows(units: Units, newest: int) -> tuple[Window, ...]:
    """The *newest* units as windows, oldest first."""
    places = range(max(0, len(units.first) - newest), len(units.first))
    return tuple(_window(units, place) for place in places)


def _run(units: Units, kept_runs: Runs, number: int) -> Run:
    judged = kept_runs.judged
    first, last = judged[kept_runs.first[number]], judged[kept_runs.last[number]]
    return Run(
        length=int(kept_runs.lengths[number]),
        first=date_of(units.first[first]),
        last=date_of(units.last[last]),
    )


def _break(schedule: Schedule, days: Days, units: Units, kept_runs: Runs) -> Break | None:
    judged = kept_runs.judged
    missed = judged[units.verdict[judged] == UnitVerdict.MISSED]
    if not len(missed):
        return None
    place = int(missed[-1])
    if isinstance(schedule, Rate):
        place = _first_of_gap(units, place)
        window = _rate_window(schedule, days, units, place)
        return Break(on=window.first, reason="too_few", window=window)
    window = _window(units, place)
    if units.span != "day":
        return Break(on=window.last, reason="too_few", window=window)
    mark = int(days.mark[units.first[place] - days.first])
    return Break(on=window.last, reason=_REASONS[mark], window=window)


def _first_of_gap(units: Units, place: int) -> int:
    """The first of the missed units in a row that end at *place*."""
    kept = np.flatnonzero(units.verdict[:place] != UnitVerdict.MISSED)
    return int(kept[-1]) + 1 if len(kept) else 0


def _rate_window(schedule: Rate, days: Days, units: Units, place: int) -> Window:
    """The window that would have gone on from before *place*."""
    day = units.first[place : place + schedule.days]
    done = int((days.mark[day - days.first] == DayMark.DONE).sum())
    return Window(
        first=date_of(day[0]),
        last=date_of(day[-1]),
        needed=schedule.times,
        done=done,
        verdict="missed",
    )


def _window(units: Units, place: int) -> Window:
    verdict = UnitVerdict(int(units.verdict[place]))
    return Window(
        first=date_of(units.first[place]),
        last=date_of(units.last[place]),
        needed=int(units.needed[place]),
        done=int(units.done[place]),
        verdict=_WORDS[verdict],
    )


_WORDS: dict[UnitVerdict, Literal["neutral", "open", "kept", "missed"]] = {
    UnitVerdict.NEUTRAL: "neutral",
    UnitVerdict.OPEN: "open",
    UnitVerdict.KEPT: "kept",
    UnitVerdict.MISSED: "missed",
}
