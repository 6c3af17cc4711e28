"""Journals, and templates of entries."""

from models.access.scope import Scope
from models.base.errors import Conflict
from models.journal import (
    Journal,
    JournalDraft,
    JournalEntry,
    JournalTemplate,
    JournalTemplateDraft,
    NewJournal,
    NewJournalTemplate,
)
from upcoach.services.base.merging import require_version
from upcoach.services.base.resources import Resources, deletion_outcome
from upcoach.services.base.rules import Rules, revising
from upcoach.store.collections.documents import Selection
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.errors import NeedsLookup
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.requests import Mutation


class Journals(Resources[Journal, NewJournal]):
    """A person's journals."""

    rules = Rules(
        kind=Journal, drafted=Journal.drafted, revised=revising(JournalDraft, Journal.revised)
    )

    async def delete(
        self,
        scope: Scope,
        document_id: str,
        base: int | None = None,
        mutation: Mutation | None = None,
    ) -> WriteResult[Journal | None]:
        """Delete an empty journal; one that holds entries, in the trash or not, is a `Conflict`.

        An entry that another device writes at the same moment may come to stand in no journal: it
        is in all lists but that of a journal, until it is moved.
        """
        entries: list[JournalEntry] | None = None

        async def look() -> None:
            nonlocal entries
            wanted = Selection(order="trashed_at", where={"journal": document_id}, limit=1)
            entries = await self._documents.select(JournalEntry, scope.user, wanted)

        def decide(changes: WriteContext) -> Outcome[None]:
            if entries is None:
                raise NeedsLookup(look)
            if entries:
                raise Conflict("journal_not_empty", "This journal has entries: move them first.")
            journal = changes.get_any(Journal, scope.user, document_id)
            if base is not None:
                require_version(journal, base, mutation)
            changes.delete(journal)
            return deletion_outcome(journal)

        return await self._submit(scope, (self._ref(scope, document_id),), decide, mutation)


class Templates(Resources[JournalTemplate, NewJournalTemplate]):
    """A person's templates."""

    rules = Rules(
        kind=JournalTemplate,
        drafted=JournalTemplate.drafted,
        revised=revising(JournalTemplateDraft, JournalTemplate.revised),
    )
