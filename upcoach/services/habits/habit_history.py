"""A habit evaluated with its whole history, up to a day."""

import datetime as dt
from collections.abc import Collection

import msgspec

from models.base.time import DateRange, local_date, skipped_days
from models.habits import Habit
from models.habits.evaluation import Units, evaluate, lookahead
from models.habits.freezes import FreezeTokens, resolved
from models.habits.history import Days, EntryHistory, laid_out
from models.habits.measures import YesNo
from models.habits.schedules import Schedule
from upcoach.store.aggregates.habit_histories import Columns


class AsOf(msgspec.Struct, frozen=True, kw_only=True):
    """The day up to which a habit is evaluated.

    Attributes
    ----------
    date
        That day; without one it is today.
    tz
        Where they are, if not in the habit's zone.
    is_past
        Whether a *date* before today is one that is over, and not one to be put back into.

    """

    now: dt.datetime
    date: dt.date | None = None
    tz: str | None = None
    is_past: bool = False

    def day(self, habit: Habit) -> dt.date:
        """The last day to evaluate of *habit*."""
        today = self.date or local_date(self.now, self.tz or habit.tz, habit.day_start)
        return habit.last_day(today)


class EvaluatedHabit(msgspec.Struct, frozen=True, eq=False):
    """A habit with its history and evaluation up to *today*."""

    habit: Habit
    today: dt.date
    history: EntryHistory
    days: Days
    units: Units
    tokens: FreezeTokens

    @property
    def schedule(self) -> Schedule:
        """When it is due."""
        return self.habit.schedule

    @property
    def ordinal(self) -> int:
        """Today's number."""
        return self.today.toordinal()


def evaluated_habit(
    habit: Habit, columns: Columns | None, pauses: Collection[DateRange], as_of: AsOf
) -> EvaluatedHabit:
    """Evaluate *habit* with the entries in *columns*, and the days on which it *pauses*."""
    today = as_of.day(habit)
    fragile = not isinstance(habit.measure, YesNo) and habit.measure.can_be_broken
    given = columns or {"days": [], "codes": [], "shares": []}
    history = EntryHistory.of(**given, can_be_broken=fragile)
    # What the habit's zone is now changes no past: the zones count in which days were logged.
    zones = history.zones or {habit.tz}
    leapt = [(day, day) for zone in zones for day in skipped_days(zone)]
    days, tokens = resolved(
        laid_out(
            history,
            starts_on=habit.starts_on,
            today=today,
            away=[*pauses, *leapt],
            beyond=lookahead(habit.schedule, today),
            is_over=as_of.is_past and today < habit.today(as_of.now),
        )
    )
    return EvaluatedHabit(habit, today, history, days, evaluate(habit.schedule, days), tokens)
