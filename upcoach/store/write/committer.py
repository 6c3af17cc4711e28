"""Group commit: the writes that wait for the same round trip share one transaction.

The package note says how and why this is safe.  Here: `submit` queues a write, `WriteQueue.take`
makes a batch of those whose feeds no other batch is writing to, `Batch` decides and commits it.

A batch begins again where a write must read or look up more, and where another node was faster.
Those that it does so for are set apart after a few rounds: nobody else waits for them, or is
refused with them.  A write that has a long past to read, or many children to delete, is set apart
as soon as that is known, which is before any of it is done, and has lanes that nobody else needs.

Nodes that write to the same feed at the same time take turns: whoever lost a race waits until the
winner's events have come through the streams, and whoever won holds back until the loser's have.
"""

import asyncio
import itertools
import random
import time
from collections.abc import Callable, Iterable, Sequence

import structlog

from models.access.scope import Scope
from models.base.clock import Clock
from models.base.errors import Conflict, Unavailable
from models.wire.events import Event
from upcoach.store.base.database import Database
from upcoach.store.log.heads import Heads
from upcoach.store.outbox.outboxes import Outboxes
from upcoach.store.secrets.keyring import KeyRing
from upcoach.store.write.batch import Batch
from upcoach.store.write.errors import WriteConflict
from upcoach.store.write.idempotency import Receipts
from upcoach.store.write.outcomes import D, Outcome, Replay, WriteResult
from upcoach.store.write.pending import PendingWrite, Side, Undecided
from upcoach.store.write.queue import Group, WriteQueue, feeds_of, groups_of, set_apart, singly
from upcoach.store.write.quotas import Holdings
from upcoach.store.write.reads import FAR, NEAR
from upcoach.store.write.refused_writes import RefusedWrites
from upcoach.store.write.requests import Mutation, Write

LANES = {
    Side.SHARED: 2,  # one batch can decide while another waits for the disk
    Side.APART: 8,  # for writes that may hold theirs for long
    Side.HEAVY: 4,  # and for those that certainly do
}
ROUNDS = 4  # in which the writes of a batch wait for each other
PATIENCE = 40  # rounds, or lost races, before a write is given back to its caller
PATIENCE_S = 10.0  # or so long: where MongoDB's cache is full, each of them takes seconds
TURN_S = 0.03  # how long another node's turn may take at least, before we go on without it
TURNS = 4  # and in batches of our own: both nodes share the same engine
TURN_MOST_S = 0.25  # whatever batches take here, where some may be of those that take long
BACK_OFF_S = 0.004

Publish = Callable[[Sequence[Event]], None]

_log = structlog.get_logger(__name__)


class Committer:
    """Commits the writes of all requests of this process in groups."""

    def __init__(
        self,
        database: Database,
        keyring: KeyRing,
        outboxes: Outboxes,
        clock: Clock,
        publish: Publish,
    ) -> None:
        self.heads = Heads(database)
        self.holdings = Holdings(database)
        self._database = database
        self._keyring = keyring
        self._outboxes = outboxes
        self._clock = clock
        self._publish = publish
        self._waiting = WriteQueue()
        self._batch_s = 0.0  # how long a batch takes at present
        self._contended: dict[str, int] = {}  # feed to the number we last saw or took
        self._yielding: set[asyncio.Task[None]] = set()
        self._running: dict[tuple[str, str], bytes] = {}
        self._lanes: dict[Side, set[asyncio.Task[None]]] = {side: set() for side in Side}
        self._starting = False
        self.refused_writes = RefusedWrites()

    async def commit(self, write: Write[D]) -> Outcome[D]:
        """Commit a *write* without a mutation id; see `submit`."""
        if write.mutation is not None:
            raise ValueError(write.mutation)  # its answer may be one of an earlier time
        answer = await self.submit(write)
        assert isinstance(answer, Outcome)
        return answer

    async def submit(self, write: Write[D]) -> WriteResult[D]:
        """Commit *write* and return its outcome, or raise its `Refusal`.

        A write whose name was used before gets the answer of that time.
        """
        pending = PendingWrite(write)
        name = pending.name
        if name is not None and name in self._running:
            raise Conflict("mutation_running", "The first request with this id is still running.")
        if write.mutation is not None:
            self.refused_writes.require_turn(write.scope.user, write.mutation)
        if name is not None and write.mutation is not None:
            self._running[name] = write.mutation.fingerprint
            pending.done.add_done_callback(lambda _: self._running.pop(name, None))
        self._waiting.put(pending)
        self._start_soon()
        # Shielded: a caller who goes away must not take the rest of the batch along.
        answer = asyncio.shield(pending.done)
        del pending  # a refusal refers to this frame, and must not refer to itself by it
        result: WriteResult[D] = await answer
        return result

    async def repeated(self, scope: Scope, mutation: Mutation) -> Replay | None:
        """The answer that this mutation got before; None where there was none.

        For work in several writes, of which only the last has the name.
        """
        await self._keyring.load([scope.user])
        name = (scope.user, mutation.id)
        answers = await Receipts(self._database, self._keyring).answers([name])
        return answers[name].repeated(mutation.fingerprint) if name in answers else None

    @property
    def contended_feeds(self) -> frozenset[str]:
        """The feeds that other nodes write to as well, and take turns at."""
        return frozenset(self._contended)

    async def drain(self) -> None:
        """Wait until every submitted write has its answer."""
        while self._starting or self._at_work:
            await asyncio.sleep(0)  # what is about to start does so
            if self._at_work:
                await asyncio.wait(self._at_work)

    @property
    def _at_work(self) -> set[asyncio.Task[None]]:
        return self._yielding.union(*self._lanes.values())

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
        for side in Side:
            self._open(side)

    def _open(self, side: Side) -> None:
        """Begin batches while a lane of *side* is free."""
        lanes = self._lanes[side]
        while len(lanes) < LANES[side]:
            pending_writes = self._waiting.take(side)
            if not pending_writes:
                return
            feeds = feeds_of(pending_writes)
            self._waiting.busy_feeds |= feeds  # now, not when the task gets to run
            lane = asyncio.create_task(self._run(pending_writes, feeds))
            lanes.add(lane)
            lane.add_done_callback(self._lane_done)

    def _lane_done(self, lane: asyncio.Task[None]) -> None:
        for lanes in self._lanes.values():
            lanes.discard(lane)
        lane.result()
        self._start()

    async def _run(self, pending_writes: list[PendingWrite], feeds: set[str]) -> None:
        try:
            await self._commit(pending_writes, feeds)
        finally:
            contended = feeds & self._contended.keys()
            self._waiting.busy_feeds -= feeds - contended
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
        self._waiting.busy_feeds.discard(feed)
        self._start()

    async def _commit(self, pending_writes: Group, feeds: set[str]) -> None:
        """Commit a batch; when the engine refuses it for one write's sake, each by itself."""
        try:
            await self._race(pending_writes, feeds)
        except Unavailable as refusal:
            self._forget(pending_writes)
            self._give_up(pending_writes, refusal)
        except Exception as failure:  # noqa: BLE001 - a lane answers everybody, whatever broke
            self._forget(pending_writes)
            waiting = _unanswered(pending_writes)
            if len(waiting) > 1:
                self._set_apart(waiting, singly(waiting))
            for pending in waiting if len(waiting) == 1 else ():
                pending.fail(failure)

    async def _race(self, pending_writes: Group, feeds: set[str]) -> None:
        """Commit *pending_writes*, round after round, or let them wait again in other batches.

        More *feeds* are added where they come to write to more.
        """
        is_heavy = all(pending.is_heavy for pending in pending_writes)
        for round_ in itertools.count(1):
            batch = Batch(
                self._database,
                self._keyring,
                self.heads,
                self.holdings,
                self._outboxes,
                self._clock(),
                FAR if is_heavy else NEAR,
            )
            began = time.monotonic()
            try:
                events = await batch.commit(pending_writes)
            except Undecided as undecided:
                waiting = _unanswered(pending_writes)
                goes_on = await self._go_on(undecided, waiting, round_) and self._hold(
                    waiting, feeds
                )
            except WriteConflict:
                goes_on = await self._lose(_unanswered(pending_writes), batch.counted_on)
            else:
                self._batch_s += (time.monotonic() - began - self._batch_s) / 8
                self._announce(events)
                return
            if not goes_on:
                return

    def _announce(self, events: Sequence[Event]) -> None:
        """Publish *events*, and remember the numbers that others contend for."""
        for event in events:
            if event.feed in self._contended:
                self._contended[event.feed] = event.seq
        if events:
            self._publish(events)

    async def _go_on(self, undecided: Undecided, waiting: Group, round_: int) -> bool:
        """Whether those *waiting* may begin again together, for the sake of those *undecided*."""
        if undecided.heavy:
            for pending in undecided.heavy:
                pending.is_heavy = True
            self._set_apart(waiting, singly(undecided.heavy))
            return False
        if len(waiting) > 1:
            # A lookup waits for those before it, and the others need not wait for the lookup.
            late = undecided.writes if round_ >= ROUNDS else [*undecided.looking]
            if late:
                self._set_apart(waiting, singly(late))
            return not late
        for pending in waiting:
            pending.rounds += 1
            if pending.rounds >= PATIENCE:
                self._give_up_undecided(pending, undecided)
                return False
        for look in undecided.looking.values():
            await look()
        return True

    def _hold(self, waiting: Group, feeds: set[str]) -> bool:
        """Add to *feeds* what those *waiting* have come to need; False if another batch has it."""
        more = feeds_of(waiting) - feeds
        if not more.isdisjoint(self._waiting.busy_feeds):
            self._waiting.put_back(waiting)
            return False
        self._waiting.busy_feeds |= more
        feeds |= more
        return True

    def _give_up_undecided(self, pending: PendingWrite, undecided: Undecided) -> None:
        """Refuse *pending*, to be sent again only if others may have had a part in it."""
        if undecided.looking or pending.lost:
            self._give_up_contended(pending)
        else:
            _log.warning("write_read_too_much", rounds=pending.rounds)
            words = "It depends on too many things, one after the other."
            pending.fail(Conflict("reads_too_many", words))

    async def _lose(self, waiting: Group, counted_on: dict[str, int]) -> bool:
        """Wait for the winner of a race; False if those *waiting* are to try no more together."""
        now = time.monotonic()
        for pending in waiting:
            pending.lost += 1
            pending.ends = min(pending.ends, now + PATIENCE_S)
        lost = max((pending.lost for pending in waiting), default=0)
        if any(pending.lost >= PATIENCE or now > pending.ends for pending in waiting):
            self._forget(waiting)
            if len(waiting) > 1:
                self._set_apart(waiting, singly(waiting))
            for pending in waiting if len(waiting) == 1 else ():
                self._give_up_contended(pending)
            return False
        await self._await_winner(waiting, counted_on, lost)
        if lost >= ROUNDS and len(groups := groups_of(waiting)) > 1:
            self._set_apart(waiting, groups)
            return False
        return True

    def _set_apart(self, waiting: Group, groups: Iterable[Group]) -> None:
        """Let those *waiting* wait again, each of *groups* for batches of its own."""
        set_apart(groups)
        self._waiting.put_back(waiting)

    def _give_up_contended(self, pending: PendingWrite) -> None:
        _log.warning("write_gave_up", rounds=pending.rounds, lost_races=pending.lost)
        words = "Too many writers at once. Try again."
        self._give_up([pending], Unavailable("feed_contended", words))

    def _give_up(self, pending_writes: Group, refusal: Unavailable) -> None:
        """Refuse *pending_writes*, and with them the waiting writes that follow them."""
        refused = _unanswered(pending_writes)
        for pending in refused:
            pending.fail(refusal)
        for pending in (*refused, *self._waiting.refuse_followers(refused, refusal)):
            if pending.write.mutation is not None:
                self.refused_writes.add(pending.write.scope.user, pending.write.mutation, refusal)

    @property
    def _patience_s(self) -> float:
        return min(max(TURN_S, TURNS * self._batch_s), TURN_MOST_S)

    async def _await_winner(self, waiting: Group, counted_on: dict[str, int], lost: int) -> None:
        """Wait for the winner of a race, then forget the heads that are stale."""
        # Where a batch had several feeds, those who share it are no part of the race for one.
        taken = counted_on if len(counted_on) == 1 else await self.heads.passed(counted_on)
        self._contended |= {feed: counted_on[feed] for feed in taken}
        if len(counted_on) == 1:
            [(feed, seq)] = counted_on.items()
            await self.heads.beyond(feed, seq, self._patience_s)
        else:
            await asyncio.sleep(BACK_OFF_S * random.random() * min(lost, 8))  # noqa: S311
        self._forget(waiting)

    def _forget(self, pending_writes: Group) -> None:
        self.heads.forget(feeds_of(pending_writes))


def _unanswered(pending_writes: Group) -> list[PendingWrite]:
    return [pending for pending in pending_writes if not pending.done.done()]
