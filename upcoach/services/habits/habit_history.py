"""A habit evaluated with its whole history, up to a day."""

import datetime as dt
from collections.abc import Collection

import msgspec

from models.base.time import DateRange, end_of_day, local_date, skipped_days
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

    def zone(self, habit: Habit) -> str:
        """The zone whose days are meant."""
        return self.tz or habit.tz

    def today(self, habit: Habit) -> dt.date:
        """The day that it is now there."""
        return local_date(self.now, self.zone(habit), habit.day_start)

    def day(self, habit: Habit) -> dt.date:
        """The last day to evaluate of *habit*."""
        return habit.last_day(self.date or self.today(habit))


class EvaluatedHabit(msgspec.Struct, frozen=True, eq=False):
    """A habit with its history and evaluation up to *today*, a day of the zone *tz*."""

    habit: Habit
    today: dt.date
    tz: str
    history: EntryHistory
    days: Days
    units: Units
    tokens: FreezeTokens

    @property
    def schedule(self) -> Schedule:
        """When it is due."""
        return self.habit.schedule

    @property
    def ends_at(self) -> dt.datetime:
        """When today ends."""
        return end_of_day(self.today, self.tz, self.habit.day_start)

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
            is_over=as_of.is_past and today < as_of.today(habit),
        )
    )
    units = evaluate(habit.schedule, days)
    return EvaluatedHabit(habit, today, as_of.zone(habit), history, days, units, tokens)
