"""The timers of a task: when it is due, and its reminders before."""

import datetime as dt
from typing import Final

from models.base.reminders import (
    MORNING,
    REMINDER_GRACE,
    DueReminder,
    next_moment,
    reminders_before,
)
from models.base.time import instant_of_minute, minute_of_day
from models.base.timers import TimerRule
from models.tasks.task import OPEN, Task


def next_due(task: Task, after: dt.datetime) -> dt.datetime | None:
    """When *task* is due: at its time, or in the morning of its date; None if that is over."""
    if task.status not in OPEN or task.due_date is None or task.due_at is None:
        return None
    morning = instant_of_minute(task.due_date, MORNING, task.tz)
    moment = task.due_at if task.due_time is not None else morning
    return moment if moment > after else None


def task_reminders(task: Task) -> list[DueReminder]:
    """The reminders of an open task, in order; that it is due now is no reminder."""
    if task.status not in OPEN or task.due_date is None:
        return []
    before = tuple(minutes for minutes in task.reminder_minutes_before if minutes)
    minute = MORNING if task.due_time is None else minute_of_day(task.due_time)
    return reminders_before(before, task.due_date, minute, task.tz)


def next_reminder(task: Task, after: dt.datetime) -> dt.datetime | None:
    """When *task* next reminds its person before it is due; None if that is over."""
    return next_moment(task_reminders(task), after)


TASK_DUE: Final = TimerRule(
    name="task_due", next_due=next_due, grace=dt.timedelta(hours=12), is_newer=True
)
TASK_REMINDER: Final = TimerRule(
    name="task_reminder", next_due=next_reminder, grace=REMINDER_GRACE, is_newer=True
)
