"""Calendars: events, their occurrences, and all that stands in a calendar."""

from typing import Final

from handlers.calendar import events, ranges
from handlers.http.manifest import Context
from handlers.http.operations.areas import Area

CONTEXT: Final = Context(
    service=lambda runner: runner.services.calendar,
    operations=(*ranges.OPERATIONS, *events.OPERATIONS),
    areas=(
        Area(
            name="Calendar",
            meaning="Events of one's own, and all that is due, by the time.",
            paths=("/v1/calendar",),
        ),
    ),
)
