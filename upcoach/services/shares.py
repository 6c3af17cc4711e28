"""Who may see whose documents: everybody their own, a coach what a client shares."""

import contextlib
from collections.abc import Collection

import msgspec

from models.documents import KINDS, CoachClient, Document, Share, ShareDraft, User
from models.errors import Flaw, Invalid, NotFound
from models.events import feed_owner
from models.scope import Scope
from models.sight import Sight
from upcoach.services.resources import outcome
from upcoach.store.changes import Changes, Decide, Mutation, Outcome, Ref, Write
from upcoach.store.committer import Committer
from upcoach.store.documents import Documents
from upcoach.store.log import LATEST, EventLog


class View(msgspec.Struct, frozen=True):
    """A feed as somebody may see it: all of it, or what they have in *sight*."""

    scope: Scope
    feed: str
    sight: Sight | None = None
    since: int = 0  # the number under which it became what it is

    @property
    def owner(self) -> str:
        """Whose feed it is."""
        return feed_owner(self.feed)

    def visible(self, asked: Collection[str] | None = None) -> tuple[str, ...]:
        """The kinds that it shows, of those *asked* for; one that does not exist is `Invalid`."""
        for kind in asked or ():
            if kind not in KINDS:
                known = ", ".join(KINDS)
                raise Invalid("kind_unknown", f"There is no kind {kind[:64]!r}: one of {known}.")
        return tuple(
            kind
            for kind in KINDS
            if (asked is None or kind in asked) and (self.sight is None or kind in self.sight.kinds)
        )


class Shares:
    """What people let their coaches see."""

    def __init__(self, documents: Documents, committer: Committer, log: EventLog) -> None:
        self._documents = documents
        self._committer = committer
        self._log = log

    async def view(self, scope: Scope, name: str) -> View:
        """The feed called *name*, as the caller may see it; `u:me` is their own."""
        if name in ("u:me", scope.feed):
            return View(scope, scope.feed)
        owner = feed_owner(name)
        if not name.startswith("u:") or "/" in owner:
            raise _unknown()
        try:
            share = await self._documents.get(Share, owner, scope.user)
        except NotFound:
            raise _unknown() from None
        # The number second: a newer one than the share's only asks for a snapshot too many.
        changes = await self._log.history(name, Share.kind, scope.user, LATEST, 1)
        return View(scope, name, _sight(share), changes[0].seq if changes else 0)

    async def connects(self, one: str, other: str) -> bool:
        """Whether one of these two is the other's coach."""
        if "/" in other:
            return False
        for client, coach in ((one, other), (other, one)):
            with contextlib.suppress(NotFound):
                await self._documents.get(Share, client, coach)
                return True
        return False

    async def page(self, scope: Scope, *, after: str = "", limit: int = 100) -> list[Share]:
        """What the caller shares, in order of the coaches' ids."""
        return await self._documents.page(Share, scope.user, after=after, limit=limit)

    async def clients(
        self, scope: Scope, *, after: str = "", limit: int = 100
    ) -> list[CoachClient]:
        """Who shares with the caller, in order of id."""
        return await self._documents.page(CoachClient, scope.user, after=after, limit=limit)

    async def share(
        self, scope: Scope, coach: str, draft: ShareDraft, mutation: Mutation | None = None
    ) -> Outcome:
        """Let *coach* see what *draft* says, and nothing else."""
        _require_fields(draft)
        if coach == scope.user:
            raise Invalid("share_with_oneself", "Everybody sees their own documents.")

        def decide(changes: Changes) -> Outcome:
            if changes.find(User, coach, coach) is None:
                raise NotFound("coach_unknown", "There is nobody under this id.")
            before = changes.find(Share, scope.user, coach)
            fresh = Share.drafted(draft, client=scope.user, coach=coach, at=changes.at)
            if before is not None and _sight(before) == _sight(fresh):
                return outcome("unchanged", before)
            after = fresh if before is None else before.revised(draft, changes.at)
            client = changes.find(CoachClient, coach, scope.user)
            after = changes.set(before, after)
            changes.set(client, after.mirrored(client, changes.at))
            return outcome("created" if before is None else "updated", after)

        reads = (Ref(User, coach, coach), *_both(scope, coach))
        return await self._submit(scope, reads, decide, mutation)

    async def take_back(
        self, scope: Scope, coach: str, mutation: Mutation | None = None
    ) -> Outcome:
        """Let *coach* see nothing any more."""

        def decide(changes: Changes) -> Outcome:
            share = changes.get_any(Share, scope.user, coach)
            changes.delete(share)
            changes.discard(CoachClient, coach, scope.user)
            return Outcome(verb="deleted", version=share.version + 1)

        return await self._submit(scope, _both(scope, coach), decide, mutation)

    async def _submit(
        self,
        scope: Scope,
        reads: tuple[Ref, ...],
        decide: Decide,
        mutation: Mutation | None,
    ) -> Outcome:
        write = Write(scope=scope, reads=reads, decide=decide, mutation=mutation)
        return await self._committer.submit(write)


def _sight(share: Share) -> Sight:
    hidden = ((kind, name) for kind, names in share.hidden.items() for name in names)
    return Sight(frozenset(share.kinds), frozenset(hidden))


def _require_fields(draft: ShareDraft) -> None:
    """Refuse to hide what is not there, or what tells one document from another."""
    for kind, names in draft.hidden.items():
        known = set(KINDS[kind].__struct_fields__) - set(Document.__struct_fields__)
        for name in sorted(names - known):
            flaw = Flaw(f"/hidden/{kind}", "field_unknown", f"There is no field {name[:64]!r}.")
            raise Invalid("body_invalid", flaw.detail, flaws=(flaw,))


def _both(scope: Scope, coach: str) -> tuple[Ref, Ref]:
    return Ref(Share, scope.user, coach), Ref(CoachClient, coach, scope.user)


def _unknown() -> NotFound:
    return NotFound("feed_unknown", "There is no such feed.")
