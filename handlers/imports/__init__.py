"""Imports: files that other apps export."""

from typing import Final

from handlers.http.manifest import Context
from handlers.http.operations.areas import Area
from handlers.imports import imports

CONTEXT: Final = Context(
    service=lambda runner: runner.services.imports,
    operations=imports.OPERATIONS,
    areas=(
        Area(
            name="Imports",
            meaning="Import data from other apps.",
            paths=("/v1/imports",),
        ),
    ),
)
