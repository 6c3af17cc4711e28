"""Scheduling: coaches' availability, the times that they offer, holds and sessions."""

from typing import Final

from handlers.http.manifest import Context
from handlers.http.operations.areas import Area
from handlers.scheduling import availability, sessions, slots

CONTEXT: Final = Context(
    service=lambda runner: runner.services.scheduling,
    operations=(*availability.OPERATIONS, *slots.OPERATIONS, *sessions.OPERATIONS),
    areas=(
        Area(
            name="Scheduling",
            meaning="When coaches can be booked, and the sessions that are.",
            paths=("/v1/coaching",),
        ),
    ),
)
