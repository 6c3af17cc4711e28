"""The timer of a habit's reminders."""

import datetime as dt
from typing import Final

from models.base.time import DAY, start_of_day
from models.base.timers import TimerRule
from models.habits.habit import Habit
from models.habits.reminders import occurrences

GRACE: Final = dt.timedelta(hours=1)  # how late a reminder still helps
_LOOK: Final = 8 * DAY  # each day of the week comes in it, in every zone


def next_reminder(habit: Habit, after: dt.datetime) -> dt.datetime | None:
    """The next moment after *after* at which the clock shows the time of a reminder of *habit*.

    Whether the habit asks for anything on that day is not looked at: vacations are no part of it,
    and whoever reminds looks anyway.
    """
    if habit.archived or not habit.reminders:
        return None
    begins = start_of_day(habit.starts_on, habit.tz) - dt.timedelta(seconds=1)
    since = max(after, begins)
    moments = occurrences(
        habit.reminders, habit.tz, habit.day_start, since, since + _LOOK, lambda _: True
    )
    return next((moment.at for moment in moments), None)


HABIT_REMINDER: Final = TimerRule(name="habit_reminder", next_due=next_reminder, grace=GRACE)
