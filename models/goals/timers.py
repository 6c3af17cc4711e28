"""The timers of a goal: its reminders at times of day, and before its target date."""

import datetime as dt
from typing import Final

from models.base.reminders import (
    MORNING,
    REMINDER_GRACE,
    DueReminder,
    Occurrence,
    next_moment,
    next_occurrence,
    occurrence_at,
    reminders_before,
)
from models.base.time import start_of_day
from models.base.timers import TimerRule
from models.goals.goal import Goal


def next_reminder(goal: Goal, after: dt.datetime) -> dt.datetime | None:
    """The next moment of the reminders of an active goal, from its first day to its target date."""
    if not _is_active(goal) or goal.tz is None or not goal.reminders:
        return None
    since = after
    if goal.starts_on is not None:
        since = max(after, start_of_day(goal.starts_on, goal.tz) - dt.timedelta.resolution)
    return next_occurrence(goal.reminders, goal.tz, 0, since, goal.target_date)


def reminder_at(goal: Goal, at: dt.datetime) -> Occurrence | None:
    """The reminder of *goal* that comes at a moment, if one does."""
    if goal.tz is None or next_reminder(goal, at - dt.timedelta.resolution) != at:
        return None
    return occurrence_at(goal.reminders, goal.tz, 0, at)


def target_reminders(goal: Goal) -> list[DueReminder]:
    """The reminders of the target date of an active goal, in order."""
    if not _is_active(goal) or goal.tz is None or goal.target_date is None:
        return []
    return reminders_before(goal.reminder_minutes_before, goal.target_date, MORNING, goal.tz)


def next_target_reminder(goal: Goal, after: dt.datetime) -> dt.datetime | None:
    """When *goal* next reminds of its target date; None if that is over."""
    return next_moment(target_reminders(goal), after)


def _is_active(goal: Goal) -> bool:
    return goal.status == "active" and not goal.archived


GOAL_REMINDER: Final = TimerRule(
    name="goal_reminder", next_due=next_reminder, grace=REMINDER_GRACE, is_newer=True
)
GOAL_TARGET: Final = TimerRule(
    name="goal_target", next_due=next_target_reminder, grace=REMINDER_GRACE, is_newer=True
)
