"""The journal: entries, journals and templates."""

from typing import Final

from handlers.http.manifest import Context
from handlers.http.operations.areas import Area
from handlers.journal import journal, journals

CONTEXT: Final = Context(
    service=lambda runner: runner.services.journal,
    operations=(
        *journals.OPERATIONS,  # before the entries, whose ids could be any of their words
        *journal.OPERATIONS,
    ),
    areas=(
        Area(
            name="Journal",
            meaning="What a person writes for themselves.",
            paths=("/v1/journal", "/v1/journals"),
        ),
    ),
)
