"""Journal entries: created, changed, trashed, restored, purged and searched."""

import datetime as dt
from typing import Final

import msgspec

from models.access.scope import Scope
from models.base.clock import Clock
from models.base.errors import Conflict, NotFound, invalid_field
from models.base.merge import changed_paths
from models.base.merge_patch import Json
from models.base.time import anniversaries, local_date, to_stored
from models.journal import (
    Journal,
    JournalEntry,
    JournalEntryDraft,
    NewJournal,
    NewJournalEntry,
    UnsavedEntry,
)
from models.journal.journal import default_journal
from models.journal.journal_entry import KEPT
from upcoach.services.base.merging import require_version
from upcoach.services.base.resources import Resources, deletion_outcome, write_outcome
from upcoach.services.base.rules import Rules, WriteEffect, revising
from upcoach.services.sharing import delete_shares, share_refs
from upcoach.store.base.conditions import OneOf, Range
from upcoach.store.base.pacing import paced
from upcoach.store.base.pages import Page, paced_page
from upcoach.store.collections.documents import Documents, Selection
from upcoach.store.log.event_log import LATEST, EventLog
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.document_versions import past_of
from upcoach.store.write.errors import NeedsLookup, WriteConflict, not_found
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.refs import BaseVersion, Ref, Version
from upcoach.store.write.requests import Mutation

DEFAULT_NAME: Final = "Journal"

# What a version says, and where it stands or whether it is pinned does not.
CONTENT: Final = ("title", "text", "mood", "feelings", "tags", "local_date", "tz", "prompt")


class EntryVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version of an entry, and the fields (JSON pointers) in which it differs from the last.

    Attributes
    ----------
    version
        The number of the version.
    at
        When it was written.
    changed
        The fields that it changed.

    """

    version: int
    at: dt.datetime
    changed: tuple[str, ...]


def _beside(owner: str, entry_id: str, draft: NewJournalEntry | Json) -> tuple[Ref, ...]:
    """Refs to the entry's draft, the default journal, and the one that *draft* names."""
    named = draft.get("journal") if isinstance(draft, dict) else draft.journal
    journals = {default_journal(owner)} | ({named} if isinstance(named, str) else set())
    unsaved = Ref(UnsavedEntry, owner, entry_id)
    return (unsaved, *(Ref(Journal, owner, journal) for journal in journals))


def _place(changes: WriteContext, before: JournalEntry | None, after: JournalEntry) -> None:
    """Require that the entry's journal exists; create the default one.

    A new entry is what was unsaved under its id.
    """
    if before is None and changes.holds(UnsavedEntry, after.owner, after.id):
        changes.drop(changes.get_any(UnsavedEntry, after.owner, after.id))
    if before is not None and before.journal == after.journal:
        return
    if changes.holds(Journal, after.owner, after.journal):
        return
    if after.journal != default_journal(after.owner):
        words = "There is no journal under this id."
        raise invalid_field("/journal", "journal_unknown", words)
    draft = NewJournal(id=after.journal, name=DEFAULT_NAME)
    changes.create(Journal.drafted(draft, owner=after.owner, at=changes.at))


class JournalEntries(Resources[JournalEntry, NewJournalEntry]):
    """A person's journal entries."""

    rules = Rules(
        kind=JournalEntry,
        in_zone=True,
        drafted=JournalEntry.drafted,
        revised=revising(JournalEntryDraft, JournalEntry.revised),
        is_there=lambda entry, at: not entry.is_gone(at),
        on_write=WriteEffect(reads=_beside, apply=_place),
    )

    def __init__(
        self,
        documents: Documents,
        committer: Committer,
        log: EventLog,
        clock: Clock,
    ) -> None:
        super().__init__(documents, committer)
        self._log = log
        self._clock = clock

    async def get(self, scope: Scope, document_id: str) -> JournalEntry:
        """See `Resources.get`; what was in the trash for its time is gone."""
        entry = await super().get(scope, document_id)
        if entry.is_gone(self._clock()):
            raise not_found()
        return entry

    async def delete(
        self,
        scope: Scope,
        document_id: str,
        base: int | None = None,
        mutation: Mutation | None = None,
    ) -> WriteResult[JournalEntry | None]:
        """Put an entry in the trash for 30 days, and end what was shared of it."""
        shares: tuple[Ref, ...] | None = None

        async def look() -> None:
            nonlocal shares
            shares = await share_refs(self._documents, scope.user, document_id)

        def decide(changes: WriteContext) -> Outcome[JournalEntry | None]:
            if shares is None:
                raise NeedsLookup(look)
            changes.find_refs(shares)  # so that they are read
            broken = changes.broken(JournalEntry, scope.user, document_id)
            if broken is not None:  # nobody could take it back
                changes.delete(broken)
                delete_shares(changes, shares)
                return deletion_outcome(broken)
            before = self._find(changes, scope, document_id, base, mutation)
            if before.trashed_at is not None:
                return write_outcome("unchanged", before)
            after = before.trashed(changes.at)
            changes.update(before, after)
            delete_shares(changes, shares)
            return write_outcome("updated", after)

        thrown = await self._submit(scope, (self._ref(scope, document_id),), decide, mutation)
        await self._end_late_shares(scope, document_id)
        return thrown

    async def purge(
        self,
        scope: Scope,
        document_id: str,
        base: int | None = None,
        mutation: Mutation | None = None,
    ) -> WriteResult[JournalEntry | None]:
        """Delete an entry in the trash for good, see `Trash`."""

        def decide(changes: WriteContext) -> Outcome[JournalEntry | None]:
            before = self._find(changes, scope, document_id, base, mutation)
            if before.trashed_at is None:
                raise Conflict("entry_not_trashed", "This entry is not in the trash.")
            after = before.ended(changes.at)
            changes.update(before, after)
            return Outcome(verb="deleted", document=None, version=after.version)

        return await self._submit(scope, (self._ref(scope, document_id),), decide, mutation)

    async def _end_late_shares(self, scope: Scope, document_id: str) -> None:
        """End shares that were made while an entry was trashed: a restore would revive them."""

        def decide(changes: WriteContext) -> Outcome[JournalEntry | None]:
            entry = changes.find(JournalEntry, scope.user, document_id)
            if entry is not None and entry.trashed_at is not None:
                delete_shares(changes, late)
            return Outcome(verb="unchanged", document=None)

        late = await share_refs(self._documents, scope.user, document_id)
        if late:
            await self._submit(scope, (self._ref(scope, document_id), *late), decide, None)

    async def restore(
        self,
        scope: Scope,
        document_id: str,
        base: int | None = None,
        mutation: Mutation | None = None,
    ) -> WriteResult[JournalEntry | None]:
        """Restore an entry from the trash; one that is not there stays as it is."""

        def decide(changes: WriteContext) -> Outcome[JournalEntry | None]:
            before = self._find(changes, scope, document_id, base, mutation)
            if before.trashed_at is None:
                return write_outcome("unchanged", before)
            after = before.restored(changes.at)
            changes.update(before, after)
            return write_outcome("updated", after)

        return await self._submit(scope, (self._ref(scope, document_id),), decide, mutation)

    async def trash(self, scope: Scope, after: str, limit: int) -> list[JournalEntry]:
        """The entries in the trash, the last trashed first."""
        wanted = Selection(
            order="trashed_at",
            span=Range(above=to_stored(self._clock() - KEPT)),
            descending=True,
            after=after,
            limit=limit,
        )
        return await self.select(scope, wanted)

    def today(self, tz: str) -> dt.date:
        """The date in *tz*."""
        return local_date(self._clock(), tz)

    async def on_this_day(
        self, scope: Scope, day: dt.date, *, after: str, limit: int
    ) -> list[JournalEntry]:
        """Entries about the same day of earlier years, the latest first."""
        wanted = Selection(
            order="local_date",
            where={"trashed_at": None},
            span=OneOf(tuple(anniversaries(day))),
            descending=True,
            after=after,
            limit=limit,
        )
        return await self.select(scope, wanted)

    async def versions(
        self, scope: Scope, document_id: str, before: int | None
    ) -> Page[EntryVersion]:
        """The versions below *before* that the log knows, the newest first."""
        fields: Json = {}
        versions = []
        async for past_version in paced(await self._past(scope, document_id)):
            earlier, fields = fields, past_version.document.to_draft()
            version, at = past_version.document.version, past_version.document.updated_at
            changed = changed_paths(earlier, fields)
            if before is None or version < before:
                versions.append(EntryVersion(version=version, at=at, changed=changed))
        return await paced_page(paced(versions[::-1]), len(versions))

    async def version(self, scope: Scope, document_id: str, version: int) -> JournalEntry:
        """An entry as it was."""
        for past_version in await self._past(scope, document_id):
            if (
                isinstance(past_version.document, JournalEntry)
                and past_version.document.version == version
            ):
                return past_version.document
        raise _no_version()

    async def restore_version(
        self, scope: Scope, document_id: str, version: int, base: int, mutation: Mutation | None
    ) -> WriteResult[JournalEntry | None]:
        """Restore the content of one of an entry's versions; its journal stays."""

        def decide(changes: WriteContext) -> Outcome[JournalEntry | None]:
            before = self._find(changes, scope, document_id)
            require_version(before, base, mutation)
            past = changes.since(before, version)
            if not past or past[0].document.version != version:
                raise _no_version()
            content = past[0].document.to_draft()
            kept = {name: v for name, v in before.to_draft().items() if name not in CONTENT}
            wanted = kept | {name: content[name] for name in CONTENT if name in content}
            after = self.rules.revised(before, wanted, changes.at)
            if after.to_draft() == before.to_draft():
                return write_outcome("unchanged", before)
            changes.update(before, after)
            return write_outcome("updated", after)

        ref = self._ref(scope, document_id)
        return await self._submit(scope, (ref,), decide, mutation, base=BaseVersion(ref, version))

    async def _past(self, scope: Scope, document_id: str) -> list[Version]:
        """Every version of an entry; the present one alone where the log knows no other."""
        while True:
            document = await self.get(scope, document_id)
            await self._log.load_keys([scope.feed])
            try:
                past = await past_of(self._log, document, 1, LATEST)
            except WriteConflict:
                continue  # it has just been changed
            return past or [Version(document)]


def _no_version() -> NotFound:
    return NotFound("version_unknown", "There is no such version.")
