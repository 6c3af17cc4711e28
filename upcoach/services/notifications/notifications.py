"""Notifications: listed, counted, marked and deleted by their person."""

import datetime as dt
from typing import Final

import msgspec

from models.access.scope import Scope
from models.base.clock import Clock
from models.base.merge_patch import Json
from models.base.time import to_milliseconds
from models.notifications import NewNotification, Notification, NotificationDraft
from upcoach.services.base.resources import Resources
from upcoach.services.base.rules import Rules, revising
from upcoach.store.base.conditions import Range
from upcoach.store.collections.documents import Documents, Selection
from upcoach.store.collections.page_tokens import mark
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import NeedsLookup
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Mutation, Write

PART: Final = 250  # documents that are changed in one transaction


class UnreadCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many notifications wait for their person.

    Attributes
    ----------
    unread
        Those that are not read, and not snoozed now.
    unseen
        Those that were on no screen yet: the number beside the bell.

    """

    unread: int
    unseen: int


class Notifications(Resources[Notification, NewNotification]):
    """A person's notifications."""

    rules = Rules(
        kind=Notification,
        drafted=Notification.drafted,
        revised=revising(NotificationDraft, Notification.revised),
    )

    def __init__(self, documents: Documents, committer: Committer, clock: Clock) -> None:
        super().__init__(documents, committer)
        self._clock = clock

    async def unread(self, scope: Scope) -> UnreadCount:
        """Count the caller's unread and unseen notifications."""
        now = to_milliseconds(self._clock())
        waiting = Selection(order="created_at", where={"read": False})
        snoozed = Selection(order="snoozed_until", where={"read": False}, span=Range(above=now))
        unseen = Selection(order="created_at", where={"seen": False})
        counts = [
            await self._documents.count(Notification, scope.user, wanted)
            for wanted in (waiting, snoozed, unseen)
        ]
        return UnreadCount(unread=max(0, counts[0] - counts[1]), unseen=counts[2])

    async def mark_all(
        self, scope: Scope, mutation: Mutation | None = None, *, read: bool
    ) -> WriteResult[Json]:
        """Mark all that is there now as seen, or as *read*, in parts of 250, each whole.

        The first part says up to which moment, and keeps its place among the caller's writes; the
        others leave alone what was changed since.  The same again under its name goes on with them.
        """
        first = await self._mark_first(scope, mutation, read=read)
        body = first.body or {}
        up_to = msgspec.convert(body["up_to"], dt.datetime)
        seq = first.seq
        if body["marked"] > PART:
            seq = max(seq, await self._mark_rest(scope, up_to, read=read))
        return msgspec.structs.replace(first, seq=seq)

    async def _mark_first(
        self, scope: Scope, mutation: Mutation | None, *, read: bool
    ) -> WriteResult[Json]:
        """Mark one part; answer how many there are in all, and up to which moment."""
        ids: list[str] | None = None
        total, up_to = 0, to_milliseconds(self._clock())

        async def look() -> None:
            nonlocal ids, total, up_to
            up_to = to_milliseconds(self._clock())
            wanted = _unmarked(up_to, read=read)
            total = await self._documents.count(Notification, scope.user, wanted)
            part = await self._documents.select(Notification, scope.user, wanted)
            ids = [notification.id for notification in part]

        def decide(changes: WriteContext) -> Outcome[Json]:
            if ids is None:
                raise NeedsLookup(look)
            _mark(changes, scope, ids, up_to, read=read)
            body = {"marked": total, "up_to": msgspec.to_builtins(up_to)}
            return Outcome(verb="updated" if total else "unchanged", document=body)

        return await self._committer.submit(
            Write(scope=scope, reads=(), decide=decide, mutation=mutation)
        )

    async def _mark_rest(self, scope: Scope, up_to: dt.datetime, *, read: bool) -> int:
        """Mark what is left of what was there at *up_to*; return the number of the last event."""
        seq, wanted = 0, _unmarked(up_to, read=read)
        while part := await self._documents.select(Notification, scope.user, wanted):
            ids = [notification.id for notification in part]

            def decide(changes: WriteContext, ids: list[str] = ids) -> Outcome[Json]:
                _mark(changes, scope, ids, up_to, read=read)
                return Outcome(verb="updated", document={})

            reads = tuple(Ref(Notification, scope.user, name) for name in ids)
            outcome = await self._committer.commit(Write(scope=scope, reads=reads, decide=decide))
            seq = outcome.seq
            wanted = msgspec.structs.replace(wanted, after=mark(part[-1], wanted.order))
        return seq


def _unmarked(up_to: dt.datetime, *, read: bool) -> Selection:
    """The first part of what was there at *up_to* and is not read, or not seen."""
    return Selection(
        order="created_at",
        where={"read" if read else "seen": False},
        span=Range(last=up_to),
        limit=PART,
    )


def _mark(
    changes: WriteContext, scope: Scope, ids: list[str], up_to: dt.datetime, *, read: bool
) -> None:
    """Mark those of *ids* that nobody has changed since *up_to*."""
    for notification in changes.find_all(Notification, scope.user, ids):
        is_marked = notification.read if read else notification.seen
        if not is_marked and notification.updated_at <= up_to:
            changes.update(notification, notification.marked(changes.at, read=read))
