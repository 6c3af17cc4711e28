"""Tasks: completed, opened again, and counted."""

from typing import Final

from handlers.http.manifest import Context
from handlers.http.operations.areas import Area
from handlers.tasks import tasks

CONTEXT: Final = Context(
    service=lambda runner: runner.services.tasks,
    operations=tasks.OPERATIONS,
    areas=(Area(name="Tasks", meaning="What a person has to do once.", paths=("/v1/tasks",)),),
)
