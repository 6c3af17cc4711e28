"""The arithmetic of habits: what is due, what a day is worth, what a history comes to.

No input, no output, no clock.  Documents hold a schedule and a measure, which are declared here; a
service reads a history and asks:

==============  =====================================================================
`schedules`     on which days, or how often in which window
`rrule`         days by an RRULE (RFC 5545), which `models.base.rrule` finds
`measures`      what a logged value is worth
`history`       what was logged, and the same laid out day by day
`freezes`       which of the days that ask for it are held
`evaluation`    the one evaluator: every schedule comes to units, each with a verdict
`streaks`       runs of kept units, and why one ended
`strength`      how firm the habit is
`statistics`    when, how often, how lately
`achievements`  what was reached, and on which day
`correlation`   whether mood goes with a habit
`today`         what a habit asks of its owner today
`overview`      all habits of a person together
==============  =====================================================================

Which date it is, where somebody is and when their day begins, is `models.base.time`.  The rules in
words are in docs/habits.md.
"""

from models.access.limits import Quota
from models.access.model_context import ModelContext
from models.access.permissions import Permission
from models.base.reminders import REMINDER_GRACE
from models.base.timers import TimerRule
from models.habits.entry import Entry, EntryDraft, Logged, check_not_ahead, entry_id
from models.habits.habit import Habit, HabitDraft, HabitId, NewHabit
from models.habits.measures import Amount, Count, Measure, YesNo
from models.habits.pauses import Pauses
from models.habits.schedules import (
    Daily,
    Every,
    PerMonth,
    PerWeek,
    Rate,
    Recurring,
    Schedule,
    Weekdays,
    due_from,
)
from models.habits.vacation import NewVacation, Vacation, VacationDraft

HABIT_REMINDER = TimerRule(
    name="habit_reminder",
    next_due=Habit.next_reminder,
    grace=REMINDER_GRACE,
    is_newer=True,
)
CONTEXT = ModelContext(
    content=(
        Habit,
        Entry,
        Vacation,
    ),
    shareable={
        Habit: "your habits",
        Entry: "what you log of your habits",
        Vacation: "your vacations from habits",
    },
    permissions={
        "habits:read": Permission("see your habits and what you logged"),
        "habits:write": Permission("add, change and delete your habits, and log days"),
    },
    quotas={
        Habit: Quota(500, 8),
        Entry: Quota(200_000, 128),
        Vacation: Quota(100, 4),
    },
    timers={Habit: (HABIT_REMINDER,)},
)

__all__ = [
    "CONTEXT",
    "HABIT_REMINDER",
    "Amount",
    "Count",
    "Daily",
    "Entry",
    "EntryDraft",
    "Every",
    "Habit",
    "HabitDraft",
    "HabitId",
    "Logged",
    "Measure",
    "NewHabit",
    "NewVacation",
    "Pauses",
    "PerMonth",
    "PerWeek",
    "Rate",
    "Recurring",
    "Schedule",
    "Vacation",
    "VacationDraft",
    "Weekdays",
    "YesNo",
    "check_not_ahead",
    "due_from",
    "entry_id",
]
