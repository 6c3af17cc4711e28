"""Journals and templates: the books that entries stand in, and what entries begin with."""

import datetime as dt

from models.access.scope import Scope
from models.base.errors import Conflict
from models.base.merge_patch import Json
from models.base.validation import checked
from models.journal import (
    Journal,
    JournalDraft,
    JournalEntry,
    NewJournal,
    NewTemplate,
    Template,
    TemplateDraft,
)
from upcoach.services.base.merging import require_version
from upcoach.services.base.resources import Resources
from upcoach.store.collections.documents import Selection
from upcoach.store.write.changes import Changes
from upcoach.store.write.errors import NeedsLookup
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.requests import Mutation


class Journals(Resources[Journal, NewJournal]):
    """A person's journals."""

    kind = Journal

    def _drafted(self, draft: NewJournal, owner: str, at: dt.datetime) -> Journal:
        return Journal.drafted(draft, owner=owner, at=at)

    def _revised(self, document: Journal, fields: Json, at: dt.datetime) -> Journal:
        return document.revised(checked(fields, JournalDraft), at)

    async def delete(
        self,
        scope: Scope,
        document_id: str,
        base: int | None = None,
        mutation: Mutation | None = None,
    ) -> Outcome:
        """Delete an empty journal; one that holds entries, in the trash or not, is a `Conflict`.

        An entry that another device writes at the same moment may come to stand in no journal: it
        is in all lists but that of a journal, until it is moved.
        """
        entries: list[JournalEntry] | None = None

        async def look() -> None:
            nonlocal entries
            wanted = Selection(order="trashed_at", where={"journal": document_id}, limit=1)
            entries = await self._documents.select(JournalEntry, scope.user, wanted)

        def decide(changes: Changes) -> Outcome:
            if entries is None:
                raise NeedsLookup(look)
            if entries:
                raise Conflict("journal_not_empty", "This journal holds entries: move them first.")
            journal = changes.get_any(Journal, scope.user, document_id)
            if base is not None:
                require_version(journal, base, mutation)
            changes.delete(journal)
            return Outcome(verb="deleted", version=journal.version + 1)

        return await self._submit(scope, (self._ref(scope, document_id),), decide, mutation)


class Templates(Resources[Template, NewTemplate]):
    """A person's templates."""

    kind = Template

    def _drafted(self, draft: NewTemplate, owner: str, at: dt.datetime) -> Template:
        return Template.drafted(draft, owner=owner, at=at)

    def _revised(self, document: Template, fields: Json, at: dt.datetime) -> Template:
        return document.revised(checked(fields, TemplateDraft), at)
