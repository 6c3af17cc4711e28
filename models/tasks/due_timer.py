"""The timer of a task that is due."""

import datetime as dt
from typing import Final

from models.base.time import instant_of_minute
from models.base.timers import TimerRule
from models.tasks.task import OPEN, Task

MORNING: Final = 9 * 60  # the minute of the day at which one is told that it is due some time today
GRACE: Final = dt.timedelta(hours=12)


def next_due(task: Task, after: dt.datetime) -> dt.datetime | None:
    """When *task* is due: at its time, or in the morning of its date; None if that is over."""
    if task.status not in OPEN or task.due_date is None or task.due_at is None:
        return None
    morning = instant_of_minute(task.due_date, MORNING, task.tz)
    moment = task.due_at if task.due_time is not None else morning
    return moment if moment > after else None


TASK_DUE: Final = TimerRule(name="task_due", next_due=next_due, grace=GRACE, is_newer=True)
