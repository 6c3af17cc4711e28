"""Habitica's histories, summarised by day.

A daily is ticked off on its day, or when its owner is asked about it the day after.  What was due
and not ticked off is written down by the run ("cron") that begins their next day, whenever they
open the app: `habitica_days` tells which day such a moment is about.  A habit has its pluses and
minuses counted by day, and nobody is asked for those of yesterday.  What is older
than the app keeps (60 days; a year for who pays) is summed up by the month, without a word of what
was done: such points, and those of old versions without one, say nothing about a day.
"""

import contextlib
import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from models.base.errors import Invalid
from models.base.time import DAY, local_date
from models.habits import EntryDraft
from upcoach.services.imports.readers.habitica_days import CronDays

FIRST_MOMENT: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
END: Final = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
MOST: Final = 10**9  # times on one day, as an entry may say

Days = dict[dt.date, EntryDraft]


class HistoryPoint(msgspec.Struct, frozen=True, rename="camel"):
    """One line of a history: *date* is in milliseconds since 1970, in old exports a text."""

    date: float | str
    completed: bool | None = None
    is_due: bool | None = None
    scored_up: float | None = None
    scored_down: float | None = None


class HistorySummary(msgspec.Struct, frozen=True):
    """A history's days, the number of points that say nothing, and of minuses left out."""

    days: Days
    silent: int = 0
    minuses: int = 0


def moment(value: float | str | None) -> dt.datetime | None:
    """The moment that a date of the export stands for; None for a null.

    Examples
    --------
    >>> str(moment(1668022567108)), str(moment("2026-01-05T10:00:00.000Z"))
    ('2022-11-09 19:36:07.108000+00:00', '2026-01-05 10:00:00+00:00')

    """
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str):
            parsed = dt.datetime.fromisoformat(value)
        else:
            parsed = dt.datetime.fromtimestamp(round(value) / 1000, dt.UTC)
    except (ValueError, OverflowError, OSError):
        parsed = FIRST_MOMENT - DAY
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=dt.UTC)
    if not FIRST_MOMENT <= parsed < END:
        raise Invalid("date_unreadable", f"{str(value)[:40]!r} is no date of these times")
    return parsed


def _times(scored: float | None) -> int:
    """How many times a habit was done, or not done."""
    if scored and abs(scored) > MOST:
        raise Invalid("count_invalid", f"{scored} is no number of times")
    return round(scored or 0)


def moments_of_runs(*histories: Sequence[HistoryPoint]) -> Iterator[dt.datetime]:
    """The moments of the runs in *histories* of a user, whose points are written by runs only."""
    for point in itertools.chain(*histories):
        with contextlib.suppress(Invalid):  # it says when, and nothing else that is brought
            at = moment(point.date)
            if at is not None:
                yield at


def runs_in_daily(history: Sequence[HistoryPoint]) -> Iterator[dt.datetime]:
    """The moments of the runs that are known by the *history* of a daily."""
    return moments_of_runs([point for point in history if point.completed is False])


def summary_of_daily(
    history: Sequence[HistoryPoint], days: CronDays, begun: dt.datetime | None
) -> HistorySummary:
    """Summarise a daily, *begun* at a moment: done where it was ticked off, missed where due."""
    entries: Days = {}
    silent = 0
    before = begun
    for point in history:
        at = moment(point.date)
        if at is None or point.completed is None:
            silent += 1
            continue
        if point.completed:
            entries[days.ticked(at)] = EntryDraft(state="done")
        elif point.is_due:
            entries.setdefault(days.missed(at, before), EntryDraft(state="missed"))
        before = at
    return HistorySummary(entries, silent)


def summary_of_habit(
    history: Sequence[HistoryPoint], tz: str, day_start: int, *, bad: bool
) -> HistorySummary:
    """Summarise a habit: how often it was done each day; of a *bad* habit, the minuses."""
    counts: dict[dt.date, int] = {}
    silent = minuses = 0
    for point in history:
        at = moment(point.date)
        if at is None or (point.scored_up is None and point.scored_down is None):
            silent += 1
            continue
        up, down = (_times(scored) for scored in (point.scored_up, point.scored_down))
        minuses += 0 if bad else down
        if (down if bad else up) > 0:
            day = local_date(at, tz, day_start)
            counts[day] = _times(counts.get(day, 0) + (down if bad else up))
    days = {day: EntryDraft(state="done", value=float(count)) for day, count in counts.items()}
    return HistorySummary(days, silent, minuses)
