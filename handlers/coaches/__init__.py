"""Coaches: their profiles, the directory in which they are found, and their verification."""

from typing import Final

from handlers.coaches import client_notes, directory, profiles, verification
from handlers.http.manifest import Context
from handlers.http.operations.areas import Area

CONTEXT: Final = Context(
    service=lambda runner: runner.services.coaches,
    # Those of one path before those of any id.
    operations=(
        *profiles.OPERATIONS,
        *directory.OPERATIONS,
        *verification.OPERATIONS,
        *client_notes.OPERATIONS,
    ),
    areas=(
        Area(
            name="Coaches",
            meaning="Who coaches, and how they are found.",
            paths=("/v1/coaches",),
        ),
    ),
)
