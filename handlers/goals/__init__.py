"""Goals: their points, templates, assessments and past."""

from typing import Final

from handlers.goals import goals
from handlers.http.manifest import Context
from handlers.http.operations.areas import Area

CONTEXT: Final = Context(
    service=lambda runner: runner.services.goals,
    operations=goals.OPERATIONS,
    areas=(
        Area(
            name="Goals",
            meaning="What a person wants to achieve.",
            paths=("/v1/goals",),
        ),
    ),
)
