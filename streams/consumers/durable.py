"""The runner of durable consumers: each event once and in order, in one process of all.

Exactly once, and always the same: each turn (which events, in which order, and what time it is) is
written down before it is taken, see `upcoach.store.collections.consumer_snapshots`.  After a crash
the consumer loads its snapshot, takes the recorded turns again, then what the log holds beyond
them, then what arrives.  It never runs inside a request, and gives the loop back after two
milliseconds, at the end of the step that it is in.
"""

import asyncio
import collections
import contextlib
import datetime as dt
import time
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, Generic

import msgspec
import structlog

from models.base import cancellation
from models.base.clock import Clock
from models.base.errors import Unavailable
from models.base.metrics import Metrics
from models.wire.events import Event, read_line
from models.wire.frames import Ev
from streams.consumers.consumer import AnyDurableConsumer
from streams.consumers.publishing import UnpublishedOutputs
from streams.feed.sequencer import Gap, Sequencer
from streams.redis.connection import RedisError
from streams.redis.lease import Lease
from upcoach.store.base.outage_log import OutageLog
from upcoach.store.base.pacing import Pace
from upcoach.store.base.sealing import Unreadable
from upcoach.store.collections.consumer_snapshots import (
    ConsumerSnapshots,
    ConsumerTurn,
    OwnershipLost,
)
from upcoach.store.log.event_log import EventLog

INBOX_EVENTS = 50_000
TURN_EVENTS = 500  # events
SNAPSHOT_EVERY_S = 60.0
LOOK_UP_S = 1.0  # how often the clock is looked at for what is due
RETRY_S = 1.0

_log = structlog.get_logger(__name__)


class DurableRunner(Generic[AnyDurableConsumer]):
    """Feeds a consumer with the events of all partitions, and publishes what comes of them."""

    def __init__(
        self,
        consumer: AnyDurableConsumer,
        log: EventLog,
        snapshots: ConsumerSnapshots,
        lease: Lease,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self.consumer = consumer
        self._log = log
        self._snapshots = snapshots
        self._lease = lease
        self._clock = clock
        self._metrics = metrics
        self._pace = Pace()
        self._inbox: collections.deque[Event] = collections.deque(maxlen=INBOX_EVENTS)
        self._wake = asyncio.Event()
        self._outage = OutageLog(
            _log, begins="consumer_interrupted", ends="consumer_resumed", group=consumer.name
        )
        self._is_doubted = False  # whether the clock is
        self._begin({}, 0)

    def _begin(self, seqs: dict[str, int], turn: int) -> None:
        self._seqs = seqs  # as they were then; a sequencer is made for a feed that goes on
        self._sequencers: dict[str, Sequencer] = {}
        self._turn = turn
        self._saved_turn = turn
        self._is_mid_turn = False  # whether a turn was begun and not ended: no snapshot says that
        self._saved_at = time.monotonic()
        self._unpublished = UnpublishedOutputs[Any](self.consumer.publish, self._park_output)
        self._must_compare = True  # whether the log may hold events that the streams will not bring

    async def take(self, events: Sequence[Event]) -> None:
        """See `reader.Follower.take`."""
        if len(self._inbox) + len(events) > INBOX_EVENTS:
            self._must_compare = True
        self._inbox.extend(events)
        self._wake.set()

    async def recover(self) -> None:
        """See `reader.Follower.recover`."""
        self._must_compare = True
        self._wake.set()

    async def run(self) -> None:
        """Run until cancelled, whenever this process holds the lease."""
        while True:
            await self._lease.acquire()
            keeping = asyncio.create_task(self._lease.keep())
            working = asyncio.create_task(self._work())
            try:
                await asyncio.wait({keeping, working}, return_when=asyncio.FIRST_COMPLETED)
                if working.done():
                    working.result()
            except OwnershipLost:
                _log.warning("consumer_replaced", group=self.consumer.name)
                await asyncio.sleep(RETRY_S)
            except (Unavailable, RedisError) as failure:
                self._outage.failed(failure)
                await asyncio.sleep(RETRY_S)
            finally:
                await cancellation.end(keeping, working)

    async def stop(self) -> None:
        """Save the state, if all that came of it is published; after `run` was cancelled."""
        with contextlib.suppress(Unavailable, RedisError):
            await self._save()
            await self._lease.release()

    async def _work(self) -> None:
        await self.load()
        while True:
            await self.step()
            self._outage.succeeded()
            if time.monotonic() > self._saved_at + SNAPSHOT_EVERY_S:
                await self._save()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_UP_S):
                    await self._wake.wait()

    async def load(self) -> None:
        """Load the last snapshot, and take the turns recorded after it again."""
        snapshot = await self._snapshots.load()
        self._begin({}, 0)  # whoever is cut off while restoring has nothing to save
        if snapshot is None:
            await self._walk(self.consumer.restore(None))
        else:
            await self._walk(self.consumer.restore(snapshot.state))
            self._begin(snapshot.seqs, snapshot.turn)
        async for turn in self._snapshots.turns(self._turn):
            await self._repeat(turn)

    async def step(self) -> None:
        """Process what has arrived, and what is due."""
        self._wake.clear()
        if self._must_compare:
            self._must_compare = False
            await self._compare()
        while self._inbox:
            self._tell_lag(self._inbox[0].at)
            size = min(TURN_EVENTS, len(self._inbox))
            await self._take(self._inbox.popleft() for _ in range(size))
            await self._unpublished.publish()
        now = self._clock()
        self._tell_lag(now)
        if self._is_due(now):
            await self._take_turn([], now)
        await self._unpublished.publish()

    def _tell_lag(self, since: dt.datetime) -> None:
        lag_s = (self._clock() - since).total_seconds()
        self._metrics.lag_s.labels(self.consumer.name).set(max(0.0, lag_s))

    def _is_due(self, now: dt.datetime) -> bool:
        next_tick = self.consumer.next_tick()
        is_due = next_tick is not None and next_tick <= now
        if is_due and not self.consumer.believes(now):
            if not self._is_doubted:
                _log.warning("clock_doubted", group=self.consumer.name, now=now.isoformat())
            self._is_doubted = True
            return False
        self._is_doubted = False
        return is_due

    async def _compare(self) -> None:
        """Read from the log what was not processed yet."""
        for feed, head in (await self._log.heads()).items():
            await self._pace.breathe()
            while (last := self._last(feed)) < head:
                await self._sequence(feed, await self._log.page(feed, last, TURN_EVENTS))

    async def _take(self, arrived: Iterable[Event]) -> None:
        by_feed: dict[str, list[Event]] = {}
        for event in arrived:
            by_feed.setdefault(event.feed, []).append(event)
        for feed, events in by_feed.items():
            await self._sequence(feed, events)

    async def _sequence(self, feed: str, arrived: list[Event]) -> None:
        """Process those of *arrived* that come next, and what is missing before them."""
        sequencer = self._sequencer(feed)
        try:
            events = await sequencer.take(arrived)
        except Gap as gap:
            _log.warning("log_cut", feed=feed, after=gap.after, first=gap.first)
            sequencer.last = gap.first - 1
            await self._sequence(feed, arrived)
            return
        await self._take_turn(await self._open(feed, events), None)
        if events:
            sequencer.last = events[-1].seq

    async def _open(self, feed: str, events: Sequence[Event]) -> list[Ev]:
        """Those of *events* that concern the consumer, decrypted."""
        await self._log.load_keys([feed])
        opened = []
        for event in events:
            if not event.type.startswith(self.consumer.concerns):
                continue
            try:
                opened.append(read_line(self._log.open_line(event)))
            except Unreadable:  # its owner was erased
                pass
            except msgspec.MsgspecError:
                self._park(event.feed, event.seq, event.type)
            await self._pace.breathe()
        return opened

    async def _take_turn(self, events: Sequence[Ev], tick: dt.datetime | None) -> None:
        """Record a turn, then take it."""
        if not events and tick is None:
            return
        spans = ((events[0].f, events[0].seq, events[-1].seq),) if events else ()
        turn = ConsumerTurn(number=self._turn + 1, spans=spans, tick=tick)
        await self._snapshots.record(turn)
        self._is_mid_turn = True
        self._turn = turn.number
        await self._apply(events, tick)
        self._is_mid_turn = False

    async def _repeat(self, turn: ConsumerTurn) -> None:
        """Take a recorded turn again."""
        self._is_mid_turn = True
        for feed, first, last in turn.spans:
            events = await self._log.page(feed, first - 1, last - first + 1)
            await self._apply(await self._open(feed, events), None)
            self._sequencer(feed).last = last
        if turn.tick is not None:
            await self._apply((), turn.tick)
        self._turn = turn.number
        self._is_mid_turn = False

    async def _apply(self, events: Sequence[Ev], tick: dt.datetime | None) -> None:
        for event in events:
            with self._parking(event.f, event.seq, event.type):
                await self._walk(self.consumer.apply(event))
        if tick is not None:
            with self._parking("", self._turn, "tick"):
                await self._walk(self.consumer.tick(tick))
        self._metrics.learned.labels(self.consumer.name).inc(len(events))
        with self._parking("", self._turn, "drain"):
            await self._drain()
        for failure in self.consumer.take_failures():
            self._metrics.parked.labels(self.consumer.name).inc()
            names = {"group": self.consumer.name, "feed": failure.feed, "about": failure.about}
            _log.error("part_parked", **names, exc_info=failure.error)

    async def _drain(self) -> None:
        for outputs in self.consumer.drain():
            self._unpublished.add(outputs)
            await self._pace.breathe()

    async def _walk(self, steps: Iterable[None]) -> None:
        """Run all *steps*, giving the loop back in between."""
        for _ in steps:
            await self._pace.breathe()

    @contextlib.contextmanager
    def _parking(self, feed: str, seq: int, what: str) -> Iterator[None]:
        """Park what raises, the same way each time."""
        try:
            yield
        # Turns are taken in order, and again after a restart: one that raises would end the
        # consumer for everybody, for ever.  It is counted, and logged with its trace.
        except Exception:  # noqa: BLE001
            self._park(feed, seq, what)

    def _park(self, feed: str, seq: int, what: str) -> None:
        self._metrics.parked.labels(self.consumer.name).inc()
        _log.exception("event_parked", feed=feed, seq=seq, type=what)

    def _park_output(self, key: Hashable) -> None:
        self._metrics.parked.labels(self.consumer.name).inc()
        _log.exception("output_parked", group=self.consumer.name, about=str(key))

    async def _save(self) -> None:
        self._saved_at = time.monotonic()
        if self._turn == self._saved_turn or self._is_mid_turn:
            return
        if not self._unpublished.is_settled:  # the turns that made it bring it again
            return
        turn = self._turn
        for feed, sequencer in self._sequencers.items():
            self._seqs[feed] = sequencer.last
            await self._pace.breathe()
        await self._snapshots.save(turn, self._seqs, self.consumer.state())
        self._saved_turn = turn

    def _sequencer(self, feed: str) -> Sequencer:
        sequencer = self._sequencers.get(feed)
        if sequencer is None:
            last = self._seqs.get(feed, 0)
            sequencer = self._sequencers[feed] = Sequencer(self._log, feed, last)
        return sequencer

    def _last(self, feed: str) -> int:
        sequencer = self._sequencers.get(feed)
        return self._seqs.get(feed, 0) if sequencer is None else sequencer.last
