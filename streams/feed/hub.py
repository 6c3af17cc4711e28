"""The hub of a node: feeds on one side, subscriptions on the other.

For every feed that it hears of, the hub keeps the recent tail in memory, so that a device which was
away for a moment resumes without a query.  For feeds with subscribers it opens each event once,
joins what arrived together into one parcel, and hands the same bytes to every subscription.
"""

import asyncio
import collections
import datetime as dt
import time
from collections.abc import Sequence

import structlog

from models.base.metrics import Metrics
from models.wire.events import Event
from streams.feed.fanout import Flushed
from streams.feed.sequencer import Gap
from streams.feed.topic import Topic
from upcoach.store.log.event_log import EventLog
from upcoach.store.log.heads import Head, Heads

TAILS = 200_000  # events in memory of the feeds that nobody here follows
TRIM_EVERY_S = 1.0
RECENT = 1_000  # entries of each stream that are loaded at the start
RECOVER_AT_ONCE = 8

_log = structlog.get_logger(__name__)


class DeliveryTally:
    """What was delivered since the last report: measured once a read, not once an event."""

    def __init__(self) -> None:
        self._deliveries = 0
        self._oldest: dt.datetime | None = None

    def add(self, events: Sequence[Event], subscribers: int) -> None:
        """Take note of *events* that went to so many *subscribers*."""
        self._deliveries += len(events) * subscribers
        if self._oldest is None or events[0].at < self._oldest:
            self._oldest = events[0].at

    def report(self, metrics: Metrics) -> None:
        """Tell how many deliveries there were, and how long the oldest of the events took."""
        if self._oldest is not None:
            metrics.delivered.inc(self._deliveries)
            metrics.delivery_s.observe(max(0.0, time.time() - self._oldest.timestamp()))
            self._deliveries = 0
            self._oldest = None


class Hub:
    """Every topic of this node."""

    def __init__(self, log: EventLog, heads: Heads, metrics: Metrics) -> None:
        self._log = log
        self._metrics = metrics
        self._heads = heads
        self._topics: collections.OrderedDict[str, Topic] = collections.OrderedDict()
        self._tally = DeliveryTally()
        self._trimmed = 0.0

    async def attach(self, feed: str) -> Topic:
        """The topic of *feed*; whoever adds a subscriber to it misses nothing above its `last`."""
        topic = self._topics.get(feed)
        if topic is None or not topic.is_sure:
            head = await self._heads.read(feed)
            topic = self._topics.get(feed)
            if topic is not None and topic.last < head.seq and not topic.is_sure:
                self._drop(feed)
                topic = None
            if topic is None:
                topic = self._topics[feed] = Topic(self._log, feed, head, is_sure=True)
            topic.is_sure = True
        self._topics.move_to_end(feed)
        return topic

    def newest(self, feed: str) -> int | None:
        """The newest number of *feed*, if this node knows it without asking."""
        topic = self._topics.get(feed)
        return topic.last if topic is not None and topic.is_sure else None

    def holds(self, topic: Topic) -> bool:
        """Whether *topic* still gets what arrives; one that nobody follows may be let go."""
        return self._topics.get(topic.feed) is topic

    async def preload(self, events: Sequence[Event]) -> None:
        """Fill the tails from what the streams hold when the process starts.

        The keys come along, so that a thousand devices that come back at once ask MongoDB nothing.
        """
        for event in events:
            self._absorb(event)
        await self._log.load_keys({event.feed for event in events})

    async def take(self, events: Sequence[Event]) -> None:
        """See `reader.Follower.take`."""
        followed: dict[Topic, list[Event]] = {}
        for event in events:
            self._heads.observe(event)
            topic = self._topics.get(event.feed)
            if topic is not None and topic.audience:
                followed.setdefault(topic, []).append(event)
            else:
                self._absorb(event)
        # What one connection gets from several topics leaves in one write.
        touched: list[Flushed] | None = [] if len(followed) > 1 else None
        try:
            for topic, arrived in followed.items():
                if topic.goes_on_with(arrived):
                    self._deliver(topic, arrived, touched)
                else:
                    await self._advance(topic, arrived, touched)
        finally:
            for one in touched or ():
                one.flush()
        self._tally.report(self._metrics)
        self._trim()

    async def recover(self) -> None:
        """See `reader.Follower.recover`: followed topics catch up, the others are forgotten."""
        for feed, topic in list(self._topics.items()):
            if not topic.audience:
                self._drop(feed)
        gate = asyncio.Semaphore(RECOVER_AT_ONCE)

        async def catch_up(topic: Topic) -> None:
            async with gate:
                await self._advance(topic, None, None)
                self._tally.report(self._metrics)

        caught_up = [catch_up(topic) for topic in self._topics.values()]
        # All of them end before a failure is passed on: it makes the reader begin again.
        for outcome in await asyncio.gather(*caught_up, return_exceptions=True):
            if outcome is not None:
                raise outcome

    async def _advance(
        self, topic: Topic, arrived: list[Event] | None, touched: list[Flushed] | None
    ) -> None:
        """Deliver what comes next in *topic*, or leave it where it was."""
        events = await self._sequenced(topic, arrived)
        await topic.load_key()
        self._deliver(topic, events, touched)

    async def _sequenced(self, topic: Topic, arrived: list[Event] | None) -> list[Event]:
        """What comes next in *topic*, in order: from *arrived*, or from the log alone."""
        try:
            if arrived is None:
                return await topic.sequencer.catch_up()
            return await topic.sequencer.take(arrived)
        except Gap as hole:
            # The log was cut below us: the subscribers find out when they look for the numbers.
            _log.warning("log_cut", feed=topic.feed, after=hole.after, first=hole.first)
            topic.scatter()
            topic.sequencer.last = hole.first - 1
            return await self._sequenced(topic, arrived)

    def _deliver(self, topic: Topic, events: list[Event], touched: list[Flushed] | None) -> None:
        """Hand *events* to all who follow *topic*: at once, unless *touched* is kept for later."""
        if not events:
            return
        lane, behind = topic.lane(events[-1].seq), tuple(topic.behind)
        topic.remember(events)
        parcel = topic.parcel(events)
        if touched is None:
            lane.send(parcel)
        else:
            lane.queue(parcel, touched)
        for subscriber in behind:
            subscriber.push(parcel)
            if touched is None:
                subscriber.flush()
            else:
                touched.append(subscriber)
        self._tally.add(events, topic.audience)

    def _absorb(self, event: Event) -> None:
        """Remember an event of a feed that nobody here follows."""
        topic = self._topics.get(event.feed)
        if topic is None:
            # An event that was published again may stand behind newer ones: only the log knows.
            topic = self._topics[event.feed] = Topic(
                self._log, event.feed, Head(event.seq - 1), is_sure=not event.repeated
            )
        if event.seq <= topic.last:
            return
        if event.seq == topic.last + 1:
            topic.remember([event])
        else:
            topic.restart(event)

    def _trim(self) -> None:
        """Forget the topics that were idle for longest and that nobody follows."""
        now = time.monotonic()
        if now - self._trimmed < TRIM_EVERY_S:
            return
        self._trimmed = now
        idle = [topic for topic in self._topics.values() if not topic.audience]
        held = sum(1 + len(topic.tail) for topic in idle)
        if held <= TAILS:
            return
        for topic in idle:
            self._drop(topic.feed)
            held -= 1 + len(topic.tail)
            if held <= TAILS * 9 // 10:
                return

    def _drop(self, feed: str) -> None:
        del self._topics[feed]
