"""Shares: which documents a client lets a coach see.

A relation begins in `invitations`, by the word of both, and ends here, by the word of either.  Its
other side is read only if there is the caller's own: see `entry_shares`.
"""

import contextlib

from models.access.scope import Scope
from models.base.document import Document
from models.base.errors import Conflict, Invalid, NotFound, invalid_field
from models.contexts import KINDS
from models.sharing import CoachClient, Share, ShareDraft
from upcoach.services.account import announce_document, caller_ref, submit_with_best
from upcoach.services.base.resources import deletion_outcome, write_outcome
from upcoach.services.sharing.entry_shares import delete_shares, refs_between
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import NeedsLookup
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Mutation, Write


class Shares:
    """The shares of clients with coaches."""

    def __init__(self, documents: Documents, committer: Committer) -> None:
        self._documents = documents
        self._committer = committer

    async def connects(self, user: str, other: str) -> bool:
        """Whether *user* and *other* are client and coach, confirmed by both."""
        if "/" in other:
            return False
        for client, coach in ((user, other), (other, user)):
            with contextlib.suppress(NotFound):
                share = await self._documents.get(Share, client, coach)
                if share.accepted_at is not None:
                    return True
        return False

    async def page(self, scope: Scope, *, after: str = "", limit: int = 100) -> list[Share]:
        """The caller's shares, in order of the coaches' ids."""
        return await self._documents.page(Share, scope.user, after=after, limit=limit)

    async def clients(
        self, scope: Scope, *, after: str = "", limit: int = 100
    ) -> list[CoachClient]:
        """Who shares with the caller, in order of id."""
        return await self._documents.page(CoachClient, scope.user, after=after, limit=limit)

    async def share(
        self,
        scope: Scope,
        coach: str,
        draft: ShareDraft,
        acr: int,
        mutation: Mutation | None = None,
    ) -> WriteResult[Share | None]:
        """Share with *coach*, who has agreed to be one, exactly what *draft* says.

        *acr* is what the caller has shown just now, which must be the best that they have.
        """
        _require_fields(draft)
        if coach == scope.user:
            raise Invalid("share_with_oneself", "You already see your own documents.")

        def decide(changes: WriteContext) -> Outcome[Share | None]:
            before = changes.find(Share, scope.user, coach)
            if before is None:
                raise NotFound("coach_unknown", "You have no coach under this id.")
            if before.accepted_at is None:
                words = "This coach has not accepted yet: invite them, or stop sharing."
                raise Conflict("share_unconfirmed", words)
            after = before.revised(draft, changes.at)
            if (before.kinds, before.hidden) == (after.kinds, after.hidden):
                return write_outcome("unchanged", before)
            changes.find_refs(both)  # so that the coach's side is read, too
            client = changes.find(CoachClient, coach, scope.user)
            after = changes.set(before, after)
            changes.set(client, after.mirrored(client, changes.at))
            is_narrowed = after.shows_no_more_than(before)
            announce_document(changes, scope, "share", after, is_narrowed=is_narrowed)
            return write_outcome("updated", after)

        both = relation_refs(scope.user, coach)
        reads = (both[0], caller_ref(scope))
        write = Write(scope=scope, reads=reads, decide=decide, mutation=mutation)
        return await submit_with_best(self._committer, write, acr)

    async def leave(
        self, scope: Scope, coach: str, mutation: Mutation | None = None
    ) -> WriteResult[Share | None]:
        """End the caller's relation with *coach*, and all that they were shown."""
        return await self._end(scope, scope.user, coach, mutation)

    async def dismiss(
        self, scope: Scope, client: str, mutation: Mutation | None = None
    ) -> WriteResult[Share | None]:
        """End the caller's relation with *client*, and see nothing of theirs any more."""
        return await self._end(scope, client, scope.user, mutation)

    async def _end(
        self, scope: Scope, client: str, coach: str, mutation: Mutation | None
    ) -> WriteResult[Share | None]:
        entries: tuple[Ref, ...] | None = None

        async def look() -> None:
            nonlocal entries
            entries = await refs_between(self._documents, client, coach)

        def decide(changes: WriteContext) -> Outcome[Share | None]:
            own = changes.get_any(*mine)
            if entries is None:
                raise NeedsLookup(look)
            changes.find_refs((*both, *entries))  # so that they are read
            delete_shares(changes, (*both, *entries))
            return deletion_outcome(own)

        both = relation_refs(client, coach)
        mine = both[0] if scope.user == client else both[1]
        write = Write(scope=scope, reads=(mine,), decide=decide, mutation=mutation)
        ended = await self._committer.submit(write)
        await self._clear(scope, client, coach)
        return ended

    async def _clear(self, scope: Scope, client: str, coach: str) -> None:
        """Delete leave to read entries that was given while the relation was about to end.

        It holds no more (see `EntryShare.given_in`); nobody needs to go on listing it.
        """

        def decide(changes: WriteContext) -> Outcome[Share | None]:
            if changes.find(Share, client, coach) is None:
                delete_shares(changes, late)
            return Outcome(verb="unchanged", document=None)

        late = await refs_between(self._documents, client, coach)
        if late:
            reads = (*relation_refs(client, coach), *late)
            await self._committer.submit(Write(scope=scope, reads=reads, decide=decide))


def _require_fields(draft: ShareDraft) -> None:
    """Refuse to hide what is not there, or what tells one document from another."""
    for kind, names in draft.hidden.items():
        own_fields = set(KINDS[kind].__struct_fields__) - set(Document.__struct_fields__)
        for name in sorted(names - own_fields):
            words = f"There is no field {name[:64]!r}."
            raise invalid_field(f"/hidden/{kind}", "field_unknown", words)


def relation_refs(client: str, coach: str) -> tuple[Ref, Ref]:
    """Both sides of the relation of two people."""
    return Ref(Share, client, coach), Ref(CoachClient, coach, client)
