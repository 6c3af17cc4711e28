"""The learner's place in the road: events in, insights out.

Exactly once, and always the same: each turn (which events, in which order, and what time it is) is
written down before it is learned, see `upcoach.store.collections.learner_snapshots`.  After a crash
the learner loads its snapshot, takes the recorded turns again, then what the log holds beyond them,
then what arrives.  It never runs inside a request, and gives the loop back after two milliseconds,
at the end of the step that it is in.
"""

import asyncio
import collections
import contextlib
import datetime as dt
import time
from collections.abc import Iterable, Sequence

import msgspec
import structlog

from models.access.scope import Scope
from models.base.clock import Clock
from models.base.errors import Refusal, Unavailable
from models.base.metrics import Measures
from models.insights.insight import Insight, insight_id
from models.learners import Forecast, HabitOdds
from models.wire.events import Event, feed_owner, read_line
from models.wire.frames import Ev
from streams.base import background_tasks
from streams.feed.sequencer import Hole, Sequencer
from streams.redis.connection import RedisError
from streams.redis.lease import Lease
from upcoach.services.insights.insights import Insights
from upcoach.store.base.sealing import Unreadable
from upcoach.store.collections.learner_snapshots import Learned, Snapshot, Superseded, Turn
from upcoach.store.log.event_log import EventLog

INBOX = 50_000
TURN = 500  # events
SLICE_S = 0.002
SNAPSHOT_EVERY_S = 60.0
LOOK_UP_S = 1.0  # how often the clock is looked at for days that have ended
RETRY_S = 1.0
PUBLISH_AT_ONCE = 16
TELL = 20  # forecasts put into words in one step

CONCERNS = "habit."  # other events, the learner's own insights among them, teach it nothing

_log = structlog.get_logger(__name__)


class Learning:
    """Feeds the learner with the events of all partitions, and publishes what it infers."""

    def __init__(
        self,
        log: EventLog,
        learned: Learned,
        lease: Lease,
        insights: Insights,
        clock: Clock,
        measures: Measures,
    ) -> None:
        self._log = log
        self._learned = learned
        self._lease = lease
        self._insights = insights
        self._clock = clock
        self._measures = measures
        self._slice_ends = 0.0
        self._inbox: collections.deque[Event] = collections.deque(maxlen=INBOX)
        self._wake = asyncio.Event()
        self._begin(HabitOdds(), {}, 0)

    def _begin(self, learner: HabitOdds, seqs: dict[str, int], turn: int) -> None:
        self.learner = learner
        self._sequencers = {feed: Sequencer(self._log, feed, seq) for feed, seq in seqs.items()}
        self._turn = turn
        self._saved_turn = turn
        self._is_amid = False  # whether a turn was begun and not ended: no snapshot says that
        self._saved_at = time.monotonic()
        self._unpublished: dict[tuple[str, str], Forecast] = {}
        self._behind = True  # whether the log may hold events that the streams will not bring

    async def take(self, events: Sequence[Event]) -> None:
        """See `reader.Follower.take`."""
        if len(self._inbox) + len(events) > INBOX:
            self._behind = True
        self._inbox.extend(events)
        self._wake.set()

    async def recover(self) -> None:
        """See `reader.Follower.recover`."""
        self._behind = True
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled, whenever this process holds the lease."""
        while True:
            await self._lease.acquire()
            keeping = asyncio.create_task(self._lease.keep())
            working = asyncio.create_task(self._work())
            try:
                await asyncio.wait({keeping, working}, return_when=asyncio.FIRST_COMPLETED)
                if working.done():
                    working.result()
            except (Superseded, Unavailable, RedisError) as reason:
                _log.warning("learning_interrupted", reason=repr(reason))
                await asyncio.sleep(RETRY_S)
            finally:
                await background_tasks.end(keeping, working)

    async def stop(self) -> None:
        """Keep what was learned; to be called after `run` was cancelled."""
        with contextlib.suppress(Unavailable, RedisError):
            await self._save()
            await self._lease.release()

    async def _work(self) -> None:
        await self.load()
        while True:
            await self.step()
            if time.monotonic() > self._saved_at + SNAPSHOT_EVERY_S:
                await self._save()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_UP_S):
                    await self._wake.wait()

    async def load(self) -> None:
        """Know what the owner before knew: its snapshot, and the turns after it."""
        snapshot = await self._learned.load()
        if snapshot is None:
            self._begin(HabitOdds(), {}, 0)
        else:
            learner = HabitOdds.from_state(snapshot.state)
            self._begin(learner, snapshot.seqs, snapshot.turn)
        async for turn in self._learned.turns(self._turn):
            await self._repeat(turn)

    async def step(self) -> None:
        """Learn what has arrived, and close the days that have ended."""
        self._wake.clear()
        if self._behind:
            self._behind = False
            await self._compare()
        while self._inbox:
            size = min(TURN, len(self._inbox))
            await self._take(self._inbox.popleft() for _ in range(size))
            await self._publish()
        now = self._clock()
        if self._is_due(now):
            await self._learn([], now)
        await self._publish()

    def _is_due(self, now: dt.datetime) -> bool:
        """Whether a day that the learner waits for has ended by *now*."""
        next_tick = self.learner.next_tick()
        return next_tick is not None and next_tick <= now

    async def _compare(self) -> None:
        """Fetch what the log holds beyond what was learned."""
        for feed, head in (await self._log.heads()).items():
            sequencer = self._sequencer(feed)
            while sequencer.last < head:
                await self._sequence(feed, await self._log.page(feed, sequencer.last, TURN))

    async def _take(self, arrived: Iterable[Event]) -> None:
        by_feed: dict[str, list[Event]] = {}
        for event in arrived:
            by_feed.setdefault(event.feed, []).append(event)
        for feed, events in by_feed.items():
            await self._sequence(feed, events)

    async def _sequence(self, feed: str, arrived: list[Event]) -> None:
        """Learn those of *arrived* that come next, and what is missing before them."""
        sequencer = self._sequencer(feed)
        try:
            events = await sequencer.take(arrived)
        except Hole as hole:
            _log.warning("log_cut", feed=feed, after=hole.after, first=hole.first)
            sequencer.last = hole.first - 1
            await self._sequence(feed, arrived)
            return
        await self._learn(await self._open(feed, events), None)
        if events:
            sequencer.last = events[-1].seq

    async def _open(self, feed: str, events: Sequence[Event]) -> list[Ev]:
        await self._log.load_keys([feed])
        opened = []
        for event in events:
            if not event.type.startswith(CONCERNS):
                continue
            try:
                opened.append(read_line(self._log.open_line(event)))
            except Unreadable:  # its owner was erased
                pass
            except msgspec.MsgspecError:
                self._park(event.feed, event.seq, event.type)
            await self._breathe()
        return opened

    async def _learn(self, events: Sequence[Ev], tick: dt.datetime | None) -> None:
        """Take a turn: write it down first."""
        if not events and tick is None:
            return
        spans = ((events[0].f, events[0].seq, events[-1].seq),) if events else ()
        turn = Turn(number=self._turn + 1, spans=spans, tick=tick)
        await self._learned.record(turn)
        self._is_amid = True
        self._turn = turn.number
        await self._apply(events, tick)
        self._is_amid = False

    async def _repeat(self, turn: Turn) -> None:
        """Take a recorded turn again."""
        self._is_amid = True
        for feed, first, last in turn.spans:
            events = await self._log.page(feed, first - 1, last - first + 1)
            await self._apply(await self._open(feed, events), None)
            self._sequencer(feed).last = last
        if turn.tick is not None:
            await self._apply((), turn.tick)
        self._turn = turn.number
        self._is_amid = False

    async def _apply(self, events: Sequence[Ev], tick: dt.datetime | None) -> None:
        for event in events:
            await self._teach(event)
        if tick is not None:
            await self._walk(self.learner.ticking(tick))
        self._measures.learned.labels(HabitOdds.NAME).inc(len(events))
        await self._walk(self.learner.refreshing())
        while forecasts := self.learner.drain(TELL):
            for forecast in forecasts:
                self._unpublished[forecast.feed, forecast.habit] = forecast
            await self._breathe()

    async def _walk(self, steps: Iterable[None]) -> None:
        """Take all *steps*, some at a time."""
        for _ in steps:
            await self._breathe()

    async def _breathe(self) -> None:
        """Give the loop back if it was held for a slice."""
        if time.monotonic() >= self._slice_ends:
            await asyncio.sleep(0)
            self._slice_ends = time.monotonic() + SLICE_S

    async def _teach(self, event: Ev) -> None:
        """Let the learner take *event*; one that breaks it is parked, the same way each time."""
        try:
            await self._walk(self.learner.applying(event))
        # Events are learned in order and for ever again after a restart: one that raises would end
        # everybody's learning.  It is counted, and logged with its trace.
        except Exception:  # noqa: BLE001
            self._park(event.f, event.seq, event.type)

    def _park(self, feed: str, seq: int, what: str) -> None:
        self._measures.parked.labels(HabitOdds.NAME).inc()
        _log.exception("event_parked", feed=feed, seq=seq, type=what)

    async def _publish(self) -> None:
        """Write what the learner has to say; while MongoDB is away it stays unsaid."""
        gate = asyncio.Semaphore(PUBLISH_AT_ONCE)

        async def one(key: tuple[str, str], forecast: Forecast) -> None:
            async with gate:
                await self._say(forecast)
            if self._unpublished.get(key) is forecast:
                del self._unpublished[key]

        said = [one(*item) for item in self._unpublished.items()]
        for failure in await asyncio.gather(*said, return_exceptions=True):
            if isinstance(failure, BaseException) and not isinstance(failure, Refusal):
                raise failure

    async def _say(self, forecast: Forecast) -> None:
        scope = Scope(user=feed_owner(forecast.feed), device=HabitOdds.NAME)
        if forecast.day is None:
            await self._insights.withdraw(scope, insight_id(forecast.habit))
        else:
            await self._insights.publish(scope, _insight(scope.user, forecast, forecast.day))

    async def _save(self) -> None:
        self._saved_at = time.monotonic()
        if self._turn == self._saved_turn or self._is_amid:
            return
        seqs = {feed: sequencer.last for feed, sequencer in self._sequencers.items()}
        tracks = {}
        for habit in self.learner.habits():
            tracks[habit] = self.learner.packed_track(habit)
            await self._breathe()
        snapshot = Snapshot(
            learner=HabitOdds.NAME,
            version=HabitOdds.VERSION,
            turn=self._turn,
            seqs=seqs,
            state=self.learner.packed(tracks),
        )
        await self._learned.save(snapshot)
        self._saved_turn = snapshot.turn

    def _sequencer(self, feed: str) -> Sequencer:
        return self._sequencers.setdefault(feed, Sequencer(self._log, feed, 0))


def _insight(owner: str, forecast: Forecast, day: dt.date) -> Insight:
    epoch = dt.datetime.min.replace(tzinfo=dt.UTC)
    return Insight(
        id=insight_id(forecast.habit),
        owner=owner,
        created_at=epoch,
        updated_at=epoch,
        type=HabitOdds.NAME,
        about=forecast.habit,
        day=day,
        odds=forecast.odds,
        low=forecast.low,
        high=forecast.high,
        reasons=forecast.reasons,
        labels=forecast.labels,
        scores=forecast.scores,
        model=forecast.model,
    )
