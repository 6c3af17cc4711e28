"""Drafts of journal entries: autosaved, private, and in no log."""

import msgspec

from models.access.scope import Scope
from models.base.errors import Invalid
from models.base.validation import checked
from models.base.versions.version_conditions import needs_document
from models.journal import JournalEntryContent, JournalEntryId, UnsavedEntry
from upcoach.services.base.merging import require_version
from upcoach.services.base.resources import deletion_outcome, write_outcome
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import not_found
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Decide, Mutation, Write


class UnsavedEntries:
    """A person's unsaved entries; each save is the last word, unless it names a version."""

    def __init__(self, documents: Documents, committer: Committer) -> None:
        self._documents = documents
        self._committer = committer

    async def get(self, scope: Scope, entry: str) -> UnsavedEntry:
        """The draft of an entry."""
        return await self._documents.get(UnsavedEntry, scope.user, entry)

    async def page(self, scope: Scope, *, after: str, limit: int) -> list[UnsavedEntry]:
        """The caller's drafts, in order of the entries' ids."""
        return await self._documents.page(UnsavedEntry, scope.user, after=after, limit=limit)

    async def save(
        self,
        scope: Scope,
        entry: str,
        content: JournalEntryContent,
        based_on: int | None,
        base: int | None,
        mutation: Mutation | None,
    ) -> WriteResult[UnsavedEntry | None]:
        """Save *content*, made from version *based_on* of the entry, over the draft's *base*."""
        _require_id(entry)

        def decide(changes: WriteContext) -> Outcome[UnsavedEntry | None]:
            before = changes.find(UnsavedEntry, scope.user, entry)
            if before is None and needs_document(base):
                raise not_found()
            if before is not None and base is not None:
                require_version(before, base, mutation)
            after = changes.keep(_saved(before, changes, scope, entry, content, based_on))
            return write_outcome("created" if before is None else "updated", after)

        return await self._submit(scope, entry, decide, mutation)

    async def discard(
        self, scope: Scope, entry: str, base: int | None, mutation: Mutation | None
    ) -> WriteResult[UnsavedEntry | None]:
        """Delete the draft of an entry."""

        def decide(changes: WriteContext) -> Outcome[UnsavedEntry | None]:
            before = changes.get_any(UnsavedEntry, scope.user, entry)
            if base is not None:
                require_version(before, base, mutation)
            changes.drop(before)
            return deletion_outcome(before)

        return await self._submit(scope, entry, decide, mutation)

    async def _submit(
        self,
        scope: Scope,
        entry: str,
        decide: Decide[UnsavedEntry | None],
        mutation: Mutation | None,
    ) -> WriteResult[UnsavedEntry | None]:
        reads = (Ref(UnsavedEntry, scope.user, entry),)
        return await self._committer.submit(
            Write(scope=scope, reads=reads, decide=decide, mutation=mutation)
        )


def _saved(
    before: UnsavedEntry | None,
    changes: WriteContext,
    scope: Scope,
    entry: str,
    content: JournalEntryContent,
    based_on: int | None,
) -> UnsavedEntry:
    if before is not None:
        later = before.advanced(changes.at)
        return msgspec.structs.replace(later, content=content, base=based_on)
    return UnsavedEntry(
        id=entry,
        owner=scope.user,
        created_at=changes.at,
        updated_at=changes.at,
        content=content,
        base=based_on,
    )


def _require_id(entry: str) -> None:
    try:
        checked(entry, JournalEntryId)
    except Invalid:
        raise not_found() from None
