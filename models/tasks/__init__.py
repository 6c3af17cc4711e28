"""Tasks and their steps; one that repeats has a successor."""

from models.access.limits import Quota
from models.access.model_context import ModelContext
from models.access.permissions import Permission
from models.tasks.task import OPEN, NewTask, Step, Task, TaskDraft
from models.tasks.timers import TASK_DUE, TASK_REMINDER, task_reminders

CONTEXT = ModelContext(
    content=(Task,),
    shareable={Task: "your tasks"},
    permissions={
        "tasks:read": Permission("see your tasks"),
        "tasks:write": Permission("add, change and delete your tasks"),
    },
    quotas={
        Task: Quota(10_000, 64),
    },
    timers={Task: (TASK_DUE, TASK_REMINDER)},
)

__all__ = [
    "CONTEXT",
    "OPEN",
    "TASK_DUE",
    "TASK_REMINDER",
    "NewTask",
    "Step",
    "Task",
    "TaskDraft",
    "task_reminders",
]
