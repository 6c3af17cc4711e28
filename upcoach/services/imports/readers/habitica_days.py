"""Tells which day a moment of Habitica is about: its owner's day begins with a run ("cron").

Their day does not begin by the clock, but when they open the app for the first time after it: the
app asks "Did you do any of these yesterday?" (*Record Yesterday's Activity*), scores what they
tick, and only then runs.  So what was ticked before the day's run is about the day before.  Each
run leaves its moment in the user's history (`history.exp`, `history.todos`), and in the history of
each daily that was not done.

Even they leave a guess in three places:

- After several days away they are asked about yesterday alone.  What was ticked before the run is
  taken to be about yesterday, though it may have been done on any of those days.
- What another program ticks by their interface before the day's run looks the same, though it may
  mean today.
- Of runs older than 60 days (a year for who pays) only one a month is kept, later one a year: where
  no run of a day is known, the moment's own date stands.
"""

import bisect
import datetime as dt
from collections.abc import Iterable

from models.base.time import DAY, local_date


class CronDays:
    """The moments at which somebody's days began, for those who live in *tz*."""

    def __init__(self, moments: Iterable[dt.datetime], tz: str, day_start: int) -> None:
        self._tz = tz
        self._day_start = day_start
        self._moments = sorted(set(moments))
        self._days = [self.date(moment) for moment in self._moments]

    def date(self, at: dt.datetime) -> dt.date:
        """The date of *at*, by the clock and the hour at which their days begin."""
        return local_date(at, self._tz, self._day_start)

    def ticked(self, at: dt.datetime) -> dt.date:
        """The day that something is about which was ticked *at* a moment.

        Examples
        --------
        >>> runs = [dt.datetime(2025, 3, day, 8, tzinfo=dt.UTC) for day in (1, 2)]
        >>> days = CronDays(runs, "UTC", 0)
        >>> [days.ticked(runs[1] + dt.timedelta(minutes=n)).day for n in (-1, 1)]
        [1, 2]

        """
        day = self.date(at)
        place = bisect.bisect_right(self._moments, at)
        has_run = place > 0 and self._days[place - 1] == day
        runs_yet = place < len(self._days) and self._days[place] == day
        return day - DAY if runs_yet and not has_run else day

    def missed(self, run: dt.datetime, after: dt.datetime | None) -> dt.date:
        """The day of which a *run* notes that something was due and not done.

        That is the day which the run before it began, if that one is known: it cannot lie before
        the moment *after* of the same history.  Otherwise it is taken to be the day before.
        """
        day = self.date(run)
        place = bisect.bisect_left(self._days, day)
        if place and after is not None and self._moments[place - 1] >= after:
            return self._days[place - 1]
        return day - DAY
