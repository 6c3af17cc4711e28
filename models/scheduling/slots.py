"""The times at which a coach can be booked: one pure function decides about each.

`BookingRules.refusals` says why a time cannot be booked.  What is offered are the times for which
it says nothing, and a booking, a hold and a move ask it once more: what is offered can be booked,
and nothing else can.
"""

import bisect
import collections
import datetime as dt
import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from models.base.time import DAY, exists, instant_of_minute, local_date, minute_of_day, week_of
from models.scheduling.availability import Availability, SessionType, closing_minute

Interval = tuple[dt.datetime, dt.datetime]  # from the first moment to the one after the last
Reason = Literal[
    "past",
    "notice_too_short",
    "beyond_horizon",
    "outside_hours",
    "off_grid",
    "booked",
    "held",
    "own_conflict",
    "day_full",
    "week_full",
]

_ZONES_APART: Final = 2 * DAY  # a date is another one elsewhere


class Opening(NamedTuple):
    """Hours of one date, as moments."""

    start: dt.datetime
    end: dt.datetime


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken already, of the coach and of who asks.

    Attributes
    ----------
    booked
        When the coach has sessions, with their buffers, or is busy otherwise.
    held
        What others hold for some minutes.
    own
        When who asks is busy.
    starts
        When the coach's sessions, and what others hold, begin: they are counted by day and week.

    """

    booked: Sequence[Interval] = ()
    held: Sequence[Interval] = ()
    own: Sequence[Interval] = ()
    starts: Sequence[dt.datetime] = ()


class BusyTimes:
    """Intervals of which it is asked which meet another one.

    Examples
    --------
    >>> noon = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
    >>> hour = dt.timedelta(hours=1)
    >>> busy = BusyTimes([(noon, noon + hour)])
    >>> busy.meets(noon - hour, noon), busy.meets(noon, noon + hour / 2)
    (False, True)

    """

    def __init__(self, intervals: Iterable[Interval]) -> None:
        merged = merged_intervals(intervals)
        self._starts = [start for start, _ in merged]
        self._ends = [end for _, end in merged]

    def meets(self, start: dt.datetime, end: dt.datetime) -> bool:
        """Whether one of them has a moment between *start* and *end*."""
        place = bisect.bisect_left(self._starts, end) - 1
        return place >= 0 and self._ends[place] > start

    def contains(self, start: dt.datetime, end: dt.datetime) -> bool:
        """Whether all from *start* to *end* lies in one of them."""
        place = bisect.bisect_right(self._starts, start) - 1
        return place >= 0 and self._ends[place] >= end


def merged_intervals(intervals: Iterable[Interval]) -> list[Interval]:
    """*intervals* in order, with those that overlap or adjoin made one; empty ones left out."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def openings(availability: Availability, first: dt.datetime, last: dt.datetime) -> list[Opening]:
    """The hours that have a moment between two, in order.

    Wall times that a change of clocks leaves out, or that come twice, are taken as RFC 5545
    (3.3.5) has it; hours of which the change leaves out all are none, and so are those of a date
    that was skipped.
    """
    day = local_date(first - _ZONES_APART, availability.tz)
    end = local_date(last + _ZONES_APART, availability.tz)
    found = []
    while day <= end:
        tz = availability.zone_on(day)
        for hours in availability.hours_on(day) if exists(day, tz) else ():
            start = instant_of_minute(day, minute_of_day(hours.start), tz)
            close = instant_of_minute(day, closing_minute(hours.end), tz)
            if start < close and start < last and close > first:
                found.append(Opening(start, close))
        day += DAY
    return sorted(found)


def date_of(availability: Availability, at: dt.datetime) -> dt.date:
    """The coach's date at the moment *at*, wherever they are then."""
    day = local_date(at, availability.tz)
    return local_date(at, availability.zone_on(day))


class BookingRules:
    """Decides which times between two can be booked for a session of one type.

    The *span* is about the beginning of a session.  What is *taken* has to be known for the whole
    weeks that it touches, whatever the coach's zone.
    """

    def __init__(
        self,
        availability: Availability,
        session_type: SessionType,
        taken: Taken,
        span: Interval,
        now: dt.datetime,
    ) -> None:
        self._availability = availability
        self._first, self._last = span
        self._length = dt.timedelta(minutes=session_type.minutes)
        self._before = dt.timedelta(minutes=session_type.buffer_before)
        self._after = dt.timedelta(minutes=session_type.buffer_after)
        self._step = dt.timedelta(minutes=availability.slot_minutes)
        self._now = now
        self._earliest = now + dt.timedelta(minutes=availability.notice_minutes)
        self._latest = now + availability.horizon_days * DAY
        hours = openings(availability, self._first, self._last + self._length)
        self._open = BusyTimes(hours)
        self._grid = frozenset(self._grid_of(hours))
        self._booked = BusyTimes(taken.booked)
        self._held = BusyTimes(taken.held)
        self._own = BusyTimes(taken.own)
        self._starts = taken.starts

    def blocked(self, start: dt.datetime) -> Interval:
        """What a session that begins at *start* takes of its coach's time, with its buffers."""
        return start - self._before, start + self._length + self._after

    def end_of(self, start: dt.datetime) -> dt.datetime:
        """When a session that begins at *start* is over."""
        return start + self._length

    def offered(self) -> list[dt.datetime]:
        """The times that can be booked, in order."""
        return [start for start in self.grid if not self.refusals(start)]

    @property
    def grid(self) -> list[dt.datetime]:
        """The times at which a session could begin by the hours alone, in order."""
        return sorted(self._grid)

    def _grid_of(self, hours: Iterable[Opening]) -> Iterator[dt.datetime]:
        for start, end in hours:
            skipped = max(0, -((start - self._first) // self._step))  # rounded up
            at = start + skipped * self._step
            while at < min(end, self._last):
                yield at
                at += self._step

    def refusals(self, start: dt.datetime) -> tuple[Reason, ...]:
        """Why no session can begin at *start*, which is in the span; empty if one can."""
        if start < self._now:
            return ("past",)
        reasons: list[Reason] = []
        if start < self._earliest:
            reasons.append("notice_too_short")
        if start > self._latest:
            reasons.append("beyond_horizon")
        reasons += self._hours_refusal(start)
        reasons += self._conflicts(start)
        reasons += self._limits(start)
        return tuple(reasons)

    def _hours_refusal(self, start: dt.datetime) -> tuple[Reason, ...]:
        if not self._open.contains(start, self.end_of(start)):
            return ("outside_hours",)
        return () if start in self._grid else ("off_grid",)

    def _conflicts(self, start: dt.datetime) -> Iterator[Reason]:
        blocked = self.blocked(start)
        if self._booked.meets(*blocked):
            yield "booked"
        if self._held.meets(*blocked):
            yield "held"
        if self._own.meets(start, self.end_of(start)):
            yield "own_conflict"

    def _limits(self, start: dt.datetime) -> Iterator[Reason]:
        a_day, a_week = self._availability.most_per_day, self._availability.most_per_week
        if a_day is None and a_week is None:
            return
        day, (by_day, by_week) = date_of(self._availability, start), self._counts
        if a_day is not None and by_day[day] >= a_day:
            yield "day_full"
        if a_week is not None and by_week[week_of(day)[0]] >= a_week:
            yield "week_full"

    @functools.cached_property
    def _counts(self) -> tuple[collections.Counter[dt.date], collections.Counter[dt.date]]:
        """How many sessions each day and each week has, which begins on a Monday."""
        dates = [date_of(self._availability, start) for start in self._starts]
        return collections.Counter(dates), collections.Counter(week_of(date)[0] for date in dates)
