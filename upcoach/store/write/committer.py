"""Group commit: the writes that wait for the same round trip share one transaction.

The package note says how and why this is safe.  Here: `submit` queues a write, `_take` makes a
batch of those whose feeds no other batch is writing to, `Batch` decides and commits it.

Nodes that write to the same feed at the same time take turns: whoever lost a race waits until the
winner's events have come through the streams, and whoever won holds back until the loser's have.
"""

import asyncio
import collections
import random
import time
from collections.abc import Callable, Collection, Sequence

import structlog

from models.access.scope import Scope
from models.base.clock import Clock
from models.base.errors import Conflict, Unavailable
from models.wire.events import Event
from upcoach.store.base.database import Database
from upcoach.store.log.heads import Heads
from upcoach.store.secrets.keyring import KeyRing
from upcoach.store.write.batch import Batch
from upcoach.store.write.errors import NeedsMoreReads, WriteConflict
from upcoach.store.write.idempotency import Receipts
from upcoach.store.write.mail_outbox import MailOutbox
from upcoach.store.write.outcomes import D, Outcome, Replay, WriteResult
from upcoach.store.write.pending import LookupPending, PendingWrite
from upcoach.store.write.quotas import Holdings
from upcoach.store.write.requests import AnyWrite, Mutation, Write

BATCH = 64  # beyond this, a transaction's latency grows faster than its cost per write falls
BATCH_READS = 512  # a larger write (an import) goes alone, beside the others
LANES = 2  # one batch can decide while another waits for the disk
PATIENCE = 40  # lost races before a write is given back to its caller
PATIENCE_S = 10.0  # or so long: where MongoDB's cache is full, each of them takes seconds
TURN_S = 0.03  # how long another node's turn may take at least, before we go on without it
TURNS = 4  # and in batches of our own: both nodes share the same engine
BACK_OFF_S = 0.004

Publish = Callable[[Sequence[Event]], None]

_log = structlog.get_logger(__name__)


class Committer:
    """Commits the writes of all requests of this process in groups."""

    def __init__(
        self,
        database: Database,
        keyring: KeyRing,
        outbox: MailOutbox,
        clock: Clock,
        publish: Publish,
    ) -> None:
        self.heads = Heads(database)
        self.holdings = Holdings(database)
        self._database = database
        self._keyring = keyring
        self._outbox = outbox
        self._clock = clock
        self._publish = publish
        self._waiting: collections.deque[PendingWrite] = collections.deque()
        self._busy_feeds: set[str] = set()
        self._batch_s = 0.0  # how long a batch takes at present
        self._contended: dict[str, int] = {}  # feed to the number we last saw or took
        self._yielding: set[asyncio.Task[None]] = set()
        self._running: dict[tuple[str, str], bytes] = {}
        self._lanes: set[asyncio.Task[None]] = set()
        self._starting = False

    async def commit(self, write: Write[D]) -> Outcome[D]:
        """Commit a *write* without a mutation id; see `submit`."""
        assert write.mutation is None
        answer = await self.submit(write)
        assert isinstance(answer, Outcome)
        return answer

    async def submit(self, write: Write[D]) -> WriteResult[D]:
        """Commit *write* and return its outcome, or raise its `Refusal`.

        A write whose name was used before gets the answer of that time.
        """
        name = self._name(write)
        if name is not None and name in self._running:
            raise Conflict("mutation_running", "The first request with this id is still running.")
        pending = PendingWrite(write)
        if name is not None and write.mutation is not None:
            self._running[name] = write.mutation.fingerprint
            pending.done.add_done_callback(lambda _: self._running.pop(name, None))
        self._waiting.append(pending)
        self._start_soon()
        # Shielded: a caller who goes away must not take the rest of the batch along.
        answer: WriteResult[D] = await asyncio.shield(pending.done)
        return answer

    async def repeated(self, scope: Scope, mutation: Mutation) -> Replay | None:
        """The answer that this mutation got before; None where there was none.

        For work in several writes, of which only the last has the name.
        """
        await self._keyring.load([scope.user])
        name = (scope.user, mutation.id)
        answers = await Receipts(self._database, self._keyring).answers([name])
        return answers[name].repeated(mutation.fingerprint) if name in answers else None

    async def drain(self) -> None:
        """Wait until every submitted write has its answer."""
        while self._starting or self._lanes or self._yielding:
            await asyncio.sleep(0)  # what is about to start does so
            if self._lanes or self._yielding:
                await asyncio.wait(self._lanes | self._yielding)

    @staticmethod
    def _name(write: AnyWrite) -> tuple[str, str] | None:
        mutation: Mutation | None = write.mutation
        return (write.scope.user, mutation.id) if mutation else None

    def _start_soon(self) -> None:
        """Start when this turn of the loop is over.

        Writers who were answered together come back together.  A batch for the first of them alone
        would make all others wait for it: with 16 writers on a feed, that halved the writes.
        """
        if not self._starting:
            self._starting = True
            asyncio.get_running_loop().call_soon(self._start)

    def _start(self) -> None:
        self._starting = False
        while self._waiting and len(self._lanes) < LANES:
            pending_writes = self._take()
            if not pending_writes:
                return
            feeds = {feed for pending in pending_writes for feed in pending.write.feeds}
            self._busy_feeds |= feeds  # now, not when the task gets to run
            lane = asyncio.create_task(self._run(pending_writes, feeds))
            self._lanes.add(lane)
            lane.add_done_callback(self._lane_done)

    def _lane_done(self, lane: asyncio.Task[None]) -> None:
        self._lanes.discard(lane)
        lane.result()
        self._start()

    def _take(self) -> list[PendingWrite]:
        """The next writes, in order, whose feeds no running batch and no skipped write holds."""
        taken: list[PendingWrite] = []
        skipped: list[PendingWrite] = []
        blocked = set(self._busy_feeds)
        room = BATCH_READS
        while self._waiting and len(taken) < BATCH:
            pending = self._waiting.popleft()
            size = len(pending.write.reads)
            if blocked.isdisjoint(pending.write.feeds) and (size <= room or not taken):
                taken.append(pending)
                room -= size
            else:
                blocked.update(pending.write.feeds)
                skipped.append(pending)
        self._waiting.extendleft(reversed(skipped))
        return taken

    async def _run(self, pending_writes: list[PendingWrite], feeds: set[str]) -> None:
        try:
            await self._commit(pending_writes)
        finally:
            contended = feeds & self._contended.keys()
            self._busy_feeds -= feeds - contended
            for feed in contended:
                self._yield(feed)

    def _yield(self, feed: str) -> None:
        """Keep *feed* busy until the other node has written to it."""
        task = asyncio.create_task(self._give_turn(feed))
        self._yielding.add(task)
        task.add_done_callback(self._yielding.discard)

    async def _give_turn(self, feed: str) -> None:
        taken = self._contended[feed]
        if not await self.heads.beyond(feed, taken, self._patience_s):
            del self._contended[feed]
        self._busy_feeds.discard(feed)
        self._start()

    async def _commit(self, pending_writes: list[PendingWrite]) -> None:
        """Commit a batch; when the engine refuses it for one write's sake, each by itself."""
        try:
            await self._race(pending_writes)
        except Unavailable as refusal:
            self._forget(pending_writes)
            self._give_up(pending_writes, refusal)
        except Exception as failure:  # noqa: BLE001 - a lane answers everybody, whatever broke
            self._forget(pending_writes)
            waiting = [pending for pending in pending_writes if not pending.done.done()]
            if len(waiting) <= 1:
                _fail(waiting, failure)
                return
            first, *rest = waiting
            # The others wait again, in front and in their order: some may follow the first.
            self._waiting.extendleft(reversed(rest))
            await self._commit([first])

    async def _race(self, pending_writes: list[PendingWrite]) -> None:
        ends = time.monotonic() + PATIENCE_S
        for lost in range(PATIENCE):
            if lost and time.monotonic() > ends:
                break
            batch = Batch(
                self._database,
                self._keyring,
                self.heads,
                self.holdings,
                self._outbox,
                self._clock(),
            )
            began = time.monotonic()
            try:
                events = await batch.commit(pending_writes)
            except NeedsMoreReads:
                continue
            except LookupPending as lookup:
                place = pending_writes.index(lookup.pending)
                if place:
                    await self._race(pending_writes[:place])
                    _require_answered(pending_writes[:place])
                    await self._race(pending_writes[place:])
                    return
                await lookup.look()
                continue
            except WriteConflict:
                await self._lose(pending_writes, batch.counted_on, lost)
                continue
            self._batch_s += (time.monotonic() - began - self._batch_s) / 8
            for event in events:
                if event.feed in self._contended:
                    self._contended[event.feed] = event.seq
            if events:
                self._publish(events)
            return
        _log.warning("writes_gave_up", writes=len(pending_writes), lost_races=lost)
        self._give_up(
            pending_writes, Unavailable("feed_contended", "Too many writers at once. Try again.")
        )

    def _give_up(self, pending_writes: list[PendingWrite], refusal: Unavailable) -> None:
        """Refuse *pending_writes*, and with them the waiting writes that follow them.

        They come again in their order; a follower that went ahead would break it.
        """
        _fail(pending_writes, refusal)
        names = {self._name(pending.write) for pending in pending_writes} - {None}
        if names:
            followers = [pending for pending in self._waiting if _follows(pending.write, names)]
            _fail(followers, refusal)
            self._waiting = collections.deque(
                pending for pending in self._waiting if not pending.done.done()
            )

    @property
    def _patience_s(self) -> float:
        return max(TURN_S, TURNS * self._batch_s)

    async def _lose(
        self, pending_writes: list[PendingWrite], counted_on: dict[str, int], lost: int
    ) -> None:
        """Wait for the winner of a race, then forget the heads that are stale."""
        self._contended |= counted_on
        if len(counted_on) == 1:
            [(feed, seq)] = counted_on.items()
            await self.heads.beyond(feed, seq, self._patience_s)
        else:
            await asyncio.sleep(BACK_OFF_S * random.random() * min(lost + 1, 8))  # noqa: S311
        self._forget(pending_writes)

    def _forget(self, pending_writes: list[PendingWrite]) -> None:
        self.heads.forget(feed for pending in pending_writes for feed in pending.write.feeds)


def _require_answered(pending_writes: Sequence[PendingWrite]) -> None:
    """Raise if one of *pending_writes* was refused as unavailable: followers must not overtake."""
    for pending in pending_writes:
        refusal = pending.done.exception()
        if isinstance(refusal, Unavailable):
            raise refusal


def _follows(write: AnyWrite, names: Collection[tuple[str, str] | None]) -> bool:
    follows = write.mutation.follows if write.mutation else ()
    return any((write.scope.user, name) in names for name in follows)


def _fail(pending_writes: list[PendingWrite], failure: Exception) -> None:
    for pending in pending_writes:
        if not pending.done.done():
            pending.done.set_exception(failure)
