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
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Final, NamedTuple

import msgspec

from models.base.errors import Invalid
from models.base.time import DAY
from models.habits import EntryDraft, check_not_ahead
from upcoach.services.imports.planning.reports import ImportReports, ReportPlace
from upcoach.services.imports.readers.habitica_days import CronDays

FIRST_MOMENT: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
END: Final = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
MOST: Final = 10**9  # times on one day, as an entry may say

DONE, MISSED = EntryDraft(state="done"), EntryDraft(state="missed")
Days = dict[dt.date, EntryDraft]


class HistoryPoint(msgspec.Struct, frozen=True, rename="camel"):
    """One line of a history.

    Attributes
    ----------
    date
        When it was written, in milliseconds since 1970; in old exports a text.
    completed
        Whether the task was done.
    is_due
        Whether it was due.
    scored_up
        How often it was done.
    scored_down
        How often it was missed.

    """

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


def moments_of_runs(points: Iterable[HistoryPoint]) -> Iterator[dt.datetime]:
    """The moments of the runs that have written *points* of a history."""
    for point in points:
        with contextlib.suppress(Invalid):  # it says when, and nothing else that is brought
            at = moment(point.date)
            if at is not None:
                yield at


def runs_in_daily(history: Sequence[HistoryPoint]) -> Iterator[dt.datetime]:
    """The moments of the runs that are known by the *history* of a daily."""
    return moments_of_runs(point for point in history if point.completed is False)


class DayReader(NamedTuple):
    """Tells the days of a history at a *place*, and reports the points that have none."""

    days: CronDays
    now: dt.datetime
    reports: ImportReports
    place: ReportPlace

    def leaving_out(self, number: int) -> AbstractContextManager[None]:
        """Report a point that is `Invalid`, by its *number*, and go on behind it."""
        return self.reports.leaving_out(self.place.part("history").part(number))

    def past(self, day: dt.date) -> dt.date:
        """*day*, unless it is still to come, which is `Invalid`."""
        check_not_ahead(day, DONE, self.now)
        return day


def summary_of_daily(
    history: Sequence[HistoryPoint], reader: DayReader, begun: dt.datetime | None
) -> HistorySummary:
    """Summarise a daily, *begun* at a moment: done where it was ticked off, missed where due."""
    entries: Days = {}
    silent = 0
    before = begun
    for number, point in enumerate(history):
        with reader.leaving_out(number):
            at = moment(point.date)
            if at is None or point.completed is None:
                silent += 1
                continue
            if point.completed:
                entries[reader.past(reader.days.ticked(at))] = DONE
            elif point.is_due:
                day = reader.past(reader.days.missed(at, before))
                entries.setdefault(day, MISSED)
            before = at
    return HistorySummary(entries, silent)


def summary_of_habit(
    history: Sequence[HistoryPoint], reader: DayReader, *, bad: bool
) -> HistorySummary:
    """Summarise a habit: how often it was done each day; of a *bad* habit, the minuses."""
    counts: dict[dt.date, int] = {}
    silent = minuses = 0
    for number, point in enumerate(history):
        with reader.leaving_out(number):
            at = moment(point.date)
            if at is None or (point.scored_up is None and point.scored_down is None):
                silent += 1
                continue
            up, down = (_times(scored) for scored in (point.scored_up, point.scored_down))
            minuses += 0 if bad else down
            if (down if bad else up) > 0:
                day = reader.past(reader.days.date(at))
                counts[day] = _times(counts.get(day, 0) + (down if bad else up))
    days = {day: EntryDraft(state="done", value=float(count)) for day, count in counts.items()}
    return HistorySummary(days, silent, minuses)
