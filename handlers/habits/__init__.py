"""Habits: their entries and vacations, and the reports on them."""

from typing import Final

from handlers.habits import habits
from handlers.http.manifest import Context
from handlers.http.operations.areas import Area

CONTEXT: Final = Context(
    service=lambda runner: runner.services.habits,
    operations=habits.OPERATIONS,
    areas=(
        Area(
            name="Habits",
            meaning="What a person does regularly, and how each day went.",
            paths=("/v1/habits",),
        ),
    ),
)
