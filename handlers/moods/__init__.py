"""Moods: logged, and what they come to."""

from typing import Final

from handlers.http.manifest import Context
from handlers.http.operations.areas import Area
from handlers.moods import moods

CONTEXT: Final = Context(
    service=lambda runner: runner.services.moods,
    operations=moods.OPERATIONS,
    areas=(Area(name="Moods", meaning="How a person felt.", paths=("/v1/moods",)),),
)
