"""One transaction that carries several people's writes."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any, NoReturn, TypeVar

import msgspec
from pymongo import DeleteOne, InsertOne, ReplaceOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, PyMongoError

from models.account import Session
from models.base.checksums import Sums, packed, toggle, unpacked
from models.base.document import Document
from models.base.errors import Refusal
from models.base.mail import AnyWish
from models.contexts import KINDS
from models.wire import aside
from models.wire.aside import Aside
from models.wire.events import Event, feed_owner, user_feed
from models.wire.frames import Author, Ev, encode
from upcoach.store.base import codec
from upcoach.store.base.broken import Broken
from upcoach.store.base.database import Bson, Database, is_outage
from upcoach.store.base.pacing import Pace
from upcoach.store.base.sealing import place, seal
from upcoach.store.log import event_log
from upcoach.store.log.heads import Head, Heads
from upcoach.store.secrets.keyring import COLLECTION as KEYS
from upcoach.store.secrets.keyring import KeyRing
from upcoach.store.write.changes import Changes, Fact
from upcoach.store.write.document_versions import past_of
from upcoach.store.write.errors import (
    MissingDocument,
    NeedsLookup,
    NeedsMoreReads,
    StalePrecondition,
    UniqueViolation,
    WriteConflict,
    not_found,
    session_ended,
)
from upcoach.store.write.mail_outbox import COLLECTION as OUTBOX
from upcoach.store.write.mail_outbox import Outbox
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.quotas import Growth, Holdings, places_of
from upcoach.store.write.receipts import COLLECTION as RECEIPTS
from upcoach.store.write.receipts import Receipts
from upcoach.store.write.refs import Listing, Ref, Version, stands_below
from upcoach.store.write.requests import Write
from upcoach.store.write.tombstones import said

T = TypeVar("T")

HEAVY = 32  # documents beyond which deciding would hold the loop for longer than 5 ms
PORTION = 500  # what the driver encodes in one go, for the same reason

_DUPLICATE_KEY = 11_000
# What another try may get around, by whatever error it is told: LockTimeout, WriteConflict,
# TransactionTooOld, SnapshotTooOld, SnapshotUnavailable, NoSuchTransaction,
# TransactionExceededLifetimeLimitSeconds, TemporarilyUnavailable, TransactionTooLargeForCache.
_TRANSIENT = frozenset({24, 112, 225, 239, 246, 251, 290, 365, 388})
_COMMIT_TRIES = 3


class Ticket:
    """A write that waits for its outcome."""

    def __init__(self, write: Write) -> None:
        self.write = write
        self.done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()


class Waits(Exception):
    """A *ticket* has to *look* when all before it are committed; see `NeedsLookup`."""

    def __init__(self, ticket: Ticket, look: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.ticket = ticket
        self.look = look


class Decided(msgspec.Struct):
    """A write with its answer, which counts once the transaction is committed.

    Attributes
    ----------
    is_kept
        Whether the same write, sent again under its name, gets the same answer: not if its caller
        was locked out, who may log in again and send it.

    """

    ticket: Ticket
    answer: Outcome | Refusal | StalePrecondition
    events: list[Event]
    is_kept: bool = True
    wishes: list[AnyWish] = []


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch has to write."""

    decided: list[Decided]
    events: list[Bson]
    operations: dict[str, list[Any]]
    wishes: list[Bson]


class Batch:
    """Reads for all its writes, lets each decide, and commits what they decided."""

    def __init__(
        self,
        database: Database,
        keyring: KeyRing,
        heads: Heads,
        holdings: Holdings,
        outbox: Outbox,
        at: dt.datetime,
    ) -> None:
        self._database = database
        self._holdings = holdings
        self._outbox = outbox
        self._growth = Growth(holdings)
        self._keyring = keyring
        self._heads = heads
        self._receipts = Receipts(database, keyring)
        self._log = event_log.EventLog(database, keyring)
        self._at = at
        self._before: dict[Ref, Document | None] = {}
        self._state: dict[Ref, Document | None] = {}
        self._past: dict[Ref, list[Version]] = {}
        self._former: dict[Ref, int] = {}  # how far versions went under ids that hold nothing now
        self._tombs: dict[Ref, int] = {}  # the same as stored, of kinds that are in no log
        self._swept: list[Ref] = []
        self._children: dict[Ref, dict[str, int]] = {}  # the versions of what stands below each
        self._seqs: dict[str, int] = {}
        self._sums: dict[str, Sums] = {}
        self.counted_on: dict[str, int] = {}  # the numbers that nobody may have gone beyond
        self._keys: list[Bson] = []

    async def commit(self, tickets: Sequence[Ticket]) -> list[Event]:
        """Answer every ticket and return the events to publish.

        `WriteConflict` if it must start over, `NeedsMoreReads` if it must do so with more
        documents, and `Waits` if one of them has to see what those before it leave.
        """
        await self._read(tickets)
        open_tickets = [ticket for ticket in tickets if not ticket.done.done()]
        if len(self._before) + sum(map(len, self._children.values())) > HEAVY:
            work = await asyncio.to_thread(self._prepare, open_tickets)
        else:
            work = self._prepare(open_tickets)
        decided = work.decided
        await self._prove_refusals(decided)
        await self._say_what_is_gone(decided)
        await self._write(work, self._receipts_of(decided))
        for feed, seq in self._seqs.items():
            if seq > self.counted_on[feed]:
                self._heads.advance(feed, Head(seq, packed(self._sums[feed])))
        self._growth.settle()
        if work.wishes:
            self._outbox.on_added()
        self._heal()
        for one in decided:
            _settle(one)
        return [event for one in decided for event in one.events]

    async def _read(self, tickets: Sequence[Ticket]) -> None:
        writes = [ticket.write for ticket in tickets]
        known = {write.scope.user for write in writes if not write.new_owner}
        owners = known | {
            owner for write in writes if not write.new_owner for owner in write.owners
        }
        # The heads come first: a document that is read before its feed's head proves nothing.
        feeds = {feed for write in writes for feed in write.feeds}
        await self._heads.load(feeds)
        self._seqs = {feed: self._heads[feed].seq for feed in feeds}
        self._sums = {feed: unpacked(self._heads[feed].sums) for feed in feeds}
        self.counted_on = dict(self._seqs)
        await self._keyring.load(owners)
        refs = {ref for write in writes for ref in (*write.reads, *_session_of(write))}
        lists = [listing for write in writes for listing in write.lists]
        parents = {parent for write in writes for parent in write.sweeps}
        await asyncio.gather(
            self._replay(tickets),
            *self._reads(refs),
            *map(self._read_list, lists),
            *map(self._read_children, parents),
        )
        self._state = dict(self._before)
        await asyncio.gather(
            self._holdings.load(places_of(self._before)),
            self._read_past(tickets),
            self._read_former(writes),
        )

    async def _read_past(self, tickets: Sequence[Ticket]) -> None:
        """Know the past of those documents that somebody changes from an older version."""
        wanted: dict[Ref, tuple[Document, int]] = {}
        for base in (ticket.write.base for ticket in tickets if not ticket.done.done()):
            document = self._before[base.ref] if base is not None else None
            if base is not None and document is not None and 0 < base.version < document.version:
                _, version = wanted.get(base.ref, (document, base.version))
                wanted[base.ref] = (document, min(version, base.version))
        found = await asyncio.gather(
            *(
                past_of(self._log, document, version, self._seqs[user_feed(document.owner)])
                for document, version in wanted.values()
            )
        )
        self._past = dict(zip(wanted, found, strict=True))

    async def _read_former(self, writes: Iterable[Write]) -> None:
        """Know how far the versions went of what is not there, unless its id was made just now."""
        made = (write.reads if write.new_owner else write.fresh for write in writes)
        fresh = {ref for refs in made for ref in refs}
        wanted: dict[str, list[Ref]] = {}
        for ref, found in self._before.items():
            if found is None and ref not in fresh and _is_logged(ref):
                wanted.setdefault(user_feed(ref.owner), []).append(ref)
        for feed, refs in wanted.items():
            # Each version took a number of the feed, so none was above the last of these.
            last = await self._log.last_numbers(feed, {ref.id for ref in refs})
            self._former |= {ref: last[ref.id] for ref in refs if ref.id in last}

    def _reads(self, refs: Iterable[Ref]) -> list[Any]:
        by_kind: dict[type[Document], list[Ref]] = {}
        for ref in refs:
            self._before[ref] = None
            by_kind.setdefault(ref.kind, []).append(ref)
        return [self._read_kind(kind, refs) for kind, refs in by_kind.items()]

    async def _read_kind(self, kind: type[Document], refs: list[Ref]) -> None:
        keys = {codec.key_of(ref.owner, ref.id): ref for ref in refs}
        pace = Pace()
        async with self._database.turn():
            found = self._database[kind.collection].find({"_id": {"$in": list(keys)}})
            async for stored in found:
                ref = keys[stored["_id"]]
                self._take(ref, stored)
                await pace.breathe()

    async def _read_list(self, listing: Listing) -> None:
        kind, owner, where = listing
        query = {"_id": codec.below(owner), **where}
        async with self._database.turn():
            async for stored in self._database[kind.collection].find(query):
                self._take(Ref(kind, owner, stored["_id"][len(owner) + 1 :]), stored)

    def _take(self, ref: Ref, stored: Bson) -> None:
        if codec.TOMB in stored:
            self._tombs[ref] = self._former[ref] = stored["version"]
            return
        key, broken = self._keyring[ref.owner], self._database.broken
        self._before[ref] = codec.read(ref.kind, stored, ref.owner, key, broken)

    async def _read_children(self, parent: Ref) -> None:
        query = {"_id": codec.below(parent.owner, parent.id)}
        async with self._database.turn():
            found = self._database[parent.kind.collection].find(query, {"version": 1})
            pace, children = Pace(), self._children.setdefault(parent, {})
            async for stored in found:
                children[stored["_id"][len(parent.owner) + 1 :]] = stored.get("version", 1)
                await pace.breathe()

    async def _replay(self, tickets: Sequence[Ticket]) -> None:
        """Give those whose mutation id was used before the answer of that time."""
        named = {
            (ticket.write.scope.user, ticket.write.mutation.id): ticket
            for ticket in tickets
            if ticket.write.mutation is not None
        }
        for name, answer in (await self._receipts.answers(named)).items():
            ticket = named[name]
            assert ticket.write.mutation is not None
            if ticket.done.done():
                continue
            try:
                ticket.done.set_result(answer.repeated(ticket.write.mutation.fingerprint))
            except Refusal as refusal:
                ticket.done.set_exception(refusal)

    def _decide(self, ticket: Ticket) -> Decided:
        write = ticket.write
        if any(self._has_ended(ref) for ref in _session_of(write)):
            return Decided(ticket, session_ended(), [], is_kept=False)
        name = write.mutation.id if write.mutation else ""
        changes = Changes(self._at, self._state, self._past, self._former, name)
        if write.new_owner:
            self._keys.append(self._keyring.create(write.scope.user))
        try:
            outcome = write.decide(changes)
            self._growth.admit(self._state, changes.staged)
        except (Refusal, StalePrecondition) as refusal:
            return Decided(ticket, refusal, [])
        except NeedsLookup as undecided:
            raise Waits(ticket, undecided.look) from None
        except NeedsMoreReads as more:
            ticket.write = msgspec.structs.replace(write, reads=(*write.reads, *more.refs))
            raise
        events = [self._event(write, fact) for fact in changes.facts]
        self._remember(write, changes.staged)
        self._former |= changes.ended
        self._state.update(changes.staged)
        seq = self._seqs[write.scope.feed]
        answer = msgspec.structs.replace(outcome, seq=seq)
        return Decided(ticket, answer, events, wishes=changes.wishes)

    def _has_ended(self, ref: Ref) -> bool:
        session = self._state[ref]
        if isinstance(session, Session):
            return session.ended_at is not None
        return session is not None  # nobody can read it: it lets nobody in

    def _remember(self, write: Write, staged: dict[Ref, Document | None]) -> None:
        """Let later writes of this batch know what each document was before *write*."""
        name = write.mutation.id if write.mutation else ""
        for ref, after in staged.items():
            before = self._state[ref]
            if after is None:
                self._past.pop(ref, None)
                continue
            past = self._past.setdefault(ref, [])
            if not past and before is not None and not isinstance(before, Broken):
                past.append(Version(before))
            past.append(Version(after, name))

    def _event(self, write: Write, fact: Fact) -> Event:
        subject = fact.subject
        feed = user_feed(subject.owner)
        self._seqs[feed] = seq = self._seqs[feed] + 1
        swept = self._sum(self._sums[feed], fact)
        doc, patch = fact.content()
        by = Author(user=write.scope.user)
        if feed == write.scope.feed:  # devices, and what they call their writes, are one's own
            mut = write.mutation.id if write.mutation else ""
            by = Author(user=write.scope.user, dev=write.scope.device, mut=mut)
        line = Ev(
            f=feed,
            seq=seq,
            type=fact.type,
            id=subject.id,
            ver=subject.version + (fact.after is None),
            doc=doc,
            patch=patch,
            by=by,
            at=self._at,
        )
        key = self._keyring[feed_owner(feed)]
        sealed = seal(key, encode(line), place("events", feed, seq))
        return Event(
            feed=feed,
            seq=seq,
            at=self._at,
            type=fact.type,
            id=subject.id,
            sums=packed(self._sums[feed]),
            sealed=sealed,
            aside=self._aside(fact, swept, feed, seq),
        )

    def _aside(self, fact: Fact, swept: int, feed: str, seq: int) -> bytes:
        takes = None
        if fact.swept is not None:
            takes = (fact.swept.kind.kind,) if swept else ()
        plain = aside.packed(Aside(edits=fact.subject.edits, takes=takes))
        key = self._keyring[feed_owner(feed)]
        return seal(key, plain, event_log.aside_place(feed, seq)) if plain else b""

    def _sum(self, sums: Sums, fact: Fact) -> int:
        """Bring *sums* to what they are after *fact*; how many documents were swept away."""
        for document in (fact.before, fact.after):
            if document is not None:
                toggle(sums, document.kind, document.id, document.version)
        if fact.swept is None:
            return 0
        gone = self._sweep_away(fact.swept)
        for child, version in gone.items():
            toggle(sums, fact.swept.kind.kind, child, version)
        return len(gone)

    def _sweep_away(self, parent: Ref) -> dict[str, int]:
        """The versions of what stands below *parent*, and is gone with it."""
        self._swept.append(parent)
        self._growth.sweep(parent)
        gone, self._children[parent] = self._children[parent], {}
        for ref, document in self._state.items():
            if stands_below(ref, parent):
                gone.pop(ref.id, None)
                if document is not None:
                    gone[ref.id] = document.version
        self._former |= {Ref(parent.kind, parent.owner, name): last for name, last in gone.items()}
        return gone

    def _prepare(self, tickets: Sequence[Ticket]) -> Work:
        """Let every write decide, and make what is to be stored: all that needs no engine."""
        decided = [self._decide(ticket) for ticket in tickets]
        return Work(
            decided=decided,
            events=[event_log.to_bson(event) for one in decided for event in one.events],
            operations=self._operations(),
            wishes=[self._outbox.to_bson(wish) for one in decided for wish in one.wishes],
        )

    async def _prove_refusals(self, decided: Sequence[Decided]) -> None:
        """Start over when a feed has gone on in which something was refused.

        Whoever takes a number proves thereby that nobody has written since; a refusal takes none,
        and may rest on documents that are older than the receipts of the writes that it follows.
        """
        refused = [one.ticket.write for one in decided if not isinstance(one.answer, Outcome)]
        unproven = {
            feed
            for write in refused
            if not write.new_owner
            for feed in write.feeds
            if self._seqs[feed] == self.counted_on[feed]
        }
        for feed in unproven:
            if (await self._heads.read(feed)).seq > self.counted_on[feed]:
                raise WriteConflict

    async def _say_what_is_gone(self, decided: Sequence[Decided]) -> None:
        """Tell those who wrote under a name to what was deleted that it was."""
        fresh = [event for one in decided for event in one.events]
        for one in decided:
            missing, write = one.answer, one.ticket.write
            if not isinstance(missing, MissingDocument):
                continue
            one.answer = not_found()
            if write.mutation is not None and write.owns(missing.ref):
                upto = self.counted_on[write.scope.feed]
                one.answer = await said(self._log, missing.ref, fresh, upto) or one.answer

    def _receipts_of(self, decided: Sequence[Decided]) -> list[Bson]:
        return [
            self._receipts.to_bson(one.ticket.write, one.answer, self._at)
            for one in decided
            if one.ticket.write.mutation is not None
            and one.is_kept
            and not isinstance(one.answer, StalePrecondition)
        ]

    async def _write(self, work: Work, receipts: list[Bson]) -> None:
        if not receipts and not work.events and not work.operations:
            return
        async with self._database.turn(), self._database.client.start_session() as session:
            try:
                await session.start_transaction()
                # The numbers first: whoever lost the race finds out with the least work done.
                await self._insert(session, event_log.COLLECTION, work.events)
                await self._insert(session, KEYS, self._keys)
                await self._delete_swept(session)
                for collection, operations in work.operations.items():
                    for some in _portions(operations):
                        done = await self._database[collection].bulk_write(
                            some, ordered=False, session=session
                        )
                        if done.matched_count < sum(isinstance(one, ReplaceOne) for one in some):
                            raise WriteConflict  # what is in no log has no number to take
                await self._insert(session, RECEIPTS, receipts)
                await self._insert(session, OUTBOX, work.wishes)
                await _commit(session)
            except PyMongoError as failure:
                _raise_raced(failure)

    async def _insert(
        self, session: AsyncClientSession, collection: str, documents: list[Bson]
    ) -> None:
        for some in _portions(documents):
            await self._database[collection].insert_many(some, session=session)

    async def _delete_swept(self, session: AsyncClientSession) -> None:
        for parent in self._swept:
            await self._database[parent.kind.collection].delete_many(
                {"_id": codec.below(parent.owner, parent.id)}, session=session
            )

    def _operations(self) -> dict[str, list[Any]]:
        operations: dict[str, list[Any]] = {}
        for ref, after in self._state.items():
            make = self._operation if _is_logged(ref) else self._unlogged
            operations.setdefault(ref.kind.collection, []).extend(make(ref, after))
        return {collection: some for collection, some in operations.items() if some}

    def _operation(self, ref: Ref, after: Document | None) -> list[Any]:
        before = self._before.get(ref)
        if after is before:
            return []
        key = {"_id": codec.key_of(ref.owner, ref.id)}
        if self._is_swept(ref):
            before = None
        if after is None:
            return [] if before is None else [DeleteOne(key)]
        stored = codec.to_bson(after, self._keyring[ref.owner])
        return [InsertOne(stored) if before is None else ReplaceOne(key, stored)]

    def _unlogged(self, ref: Ref, after: Document | None) -> list[Any]:
        """The same for what is in no log, of which its last version stays when it is gone."""
        before, buried = self._before.get(ref), self._tombs.get(ref)
        if after is not None:
            stored = codec.to_bson(after, self._keyring[ref.owner])
        elif ref in self._former:
            stored = codec.tombstone(ref.owner, ref.id, self._former[ref])
        else:
            return []
        if after is before and self._former.get(ref) == buried:
            return []
        if before is None and buried is None:
            return [InsertOne(stored)]
        key = {"_id": stored["_id"]}
        if not isinstance(before, Broken):
            key["version"] = before.version if before else buried
        return [ReplaceOne(key, stored)]

    def _heal(self) -> None:
        """Count those broken documents no more that were deleted, or written anew."""
        for ref, before in self._before.items():
            if isinstance(before, Broken) and self._state[ref] is not before:
                self._database.broken.gone(ref.kind, codec.key_of(ref.owner, ref.id))

    def _is_swept(self, ref: Ref) -> bool:
        return any(stands_below(ref, parent) for parent in self._swept)


def _session_of(write: Write) -> tuple[Ref, ...]:
    """The session that the writer is logged in with, if any: who is locked out writes no more."""
    scope = write.scope
    return (Ref(Session, scope.user, scope.session),) if scope.session else ()


def _is_logged(ref: Ref) -> bool:
    """Whether documents of its kind are in their owners' feeds."""
    return ref.kind.kind in KINDS


def _portions(some: list[T]) -> Iterator[list[T]]:
    for start in range(0, len(some), PORTION):
        yield some[start : start + PORTION]


def _settle(decided: Decided) -> None:
    done = decided.ticket.done
    if isinstance(decided.answer, Outcome):
        done.set_result(decided.answer)
    else:
        done.set_exception(decided.answer)


async def _commit(session: AsyncClientSession) -> None:
    """Commit; when it is unknown whether that worked, ask again, which is safe."""
    for left in reversed(range(_COMMIT_TRIES)):
        try:
            await session.commit_transaction()
        except PyMongoError as failure:
            if not left or not failure.has_error_label("UnknownTransactionCommitResult"):
                raise
        else:
            return


def _raise_raced(failure: PyMongoError) -> NoReturn:
    """Raise what another writer caused: `WriteConflict`, or `UniqueViolation`."""
    if is_transient(failure) and not is_outage(failure):
        raise WriteConflict from failure
    taken = _taken(failure)
    if taken in (("feed", "seq"), ("_id",)):
        raise WriteConflict from failure
    if taken:
        raise UniqueViolation(taken) from failure
    raise failure


def is_transient(failure: PyMongoError) -> bool:
    """Whether the engine has given up a transaction that it may carry out another time.

    The label is not on every such error: not on that of a bulk write, nor on one that MongoDB
    raises where its cache is full.
    """
    if failure.has_error_label("TransientTransactionError"):
        return True
    if isinstance(failure, BulkWriteError):
        errors = failure.details.get("writeErrors", ())
        return any(one.get("code") in _TRANSIENT for one in errors)
    return isinstance(failure, OperationFailure) and failure.code in _TRANSIENT


def _taken(failure: PyMongoError) -> tuple[str, ...]:
    """The fields of the unique index that *failure* met; empty if it is of another kind."""
    details: Any = None
    if isinstance(failure, BulkWriteError):
        errors = failure.details["writeErrors"]
        details = errors[0] if errors and errors[0].get("code") == _DUPLICATE_KEY else None
    elif isinstance(failure, DuplicateKeyError):
        details = failure.details
    return tuple(details["keyPattern"]) if details else ()
