"""Shares of single journal entries with a coach, until a date.

The leave is kept twice, as that to follow documents is: with the client, who decides about it, and
with the coach, whose app lists it.  Neither holds a word of the entry: the coach asks for it, and
gets it as it is at that moment, if the leave still holds.  It ends with the relation in which it
was given: in the same write, and whatever a later relation of the same two people shows.  A write
reads its caller's side first, and the other one's only if there is such a side: who knows no more
than somebody's id does not write to their feed.

The documents are the journal's (`models.journal.entry_share`), since they stand below an entry, and
so are the paths; the service is here, since relations end shares, and since the journal may know of
sharing but not the other way round.
"""

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, TypeVar

import msgspec

from models.access.scope import Scope
from models.base.clock import Clock
from models.base.document import Document
from models.base.errors import NotFound, invalid_field
from models.base.time import to_stored
from models.journal import (
    ClientEntry,
    EntryShare,
    EntryShareDraft,
    JournalEntry,
    client_entry_id,
    share_id,
)
from models.sharing import MOST_COACHES, Share
from upcoach.services.account import announce_document, caller_ref, submit_with_best
from upcoach.services.base.resources import deletion_outcome, write_outcome
from upcoach.store.base.conditions import Conditions, OneOf, Range
from upcoach.store.collections.documents import Documents, Selection
from upcoach.store.collections.page_tokens import mark
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import not_found
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Mutation, Write

T = TypeVar("T")

LONGEST: Final = dt.timedelta(days=366)
PAGE: Final = 500


class EntryShares:
    """Creates, lists, reads and deletes entry shares."""

    def __init__(self, documents: Documents, committer: Committer, clock: Clock) -> None:
        self._documents = documents
        self._committer = committer
        self._clock = clock

    async def page(self, scope: Scope, entry: str) -> list[EntryShare]:
        """All shares of one of the caller's entries, in order of the coaches' ids."""
        await self._documents.get(JournalEntry, scope.user, entry)
        return await self._documents.page(EntryShare, scope.user, below=entry, limit=MOST_COACHES)

    async def share(
        self,
        scope: Scope,
        entry: str,
        coach: str,
        draft: EntryShareDraft,
        acr: int,
        mutation: Mutation | None = None,
    ) -> WriteResult[EntryShare | None]:
        """Share an entry with *coach*, with whom the caller shares already, until a moment.

        *acr* is what the caller has shown just now, which must be the best that they have.
        """

        def decide(changes: WriteContext) -> Outcome[EntryShare | None]:
            _require_open(changes, scope, entry)
            share = changes.find(Share, scope.user, coach)
            if share is None or share.accepted_at is None:
                raise NotFound("coach_unknown", "You have no coach under this id.")
            until = _checked(draft.until, changes.at)
            mine = changes.find(EntryShare, scope.user, share_id(entry, coach))
            if mine is not None and mine.given_in(share) and mine.until == until:
                return write_outcome("unchanged", mine)
            after = _leave(mine, share, entry, until, changes.at)
            changes.find_refs([theirs_ref])  # so that it is read: the coach is one of the caller's
            theirs = changes.find(ClientEntry, coach, client_entry_id(scope.user, entry))
            after = changes.set(mine, after)
            changes.set(theirs, _mirrored(theirs, after, changes.at))
            is_narrowed = mine is not None and mine.given_in(share) and until < mine.until
            announce_document(changes, scope, "entry share", after, is_narrowed=is_narrowed)
            return write_outcome("created" if mine is None else "updated", after)

        mine_ref, theirs_ref = _both(scope.user, entry, coach)
        entries = Ref(JournalEntry, scope.user, entry), Ref(Share, scope.user, coach)
        reads = (*entries, mine_ref, caller_ref(scope))
        write = Write(scope=scope, reads=reads, decide=decide, mutation=mutation)
        return await submit_with_best(self._committer, write, acr)

    async def take_back(
        self, scope: Scope, entry: str, coach: str, mutation: Mutation | None = None
    ) -> WriteResult[EntryShare | None]:
        """End the share of an entry with *coach*."""

        def decide(changes: WriteContext) -> Outcome[EntryShare | None]:
            mine = changes.get_any(*both[0])
            changes.find_refs(both)  # so that the coach's side is read, where there is one
            delete_shares(changes, both)
            return deletion_outcome(mine)

        both = _both(scope.user, entry, coach)
        write = Write(scope=scope, reads=both[:1], decide=decide, mutation=mutation)
        return await self._committer.submit(write)

    async def shared_with(self, scope: Scope, client: str, page: Selection) -> list[ClientEntry]:
        """The entries of *client* that the caller may read now, by the end of their shares."""
        try:
            share = await self._documents.get(Share, client, scope.user)
        except NotFound:
            return []
        where = {"client": client, **_given_in(share)}
        wanted = msgspec.structs.replace(
            page, where=where, span=Range(above=to_stored(self._clock()))
        )
        return await self._documents.select(ClientEntry, scope.user, wanted)

    async def read(self, scope: Scope, client: str, entry: str) -> JournalEntry:
        """An entry of *client* that is shared with the caller, or `NotFound`."""
        if "/" in client or "/" in entry:
            raise not_found()
        # The entry first: what is shown was there when the leave to see it held.
        journal_entry = await self._documents.get(JournalEntry, client, entry)
        leave = await self._documents.get(EntryShare, client, share_id(entry, scope.user))
        share = await self._documents.get(Share, client, scope.user)
        if leave.is_over(self._clock()) or not leave.given_in(share):
            raise not_found()
        if journal_entry.trashed_at is not None:
            raise not_found()
        return journal_entry

    async def expire(self, owner: str, document_id: str) -> None:
        """Delete a share that has ended."""
        entry, _, coach = document_id.partition("/")

        def decide(changes: WriteContext) -> Outcome[EntryShare | None]:
            leave = changes.find(EntryShare, owner, document_id)
            mine = leave or changes.broken(EntryShare, owner, document_id)
            if mine is None or (leave is not None and not leave.is_over(changes.at)):
                return Outcome(verb="unchanged", document=None)
            delete_shares(changes, _both(owner, entry, coach))
            return deletion_outcome(mine)

        reads = _both(owner, entry, coach)
        await self._committer.submit(Write(scope=Scope(user=owner), reads=reads, decide=decide))


async def share_refs(documents: Documents, owner: str, entry: str) -> tuple[Ref, ...]:
    """Refs to both sides of every share of *entry*."""

    async def page(last: Document | None) -> Sequence[Document]:
        after = "" if last is None else last.id
        return await documents.page_of_all(EntryShare, owner, below=entry, after=after, limit=PAGE)

    coaches = [leave.id.removeprefix(f"{entry}/") for leave in await _all_pages(page)]
    return tuple(ref for coach in coaches for ref in _both(owner, entry, coach))


async def refs_between(documents: Documents, client: str, coach: str) -> tuple[Ref, ...]:
    """Refs to both sides of every entry share of *client* with *coach*."""

    async def page(last: ClientEntry | None) -> list[ClientEntry]:
        after = "" if last is None else mark(last, "until")
        wanted = Selection(order="until", where={"client": client}, after=after, limit=PAGE)
        return await documents.select(ClientEntry, coach, wanted)

    leaves = await _all_pages(page)
    return tuple(ref for leave in leaves for ref in _both(client, leave.entry, coach))


async def _all_pages(read: Callable[[T | None], Awaitable[Sequence[T]]]) -> list[T]:
    """All items of a list of which *read* gives the page behind an item."""
    items: list[T] = []
    while True:
        page = await read(items[-1] if items else None)
        items += page
        if len(page) < PAGE:
            return items


def delete_shares(changes: WriteContext, refs: Iterable[Ref]) -> None:
    """Delete the existing documents among *refs*."""
    for ref in refs:
        changes.discard(*ref)


def _both(owner: str, entry: str, coach: str) -> tuple[Ref, Ref]:
    return (
        Ref(EntryShare, owner, share_id(entry, coach)),
        Ref(ClientEntry, coach, client_entry_id(owner, entry)),
    )


def _require_open(changes: WriteContext, scope: Scope, entry: str) -> None:
    journal_entry = changes.get(JournalEntry, scope.user, entry)
    if journal_entry.trashed_at is not None:
        raise not_found()


def _checked(until: dt.datetime, at: dt.datetime) -> dt.datetime:
    if not at < until <= at + LONGEST:
        words = f"Share until a moment in the next {LONGEST.days} days."
        raise invalid_field("/until", "until_out_of_range", words)
    return to_stored(until)


def _given_in(share: Share) -> Conditions:
    """What the coach's side of a leave has that was given in the relation of *share*."""
    if share.relation:
        return {"relation": share.relation}
    # See `EntryShare.given_in`.
    return {"relation": OneOf(("", None)), "updated_at": Range(first=share.created_at)}


def _leave(
    before: EntryShare | None, share: Share, entry: str, until: dt.datetime, at: dt.datetime
) -> EntryShare:
    return EntryShare(
        id=share_id(entry, share.id),
        owner=share.owner,
        version=1 if before is None else before.version + 1,
        created_at=at if before is None else before.created_at,
        updated_at=at,
        entry=entry,
        coach=share.id,
        until=until,
        relation=share.relation,
    )


def _mirrored(before: ClientEntry | None, leave: EntryShare, at: dt.datetime) -> ClientEntry:
    return ClientEntry(
        id=client_entry_id(leave.owner, leave.entry),
        owner=leave.coach,
        version=1 if before is None else before.version + 1,
        created_at=at if before is None else before.created_at,
        updated_at=at,
        client=leave.owner,
        entry=leave.entry,
        until=leave.until,
        relation=leave.relation,
    )
