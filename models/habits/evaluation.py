"""Evaluation of a schedule over days into units, each with a verdict.

===========  ==========================  =====================================================
Schedule     A unit is                   It is kept when
===========  ==========================  =====================================================
dated        a due day                   the day was done
quota        a week or a month           done often enough; a vacation leaves fewer days for it
rate         a day, but for skipped      it lies in a filled window (below)
===========  ==========================  =====================================================

A unit is *neutral* when it was skipped, frozen or away: it neither counts nor breaks; and *open* as
long as it can still be kept.

A rate of *times* in *days*: wherever so many done days lie within so many days, the window that
begins with the first of them is filled.  A filled window slides back to touch the one before it, if
its last done day stays inside.  Skipped days are taken out of the calendar first.
"""

import bisect
import datetime as dt
import enum
from typing import Final, Literal

import msgspec
import numpy as np

from models.habits.history import DayMark, Days, Flags, Ints, Marks, date_of, dates_of
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

Span = Literal["day", "week", "month"]


class UnitVerdict(enum.IntEnum):
    """The verdict on a unit."""

    NEUTRAL = 0
    OPEN = 1
    KEPT = 2
    MISSED = 3


class Units(msgspec.Struct, frozen=True, eq=False):
    """The units that a streak is counted in, oldest first.

    Attributes
    ----------
    is_urgent
        Whether the unit that is open is missed unless something is done today.

    """

    span: Span
    first: Ints
    last: Ints
    needed: Ints
    done: Ints
    verdict: Marks
    is_urgent: bool = False


_NEUTRAL: Final = (DayMark.OUT, DayMark.AWAY, DayMark.SKIP, DayMark.FREEZE)
_VERDICTS: Final = np.array(
    [
        UnitVerdict.KEPT
        if mark is DayMark.DONE
        else UnitVerdict.NEUTRAL
        if mark in _NEUTRAL
        else UnitVerdict.MISSED
        for mark in DayMark
    ],
    np.int8,
)


def lookahead(schedule: Schedule, today: dt.date) -> int:
    """The number of days after *today* that decide about today's unit."""
    if isinstance(schedule, PerWeek | PerMonth):
        return (schedule.window(today)[1] - today).days
    return schedule.days if isinstance(schedule, Rate) else 0


def evaluate(schedule: Schedule, days: Days) -> Units:
    """The units up to today of *days*, whose freezes are resolved."""
    if isinstance(schedule, Rate):
        return _rated(schedule, days)
    if isinstance(schedule, PerWeek | PerMonth):
        return _quotas(schedule, days)
    return _dated(schedule, days)


def due_days(schedule: Dated, days: Days) -> Flags:
    """Which of *days*, up to today, are due."""
    length = days.today + 1
    if isinstance(schedule, Daily):
        return np.ones(length, np.bool_)
    day = days.day[:length]
    due: Flags
    if isinstance(schedule, Weekdays):
        due = np.isin((day - 1) % 7 + 1, schedule.days)
    elif isinstance(schedule, Every):
        anchor = schedule.anchor.toordinal()
        due = (day >= anchor) & ((day - anchor) % schedule.days == 0)
    else:
        flags = rule_of(schedule.rule, schedule.anchor).flags(days.first, length)
        due = np.frombuffer(flags, np.bool_)
    return due


def is_unfinished(days: Days) -> bool:
    """Whether today can still be done."""
    if days.today < 0 or days.is_over:
        return False
    return bool(days.mark[days.today] in (DayMark.NONE, DayMark.SHORT))


def _dated(schedule: Dated, days: Days) -> Units:
    places = np.flatnonzero(due_days(schedule, days) & (days.mark[: days.today + 1] != DayMark.OUT))
    verdict = _VERDICTS[days.mark[places]]
    is_open = bool(len(places)) and int(places[-1]) == days.today and is_unfinished(days)
    if is_open:
        verdict[-1] = UnitVerdict.OPEN
    day = places + days.first
    done = (verdict == UnitVerdict.KEPT).astype(np.int64)
    return Units("day", day, day, np.ones_like(day), done, verdict, is_open)


def _quotas(schedule: Quota, days: Days) -> Units:
    span: Span = "week" if isinstance(schedule, PerWeek) else "month"
    if days.today < 0:
        return _none(span)
    day = days.day
    key = (day - 1) // 7 if span == "week" else _months(day)
    begins = np.flatnonzero(np.diff(key, prepend=key[0] - 1))
    counted = ~days.marked(*_NEUTRAL)
    done = np.add.reduceat(days.marked(DayMark.DONE).astype(np.int64), begins)
    frozen = np.add.reduceat(days.marked(DayMark.FREEZE).astype(np.int64), begins)
    available = np.add.reduceat(counted.astype(np.int64), begins)
    needed = np.minimum(schedule.times, available + frozen)
    verdict = np.where(done >= needed, UnitVerdict.KEPT, UnitVerdict.MISSED).astype(np.int8)
    verdict[(done < needed) & (done + frozen >= needed)] = UnitVerdict.NEUTRAL
    verdict[available == 0] = UnitVerdict.NEUTRAL
    after_today = int(counted[days.today + 1 :].sum())
    missing = int(needed[-1] - done[-1] - frozen[-1])
    left = after_today + is_unfinished(days)
    is_open = verdict[-1] == UnitVerdict.MISSED and missing <= left
    if is_open:
        verdict[-1] = UnitVerdict.OPEN
    first, last = _ends(schedule, date_of(day[begins[0]]), day[begins], len(begins))
    return Units(span, first, last, needed, done, verdict, bool(is_open and missing > after_today))


def _months(day: Ints) -> Ints:
    return dates_of(day).astype("datetime64[M]").astype(np.int64)


def _ends(schedule: Quota, day: dt.date, begins: Ints, count: int) -> tuple[Ints, Ints]:
    """The whole windows, from that of *day* on; the first may begin before the habit does."""
    first, last = begins.copy(), np.empty(count, np.int64)
    first[0] = schedule.window(day)[0].toordinal()
    last[:-1] = begins[1:] - 1
    last[-1] = schedule.window(date_of(begins[-1]))[1].toordinal()
    return first, last


def _none(span: Span) -> Units:
    empty = np.zeros(0, np.int64)
    return Units(span, empty, empty, empty, empty, empty.astype(np.int8))


def _rated(schedule: Rate, days: Days) -> Units:
    counted = np.flatnonzero(~days.marked(*_NEUTRAL))
    now = int(np.searchsorted(counted, days.today, side="right"))  # how many, up to today
    done = np.flatnonzero(days.mark[counted] == DayMark.DONE)
    kept, end = _filled(schedule, done, len(counted))
    verdict = np.where(kept[:now], UnitVerdict.KEPT, UnitVerdict.MISSED).astype(np.int8)
    is_open = is_urgent = False
    if end < now <= end + schedule.days:
        missing = schedule.times - int((done >= end).sum())
        left = end + schedule.days - now + is_unfinished(days)
        is_open, is_urgent = missing <= left, missing == left
    if is_open:
        verdict[end:] = UnitVerdict.OPEN
    day = counted[:now] + days.first
    ones = np.ones_like(day)
    covered = kept[:now].astype(np.int64)
    return Units("day", day, day, ones, covered, verdict, is_urgent and is_unfinished(days))


def _filled(schedule: Rate, done: Ints, length: int) -> tuple[Flags, int]:
    """Which of *length* days lie in a filled window, and where the last of these ends."""
    lasts = done[schedule.times - 1 :]
    firsts = done[: len(lasts)]
    fits = lasts - firsts < schedule.days
    begins, stays = firsts[fits].tolist(), lasts[fits].tolist()
    edges = np.zeros(
        length + schedule.days + 1, np.int64
    )  # where windows begin, less where they end
    opened, closed = [], []
    number = end = 0
    while number < len(begins):
        begin = begins[number]
        if number and begin > end > stays[number] - schedule.days:
            begin = end
        end = max(end, begin + schedule.days)
        number += 1
        # Those that begin where a window already reaches stand where they are.
        while (beyond := bisect.bisect_right(begins, end, number)) > number:
            number = beyond
            end = max(end, begins[number - 1] + schedule.days)
        opened.append(begin)
        closed.append(end)
    np.add.at(edges, opened, 1)
    np.subtract.at(edges, closed, 1)
    return np.cumsum(edges[:length]) > 0, end
