"""Insights, which are read here: learners write them."""

from typing import Final

from handlers.http.manifest import Context
from handlers.http.operations.areas import Area
from handlers.insights import insights

CONTEXT: Final = Context(
    service=lambda runner: runner.services.insights,
    operations=insights.OPERATIONS,
    areas=(
        Area(
            name="Coach intelligence",
            meaning="What the models predict, and why.",
            paths=("/v1/coach",),
        ),
    ),
)
