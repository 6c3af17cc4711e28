"""The hub of a node: feeds on one side, subscriptions on the other.

For every feed that it hears of, the hub keeps the recent tail in memory, so that a device which was
away for a moment resumes without a query.  For feeds with subscribers it opens each event once,
joins what arrived together into one batch, and hands the same bytes to every subscription.
"""

import asyncio
import collections
import datetime as dt
import time
from collections.abc import Sequence

import structlog

from models.base.metrics import Metrics
from models.wire.events import Event
from streams.feed.fanout import Flushable
from streams.feed.sequencer import Gap
from streams.feed.topic import Topic
from upcoach.store.log.event_log import EventLog
from upcoach.store.log.heads import Head, Heads

MAX_IDLE_EVENTS = 200_000  # in memory, of the feeds that nobody here follows
TRIM_EVERY_S = 1.0
PRELOADED_EVENTS = 1_000  # entries of each stream that are loaded at the start
RECOVER_AT_ONCE = 8

_log = structlog.get_logger(__name__)


class DeliveryTally:
    """Counts deliveries between two reports: once a read, not once an event."""

    def __init__(self) -> None:
        self._deliveries = 0
        self._oldest: dt.datetime | None = None

    def add(self, events: Sequence[Event], subscribers: int) -> None:
        """Count *events* that went to so many *subscribers*."""
        self._deliveries += len(events) * subscribers
        if self._oldest is None or events[0].at < self._oldest:
            self._oldest = events[0].at

    def report(self, metrics: Metrics) -> None:
        """Add to *metrics* the number of deliveries, and the latency of the oldest event."""
        if self._oldest is not None:
            metrics.delivered.inc(self._deliveries)
            metrics.delivery_s.observe(max(0.0, time.time() - self._oldest.timestamp()))
            self._deliveries = 0
            self._oldest = None


class Hub:
    """The topics of this node, by feed."""

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
        unflushed: list[Flushable] | None = [] if len(followed) > 1 else None
        try:
            for topic, arrived in followed.items():
                if topic.goes_on_with(arrived):
                    self._deliver(topic, arrived, unflushed)
                else:
                    await self._advance(topic, arrived, unflushed)
        finally:
            for subscriber in unflushed or ():
                subscriber.flush()
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
        for failure in await asyncio.gather(*caught_up, return_exceptions=True):
            if failure is not None:
                raise failure

    async def _advance(
        self, topic: Topic, arrived: list[Event] | None, unflushed: list[Flushable] | None
    ) -> None:
        """Deliver the next events of *topic*, or leave it where it was."""
        events = await self._sequenced(topic, arrived)
        await topic.load_key()
        self._deliver(topic, events, unflushed)

    async def _sequenced(self, topic: Topic, arrived: list[Event] | None) -> list[Event]:
        """The next events of *topic*, in order: from *arrived*, or from the log alone."""
        try:
            if arrived is None:
                return await topic.sequencer.catch_up()
            return await topic.sequencer.take(arrived)
        except Gap as gap:
            # The log was cut below us: the subscribers find out when they look for the numbers.
            _log.warning("log_cut", feed=topic.feed, after=gap.after, first=gap.first)
            topic.mark_all_behind()
            topic.sequencer.last = gap.first - 1
            return await self._sequenced(topic, arrived)

    def _deliver(
        self, topic: Topic, events: list[Event], unflushed: list[Flushable] | None
    ) -> None:
        """Hand *events* to the subscribers of *topic*; those in *unflushed* are flushed later."""
        if not events:
            return
        fanout, behind = topic.fanout(events[-1].seq), tuple(topic.behind)
        topic.remember(events)
        batch = topic.batch(events)
        if unflushed is None:
            fanout.send(batch)
        else:
            fanout.queue(batch, unflushed)
        for subscriber in behind:
            subscriber.push(batch)
            if unflushed is None:
                subscriber.flush()
            else:
                unflushed.append(subscriber)
        self._tally.add(events, topic.audience)

    def _absorb(self, event: Event) -> None:
        """Keep an event of a feed without subscribers on this node."""
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
        """Evict the topics without subscribers that were idle for longest."""
        now = time.monotonic()
        if now - self._trimmed < TRIM_EVERY_S:
            return
        self._trimmed = now
        idle = [topic for topic in self._topics.values() if not topic.audience]
        held = sum(1 + len(topic.tail) for topic in idle)
        if held <= MAX_IDLE_EVENTS:
            return
        for topic in idle:
            self._drop(topic.feed)
            held -= 1 + len(topic.tail)
            if held <= MAX_IDLE_EVENTS * 9 // 10:
                return

    def _drop(self, feed: str) -> None:
        del self._topics[feed]
