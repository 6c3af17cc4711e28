"""Tasks."""

from models.access.model_context import ModelContext
from models.tasks.task import NewTask, Task, TaskDraft

CONTEXT = ModelContext(
    documents=(Task,),
)

__all__ = [
    "CONTEXT",
    "NewTask",
    "Task",
    "TaskDraft",
]
