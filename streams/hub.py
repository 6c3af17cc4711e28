"""The hub of a node: feeds on one side, subscriptions on the other.

For every feed that it hears of, the hub keeps the recent tail in memory, so that a device which was
away for a moment resumes without a query.  For feeds with subscribers it opens each event once,
joins what arrived together into one parcel, and hands the same bytes to every subscription.
"""

import asyncio
import collections
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import structlog

from models.documents import Share
from models.events import Event
from models.frames import Skip, encode
from models.measures import Measures
from streams.sequencer import Hole, Sequencer
from upcoach.store.heads import Head, Heads
from upcoach.store.log import EventLog
from upcoach.store.sealing import Unreadable

TAIL = 128  # events of a feed in memory: an evening without network
TAILS = 200_000  # events of all feeds together
RECENT = 1_000  # entries of each stream that are loaded at the start
RECOVER_AT_ONCE = 8

_log = structlog.get_logger(__name__)


class Line(NamedTuple):
    """One event, opened: its number, the kind of its document, its frame."""

    seq: int
    kind: str
    frame: bytes


Wrap = Callable[[bytes], bytes]
Kinds = frozenset[str]


class Parcel:
    """Consecutive events of one feed, with what each transport makes of them for each audience."""

    __slots__ = ("_feed", "_forms", "_lines", "first", "last", "moves_access")

    def __init__(self, feed: str, lines: Sequence[Line]) -> None:
        self.first = lines[0].seq
        self.last = lines[-1].seq
        self.moves_access = any(line.kind == Share.kind for line in lines)
        self._feed = feed
        self._lines = lines
        self._forms: dict[tuple[Wrap, Kinds | None], bytes] = {}

    def form(self, wrap: Wrap, kinds: Kinds | None = None) -> bytes:
        """The frames as *wrap* makes a message of them, made once.

        Whoever may see only some *kinds* gets one `skip` for each run of the others.
        """
        made = self._forms.get((wrap, kinds))
        if made is None:
            frames = [line.frame for line in self._lines] if kinds is None else self._seen(kinds)
            made = self._forms[wrap, kinds] = wrap(b"".join(frames))
        return made

    def _seen(self, kinds: Kinds) -> Iterator[bytes]:
        for is_seen, run in itertools.groupby(self._lines, lambda line: line.kind in kinds):
            lines = list(run)
            if is_seen:
                yield from (line.frame for line in lines)
            else:
                yield encode(Skip(f=self._feed, first=lines[0].seq, to=lines[-1].seq))


class Subscriber(Protocol):
    """Somebody who follows a topic."""

    def push(self, parcel: Parcel) -> None:
        """Take *parcel*; called once for each, in order, never concurrently."""

    def flush(self) -> None:
        """Send what was pushed in this turn."""


class Topic:
    """A feed as this node sees it: its newest number, its recent tail, its subscribers.

    Attributes
    ----------
    is_sure
        Whether its number was the newest of the log when it began.
    sums
        The packed checksums at its newest number.

    """

    def __init__(self, log: EventLog, feed: str, head: Head, *, is_sure: bool) -> None:
        self.feed = feed
        self.is_sure = is_sure
        self.sums = head.sums
        self.sequencer = Sequencer(log, feed, head.seq)
        self.subscribers: set[Subscriber] = set()
        self.tail: collections.deque[Event] = collections.deque(maxlen=TAIL)
        self._log = log
        self._lines: dict[int, bytes] = {}

    @property
    def last(self) -> int:
        """The newest number that was handed on."""
        return self.sequencer.last

    def remember(self, events: Iterable[Event]) -> None:
        """Add *events*, which follow the tail, to it."""
        for event in events:
            if len(self.tail) == TAIL:
                self._lines.pop(self.tail[0].seq, None)
            self.tail.append(event)
            self.sequencer.last = event.seq
            self.sums = event.sums

    def restart(self, event: Event) -> None:
        """Begin the tail anew with *event*: nobody here needs what lies before it."""
        self.tail.clear()
        self._lines.clear()
        self.remember([event])

    def after(self, seq: int) -> list[Event] | None:
        """The events above *seq*, or None when the tail does not reach back so far."""
        if not self.tail or seq < self.tail[0].seq - 1:
            return None
        return [event for event in self.tail if event.seq > seq]

    async def load_key(self) -> None:
        """Have at hand what `parcel` needs."""
        if not self._log.can_open(self.feed):
            await self._log.load_keys([self.feed])

    def parcel(self, events: Sequence[Event]) -> Parcel:
        """*events* opened and joined; each is opened once, however many subscribers there are."""
        return Parcel(
            self.feed, [Line(event.seq, event.kind, self._line(event)) for event in events]
        )

    def _line(self, event: Event) -> bytes:
        line = self._lines.get(event.seq)
        if line is None:
            line = open_line(self._log, event)
            if self.tail and event.seq >= self.tail[0].seq:
                self._lines[event.seq] = line
        return line


class Hub:
    """Every topic of this node."""

    def __init__(self, log: EventLog, heads: Heads, measures: Measures) -> None:
        self._log = log
        self._measures = measures
        self._heads = heads
        self._topics: collections.OrderedDict[str, Topic] = collections.OrderedDict()
        self._held = 0

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
            if topic is not None and topic.subscribers:
                followed.setdefault(topic, []).append(event)
            else:
                self._absorb(event)
        touched: set[Subscriber] = set()
        for topic, arrived in followed.items():
            await self._advance(topic, arrived, touched)
        for subscriber in touched:
            subscriber.flush()
        self._trim()

    async def recover(self) -> None:
        """See `reader.Follower.recover`: followed topics catch up, the others are forgotten."""
        for feed, topic in list(self._topics.items()):
            if not topic.subscribers:
                self._drop(feed)
        gate = asyncio.Semaphore(RECOVER_AT_ONCE)

        async def catch_up(topic: Topic) -> None:
            async with gate:
                touched: set[Subscriber] = set()
                await self._advance(topic, None, touched)
                for subscriber in touched:
                    subscriber.flush()

        caught_up = [catch_up(topic) for topic in self._topics.values()]
        # All of them end before a failure is passed on: it makes the reader begin again.
        for outcome in await asyncio.gather(*caught_up, return_exceptions=True):
            if outcome is not None:
                raise outcome

    async def _advance(
        self, topic: Topic, arrived: list[Event] | None, touched: set[Subscriber]
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
        except Hole as hole:
            # The log was cut below us: the subscribers find out when they look for the numbers.
            _log.warning("log_cut", feed=topic.feed, after=hole.after, first=hole.first)
            topic.sequencer.last = hole.first - 1
            return await self._sequenced(topic, arrived)

    def _deliver(self, topic: Topic, events: list[Event], touched: set[Subscriber]) -> None:
        if not events:
            return
        self._held += len(events) - max(0, len(topic.tail) + len(events) - TAIL)
        topic.remember(events)
        parcel = topic.parcel(events)
        for subscriber in tuple(topic.subscribers):
            subscriber.push(parcel)
        touched.update(topic.subscribers)
        self._measures.delivered.inc(len(events) * len(topic.subscribers))
        self._measures.delivery_s.observe(max(0.0, time.time() - events[-1].at.timestamp()))

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
        held = len(topic.tail)
        if event.seq == topic.last + 1:
            topic.remember([event])
        else:
            topic.restart(event)
        self._held += len(topic.tail) - held

    def _trim(self) -> None:
        """Forget the topics that were idle for longest and that nobody follows."""
        if self._held <= TAILS:
            return
        for feed, topic in list(self._topics.items()):
            if self._held <= TAILS * 9 // 10:
                return
            if not topic.subscribers:
                self._drop(feed)

    def _drop(self, feed: str) -> None:
        self._held -= len(self._topics.pop(feed).tail)


def open_line(log: EventLog, event: Event) -> bytes:
    """The `ev` line of *event*, or a `skip` when its owner was erased."""
    try:
        return log.open_line(event)
    except Unreadable:
        return encode(Skip(f=event.feed, first=event.seq, to=event.seq))
