"""Runs the writes' decisions in order, and builds their events, without the database."""

import datetime as dt
from collections.abc import Iterable, Iterator

import msgspec

from models.account import Session, SessionState
from models.base.checksums import Sums, pack_sums, toggle
from models.base.document import Document
from models.base.errors import Refusal
from models.base.messages.mail import MailRequest
from models.base.messages.push import PushRequest
from models.wire import event_aside
from models.wire.event_aside import EventAside
from models.wire.events import Event, feed_owner, user_feed
from models.wire.frames import Author, Ev, encode
from upcoach.store.base.broken_documents import BrokenDocument
from upcoach.store.base.database import Bson
from upcoach.store.base.sealing import associated_data, seal
from upcoach.store.log import event_log
from upcoach.store.secrets.keyring import KeyRing
from upcoach.store.write.changes import ChangeEvent, WriteContext
from upcoach.store.write.errors import (
    NeedsLookup,
    NeedsMoreReads,
    StalePrecondition,
    session_ended,
)
from upcoach.store.write.outcomes import AnyOutcome, Outcome
from upcoach.store.write.pending import PendingWrite, Undecided
from upcoach.store.write.quotas import Growth
from upcoach.store.write.reads import ReadSet
from upcoach.store.write.refs import Ref, Version, stands_below
from upcoach.store.write.requests import AnyWrite


class Decision(msgspec.Struct):
    """A write with its answer, which counts once the transaction is committed.

    Attributes
    ----------
    is_kept
        Whether the same write, sent again under its name, gets the same answer: not if its caller
        was locked out, who may log in again and send it.

    """

    pending: PendingWrite
    answer: AnyOutcome | Refusal | StalePrecondition
    events: list[Event]
    is_kept: bool = True
    mail_requests: list[MailRequest] = []
    push_requests: list[PushRequest] = []

    def settle(self) -> None:
        """Resolve the pending write with its answer."""
        if isinstance(self.answer, Outcome):
            self.pending.done.set_result(self.answer)
        else:
            self.pending.fail(self.answer)


class Decider:
    """Applies the decisions of a batch's writes to what was read.

    Attributes
    ----------
    state
        What is under each id after the writes that have decided so far.
    swept
        The documents whose children are gone.
    former
        How far versions went under ids that hold nothing now.
    seqs, sums
        The newest number of each feed, and its checksums.
    keys
        The data keys of new owners, as they are stored.
    at
        The moment of all writes of the batch.

    """

    def __init__(self, read: ReadSet, keyring: KeyRing, growth: Growth, at: dt.datetime) -> None:
        self.state = dict(read.documents)
        self.swept: list[Ref] = []
        self.former = dict(read.former)
        self.seqs = dict(read.seqs)
        self.sums = read.sums
        self.keys: list[Bson] = []
        self._past = read.past
        self._children = read.children
        self._edges = read.edges
        self._keyring = keyring
        self._growth = growth
        self.at = at

    def decide(
        self, pending_writes: Iterable[PendingWrite], decisions: list[Decision]
    ) -> Iterator[None]:
        """Let each of *pending_writes* decide, in order, a step for each, and add its decision.

        `Undecided` with all that have to read or look up more: one round is for them all.
        """
        undecided = Undecided()
        for pending in pending_writes:
            try:
                decisions.append(self._decide(pending))
            except NeedsMoreReads as more:
                undecided.reading.append(pending)
                pending.read_more(more)
            except NeedsLookup as needed:
                undecided.looking[pending] = needed.look
            yield
        if undecided.writes:
            raise undecided

    def _decide(self, pending: PendingWrite) -> Decision:
        write = pending.write
        if any(self._has_ended(ref) for ref in write.sessions):
            return Decision(pending, session_ended(), [], is_kept=False)
        changes = WriteContext(
            self.at, self.state, self._past, self.former, write.name, self._edges
        )
        if write.new_owner:
            self.keys.append(self._keyring.create(write.scope.user))
        try:
            outcome = write.decide(changes)
            self._growth.admit(self.state, changes.staged)
        except (Refusal, StalePrecondition) as refusal:
            return Decision(pending, refusal, [])
        events = [self._event(write, change_event) for change_event in changes.change_events]
        self._remember(write, changes.staged)
        self.former |= changes.ended
        self.state.update(changes.staged)
        seq = self.seqs[write.scope.feed]
        answer = msgspec.structs.replace(outcome, seq=seq)
        return Decision(
            pending,
            answer,
            events,
            mail_requests=changes.mail_requests,
            push_requests=changes.push_requests,
        )

    def _has_ended(self, ref: Ref) -> bool:
        session = self.state[ref]
        if isinstance(session, Session):
            return session.state(self.at) is SessionState.ENDED
        return session is not None  # nobody can read it: it lets nobody in

    def _remember(self, write: AnyWrite, staged: dict[Ref, Document | None]) -> None:
        """Add the versions before and after *write* to the past that later writes see."""
        for ref, after in staged.items():
            before = self.state[ref]
            if after is None:
                self._past.pop(ref, None)
                continue
            past = self._past.setdefault(ref, [])
            if not past and before is not None and not isinstance(before, BrokenDocument):
                past.append(Version(before))
            past.append(Version(after, write.name))

    def _event(self, write: AnyWrite, change: ChangeEvent) -> Event:
        subject = change.subject
        feed = user_feed(subject.owner)
        self.seqs[feed] = seq = self.seqs[feed] + 1
        swept = self._sum(self.sums[feed], change)
        doc, patch = change.content()
        by = Author(user=write.scope.user)
        if feed == write.scope.feed:  # devices, and what they call their writes, are one's own
            by = Author(user=write.scope.user, dev=write.scope.device, mut=write.name)
        line = Ev(
            f=feed,
            seq=seq,
            type=change.type,
            id=subject.id,
            ver=subject.version + (change.after is None),
            doc=doc,
            patch=patch,
            by=by,
            at=self.at,
        )
        key = self._keyring[feed_owner(feed)]
        sealed = seal(key, encode(line), associated_data("events", feed, seq))
        return Event(
            feed=feed,
            seq=seq,
            at=self.at,
            type=change.type,
            id=subject.id,
            sums=pack_sums(self.sums[feed]),
            sealed=sealed,
            aside=self._aside(change, swept, feed, seq),
        )

    def _aside(self, change: ChangeEvent, swept: int, feed: str, seq: int) -> bytes:
        takes = None
        if change.swept is not None:
            takes = (change.swept.kind.kind,) if swept else ()
        plain = event_aside.pack_aside(EventAside(edits=change.subject.edits, takes=takes))
        key = self._keyring[feed_owner(feed)]
        return seal(key, plain, event_log.aside_associated_data(feed, seq)) if plain else b""

    def _sum(self, sums: Sums, change: ChangeEvent) -> int:
        """Update *sums* by *change*; return how many documents were swept away."""
        for document in (change.before, change.after):
            if document is not None:
                toggle(sums, document.kind, document.id, document.version)
        if change.swept is None:
            return 0
        gone = self._sweep_away(change.swept)
        for child, version in gone.items():
            toggle(sums, change.swept.kind.kind, child, version)
        return len(gone)

    def _sweep_away(self, parent: Ref) -> dict[str, int]:
        """Delete the children of *parent*; return their versions."""
        self.swept.append(parent)
        self._growth.sweep(parent)
        gone, self._children[parent] = self._children[parent], {}
        for ref, document in self.state.items():
            if stands_below(ref, parent):
                gone.pop(ref.id, None)
                if document is not None:
                    gone[ref.id] = document.version
        self.former |= {Ref(parent.kind, parent.owner, name): last for name, last in gone.items()}
        return gone
