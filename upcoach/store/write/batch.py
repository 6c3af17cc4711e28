"""A batch of writes, of whatever people, that share one transaction."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

from models.base.checksums import pack_sums
from models.wire.events import Event
from upcoach.store.base import codec
from upcoach.store.base.broken_documents import BrokenDocument
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.pacing import paced, worked_off
from upcoach.store.log import event_log
from upcoach.store.log.heads import Head, Heads
from upcoach.store.outbox.outboxes import Outboxes
from upcoach.store.secrets.keyring import KeyRing
from upcoach.store.write.decider import Decider, Decision
from upcoach.store.write.deleted_documents import deleted, find_deletions
from upcoach.store.write.errors import (
    MissingDocument,
    StalePrecondition,
    WriteConflict,
    not_found,
)
from upcoach.store.write.idempotency import Receipts
from upcoach.store.write.operations import BulkOperations
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.pending import PendingWrite, Undecided
from upcoach.store.write.quotas import Growth, Holdings
from upcoach.store.write.reads import FAR, NEAR, USUAL_BYTES, Reach, Reader, ReadSet
from upcoach.store.write.refs import Ref
from upcoach.store.write.transaction import Transaction, Work

HEAVY: Final = 32 * USUAL_BYTES  # of one write: to decide it would hold the loop beyond 5 ms
LONG: Final = USUAL_BYTES  # of all that changes: each of thousands of words is to be named


class Batch:
    """Reads for all its writes, lets each decide, and commits what they decided.

    Attributes
    ----------
    counted_on
        The numbers of feeds that nobody may have gone beyond.

    """

    def __init__(
        self,
        database: Database,
        keyring: KeyRing,
        heads: Heads,
        holdings: Holdings,
        outboxes: Outboxes,
        at: dt.datetime,
        reach: Reach = NEAR,
    ) -> None:
        self.counted_on: dict[str, int] = {}
        self._database = database
        self._keyring = keyring
        self._heads = heads
        self._outboxes = outboxes
        self._at = at
        self._growth = Growth(holdings)
        self._log = event_log.EventLog(database, keyring)
        self._receipts = Receipts(database, keyring)
        self._reach = reach
        self._reader = Reader(database, keyring, heads, holdings, self._log, self._receipts, reach)

    async def commit(self, pending_writes: Sequence[PendingWrite]) -> list[Event]:
        """Answer every one of *pending_writes* and return the events to publish.

        `WriteConflict` if it must start over, and `Undecided` if it must do so for some of them:
        with more documents, or after those before them are committed.
        """
        read = await self._reader.begin(pending_writes)
        self.counted_on = read.seqs
        await self._reader.fill(read, pending_writes)
        waiting = [pending for pending in pending_writes if not pending.done.done()]
        self._require_near(read, waiting)
        decider = Decider(read, self._keyring, self._growth, self._at)
        decisions: list[Decision] = []
        heavy = any(read.weight(pending.write) > HEAVY for pending in waiting)
        await worked_off(decider.decide(waiting, decisions), in_thread=heavy)
        requests: dict[str, list[Bson]] = {outbox.collection: [] for outbox in self._outboxes}
        work = Work(keys=decider.keys, swept=decider.swept, requests=requests)
        long = _changed_bytes(read, decider, decisions) > LONG
        await worked_off(self._storing(read, decider, decisions, work), in_thread=heavy or long)
        await self._prove_refusals(decisions, decider)
        await self._answer_deleted(read, decisions)
        await Transaction(self._database).commit(work, await self._receipts_of(decisions))
        self._settle(read, decider, work)
        for decision in decisions:
            decision.settle()
        return [event for decision in decisions for event in decision.events]

    def _require_near(self, read: ReadSet, waiting: Sequence[PendingWrite]) -> None:
        """`Undecided` if some have to read further than this batch does."""
        heavy = [pending for pending in waiting if read.reaches_far(pending.write)]
        if heavy and self._reach is not FAR:
            raise Undecided(heavy)

    def _storing(
        self, read: ReadSet, decider: Decider, decisions: Sequence[Decision], work: Work
    ) -> Iterator[None]:
        """Build what is to be stored."""
        for decision in decisions:
            work.events.extend(map(event_log.to_bson, decision.events))
            mail, push = self._outboxes
            work.requests[mail.collection].extend(map(mail.to_bson, decision.mail_requests))
            work.requests[push.collection].extend(map(push.to_bson, decision.push_requests))
            yield
        for collection, operation in BulkOperations(read, decider, self._keyring):
            work.operations.setdefault(collection, []).append(operation)
            yield

    async def _prove_refusals(self, decisions: Sequence[Decision], decider: Decider) -> None:
        """Raise `WriteConflict` if a feed has gone on in which something was refused.

        Whoever takes a number proves thereby that nobody has written since; a refusal takes none,
        and may rest on documents that are older than the receipts of the writes that it follows.
        """
        refused = [
            decision.pending.write
            for decision in decisions
            if not isinstance(decision.answer, Outcome)
        ]
        unproven = {
            feed
            for write in refused
            if not write.new_owner
            for feed in write.feeds
            if decider.seqs[feed] == self.counted_on[feed]
        }
        if await self._heads.passed({feed: self.counted_on[feed] for feed in unproven}):
            raise WriteConflict

    async def _answer_deleted(self, read: ReadSet, decisions: Sequence[Decision]) -> None:
        """Answer "deleted", not "not found", to mutations of deleted documents."""
        fresh = [event for decision in decisions for event in decision.events]
        asked: list[tuple[Decision, Ref]] = []
        for decision in decisions:
            missing, write = decision.answer, decision.pending.write
            if isinstance(missing, MissingDocument):
                decision.answer = not_found()
                if write.mutation is not None and write.owns(missing.ref):
                    asked.append((decision, missing.ref))
        deletions = await find_deletions(self._log, {ref for _, ref in asked}, fresh, read.former)
        for decision, ref in asked:
            if ref in deletions:
                decision.answer = deleted(ref, deletions[ref])

    async def _receipts_of(self, decisions: Sequence[Decision]) -> list[Bson]:
        """The receipts of all that are named, each of which may hold a large document."""
        return [
            self._receipts.to_bson(decision.pending.write, decision.answer, self._at)
            async for decision in paced(decisions)
            if decision.pending.write.mutation is not None
            and decision.is_kept
            and not isinstance(decision.answer, StalePrecondition)
        ]

    def _settle(self, read: ReadSet, decider: Decider, work: Work) -> None:
        """Update the caches by what was committed."""
        for feed, seq in decider.seqs.items():
            if seq > read.seqs[feed]:
                self._heads.advance(feed, Head(seq, pack_sums(decider.sums[feed])))
        self._growth.settle()
        for outbox in self._outboxes:
            if work.requests[outbox.collection]:
                outbox.on_added()
        for ref, before in read.documents.items():
            if isinstance(before, BrokenDocument) and decider.state[ref] is not before:
                self._database.broken.gone(ref.kind, codec.key_of(ref.owner, ref.id))


def _changed_bytes(read: ReadSet, decider: Decider, decisions: Sequence[Decision]) -> int:
    """The bytes of what changes, before and after."""
    added = sum(len(event.sealed) for decision in decisions for event in decision.events)
    changed = (ref for ref, after in decider.state.items() if after is not read.documents.get(ref))
    return added + sum(read.sizes.get(ref, 0) for ref in changed)
