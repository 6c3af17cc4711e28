"""Reminders of tasks, so long before they are due as their person has set."""

import datetime as dt
from typing import Final

from models.base.reminders import DueReminder
from models.tasks import TASK_REMINDER, Task, task_reminders
from upcoach.services.base.timers import DocumentTimer
from upcoach.services.notifications.base.notifying import (
    NotificationRequest,
    NotificationSender,
    as_seen,
)
from upcoach.services.notifications.reminders.days_left import days_left
from upcoach.services.notifications.texts import Value
from upcoach.store.collections.documents import Documents

PUNCTUAL: Final = dt.timedelta(minutes=1)  # how late it is still said how long is left
UNITS: Final = (("in_days", 24 * 60), ("in_hours", 60), ("in_minutes", 1))


class TaskReminders(DocumentTimer[Task]):
    """Reminds of an open task before it is due."""

    kind = Task
    rule = TASK_REMINDER

    def __init__(self, documents: Documents, sender: NotificationSender) -> None:
        super().__init__(documents)
        self._sender = sender

    async def act(self, document: Task, due: dt.datetime, now: dt.datetime) -> bool:
        """See `DocumentTimer.act`; once it is due, that is what is told."""
        coming = (reminder for reminder in task_reminders(document) if reminder.at == due)
        reminder = next(coming, None)
        if reminder is None or document.due_at is None or document.due_at <= now:
            return False  # it was done, or moved
        case, values = _what_is_left(document, reminder, now)
        request = NotificationRequest(
            owner=document.owner,
            type="task_reminder",
            case=case,
            at=due,
            key=f"task_reminder:{document.id}:{reminder.minutes}",
            values={"task": document.title, **values},
            link=f"/tasks/{document.id}",
            about=document.id,
            is_own_time=True,
        )
        return await self._sender.send(request, as_seen(document))


def _what_is_left(
    task: Task, reminder: DueReminder, now: dt.datetime
) -> tuple[str, dict[str, Value]]:
    """The text, and its values: the time that was set, or the date where that is over by now."""
    assert task.due_date is not None
    if task.due_time is None:
        return days_left(task.due_date, task.tz, now)
    time = dt.time.fromisoformat(task.due_time)
    if now > reminder.at + PUNCTUAL:
        return "", {"date": task.due_date, "time": time}
    case, size = next((case, size) for case, size in UNITS if reminder.minutes % size == 0)
    return case, {"count": reminder.minutes // size, "time": time}
