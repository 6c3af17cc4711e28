"""Deletes notifications whose time is over, and the oldest of whoever has too many.

One process of all looks once a minute for what has expired, and once an hour for who has too many.
"""

import contextlib
import itertools
from collections.abc import Sequence
from typing import Final

import msgspec

from models.access.scope import Scope
from models.base.clock import Clock
from models.base.periodic_jobs import PeriodicJob
from models.base.time import to_milliseconds
from models.notifications import Notification
from models.notifications.notification import MOST
from upcoach.store.base.sealing import Unreadable
from upcoach.store.collections.documents import Documents, Selection
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

LOOK_EVERY_S: Final = 60.0
COUNT_EVERY_S: Final = 3_600.0
PORTION: Final = 1_000  # that are looked for in one run
PART: Final = 250  # that one transaction deletes


class NotificationExpiry:
    """Deletes everybody's old notifications.

    Attributes
    ----------
    most
        How many of the newest are kept of each person.

    """

    def __init__(self, documents: Documents, committer: Committer, clock: Clock) -> None:
        self.most = MOST
        self._documents = documents
        self._committer = committer
        self._clock = clock

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic deletions."""
        return (
            PeriodicJob(
                name="notification_expiry",
                every_s=LOOK_EVERY_S,
                run=self.delete_expired,
                spread=True,
                leased=True,
            ),
            PeriodicJob(
                name="notification_surplus",
                every_s=COUNT_EVERY_S,
                run=self.delete_surplus,
                spread=True,
                leased=True,
            ),
        )

    async def delete_expired(self) -> None:
        """Delete what has expired, one portion of it."""
        now = to_milliseconds(self._clock())
        due = await self._documents.due(Notification, "expires_at", now, PORTION)
        for owner, rows in itertools.groupby(sorted(due), key=lambda row: row[0]):
            await self._delete(owner, [name for _, name in rows])

    async def delete_surplus(self) -> None:
        """Delete the oldest notifications of people who have too many, one portion of each."""
        for owner in await self._documents.owners_beyond(Notification, "created_at", self.most):
            oldest = Selection(order="created_at", limit=PORTION)
            surplus = await self._documents.count(Notification, owner, oldest) - self.most
            if surplus > 0:
                oldest = msgspec.structs.replace(oldest, limit=min(PORTION, surplus))
                found = await self._documents.select(Notification, owner, oldest)
                await self._delete(owner, [notification.id for notification in found])

    async def _delete(self, owner: str, ids: Sequence[str]) -> None:
        """Delete notifications of *owner*, some in each transaction."""

        def decide(changes: WriteContext) -> Outcome[None]:
            for name in part:
                changes.discard(Notification, owner, name)
            return Outcome(verb="deleted", document=None)

        for start in range(0, len(ids), PART):
            part = ids[start : start + PART]
            reads = tuple(Ref(Notification, owner, name) for name in part)
            write = Write(scope=Scope(user=owner), reads=reads, decide=decide)
            with contextlib.suppress(Unreadable):  # of an erased person: it goes with all of theirs
                await self._committer.commit(write)
