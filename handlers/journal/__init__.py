"""The journal: entries, their shares, journals and templates."""

from typing import Final

from handlers.http.manifest import Context
from handlers.http.operations.areas import Area
from handlers.journal import drafts, entry_shares, journal, journals

CONTEXT: Final = Context(
    service=lambda runner: runner.services.journal,
    operations=(
        # Before the entries, whose ids could be any of the words of these paths.
        *journals.OPERATIONS,
        *entry_shares.OPERATIONS,
        *drafts.OPERATIONS,
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
