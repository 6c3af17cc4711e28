"""Tasks that are due."""

import datetime as dt

from models.tasks import TASK_DUE, Task
from upcoach.services.base.timers import DocumentTimer
from upcoach.services.notifications.base.notifying import (
    NotificationRequest,
    NotificationSender,
    as_seen,
)
from upcoach.services.notifications.texts import Value
from upcoach.store.collections.documents import Documents


class DueTasks(DocumentTimer[Task]):
    """Tells that a task is due: at its time, or in the morning of its date."""

    kind = Task
    rule = TASK_DUE

    def __init__(self, documents: Documents, sender: NotificationSender) -> None:
        super().__init__(documents)
        self._sender = sender

    async def act(self, document: Task, due: dt.datetime, _now: dt.datetime) -> bool:
        """See `DocumentTimer.act`."""
        if self.rule.next_due(document, due - dt.timedelta.resolution) != due:
            return False  # it was done, or moved
        return await self._sender.send(_request(document, due), as_seen(document))


def _request(task: Task, at: dt.datetime) -> NotificationRequest:
    values: dict[str, Value] = {"task": task.title}
    if task.due_time is not None:
        values["time"] = dt.time.fromisoformat(task.due_time)
    return NotificationRequest(
        owner=task.owner,
        type="task_due",
        case="today" if task.due_time is None else "",
        at=at,
        key=f"task_due:{task.id}",
        values=values,
        link=f"/tasks/{task.id}",
        about=task.id,
        is_own_time=task.due_time is not None or 0 in task.reminder_minutes_before,
    )
