"""Purges entries that were in the trash for 30 days, and entry shares that have ended.

Nobody has seen it since that moment, because whoever reads looks at the clock.  Here it is deleted.
Every web process looks once a minute; a deletion that another one was faster with finds nothing to
do, so nobody has to be first.
"""

import contextlib
from typing import Final

from models.access.scope import Scope
from models.base.clock import Clock
from models.base.periodic_jobs import PeriodicJob
from models.journal import EntryShare, JournalEntry, UnsavedEntry
from models.journal.journal_entry import KEPT
from upcoach.services.base.resources import deletion_outcome
from upcoach.services.sharing import EntryShares, delete_shares, share_refs
from upcoach.store.base.sealing import Unreadable
from upcoach.store.collections.documents import Documents
from upcoach.store.log.log_redaction import LogRedaction
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

LOOK_EVERY_S: Final = 60.0
PORTION: Final = 1_000


class Trash:
    """Purges everybody's trash."""

    def __init__(
        self,
        documents: Documents,
        committer: Committer,
        redaction: LogRedaction,
        shares: EntryShares,
        clock: Clock,
    ) -> None:
        self._documents = documents
        self._committer = committer
        self._redaction = redaction
        self._shares = shares
        self._clock = clock

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic purge."""
        return (PeriodicJob(name="trash", every_s=LOOK_EVERY_S, run=self.purge, spread=True),)

    async def purge(self) -> None:
        """Delete what has expired, one portion of each kind."""
        now = self._clock()
        for owner, entry in await self._documents.due(
            JournalEntry, "trashed_at", now - KEPT, PORTION
        ):
            with contextlib.suppress(Unreadable):  # of an erased person: it goes with all of theirs
                await self._purge(owner, entry)
        for owner, share in await self._documents.due(EntryShare, "until", now, PORTION):
            await self._shares.expire(owner, share)

    async def _purge(self, owner: str, entry: str) -> None:
        """Redact an entry's events, then delete it and all that belongs to it."""

        def decide(changes: WriteContext) -> Outcome[None]:
            entry_, at = changes.find(JournalEntry, owner, entry), changes.at
            gone = entry_ or changes.broken(JournalEntry, owner, entry)
            if gone is None or (entry_ is not None and not entry_.is_gone(at)):
                return Outcome(verb="unchanged", document=None)
            if changes.holds(UnsavedEntry, owner, entry):
                changes.drop(changes.get_any(UnsavedEntry, owner, entry))
            delete_shares(changes, shares)
            changes.delete(gone, children=EntryShare)
            return deletion_outcome(gone)

        await self._redaction.redact(JournalEntry, owner, entry)
        shares = await share_refs(self._documents, owner, entry)
        write = Write(
            scope=Scope(user=owner),
            reads=(Ref(JournalEntry, owner, entry), Ref(UnsavedEntry, owner, entry), *shares),
            decide=decide,
            sweeps=(Ref(EntryShare, owner, entry),),
        )
        await self._committer.commit(write)
