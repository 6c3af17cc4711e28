"""A feed as a node sees it: its newest number, its recent tail, and who follows it."""

import collections
from collections.abc import Iterable, Sequence
from typing import Final

from models.wire.events import Event
from streams.feed.encoded_batch import EncodedBatch, line_of, open_line
from streams.feed.fanout import CaughtUp, Fanout, Subscriber
from streams.feed.sequencer import Sequencer
from upcoach.store.log.event_log import EventLog
from upcoach.store.log.heads import Head

PARCELS: Final = 4  # that are kept for those who are behind together
TAIL: Final = 128  # events of a feed in memory: an evening without network
TAIL_BYTES: Final = 4 * 1024 * 1024  # the same, where they are large


class Topic:
    """One feed.

    Attributes
    ----------
    is_sure
        Whether its number was the newest of the log when it began.
    sums
        The packed checksums at its newest number.
    behind
        Those who follow it and have a position of their own.

    """

    def __init__(self, log: EventLog, feed: str, head: Head, *, is_sure: bool) -> None:
        self.feed = feed
        self.is_sure = is_sure
        self.sums = head.sums
        self.sequencer = Sequencer(log, feed, head.seq)
        self.behind: set[Subscriber] = set()
        self._level: dict[CaughtUp, None] = {}  # in the order in which they came
        self._lane: Fanout | None = None
        self._parcels: dict[tuple[int, int], EncodedBatch] = {}
        self.tail: collections.deque[Event] = collections.deque()
        self._held = 0  # bytes of the tail
        self._log = log
        self._lines: dict[int, bytes] = {}

    @property
    def last(self) -> int:
        """The newest number that was handed on."""
        return self.sequencer.last

    def remember(self, events: Iterable[Event]) -> None:
        """Add *events*, which follow the tail, to it."""
        for event in events:
            self.tail.append(event)
            self._held += len(event.sealed)
            while len(self.tail) > TAIL or (self._held > TAIL_BYTES and len(self.tail) > 1):
                gone = self.tail.popleft()
                self._held -= len(gone.sealed)
                self._lines.pop(gone.seq, None)
            self.sequencer.last = event.seq
            self.sums = event.sums

    def restart(self, event: Event) -> None:
        """Begin the tail anew with *event*: nobody here needs what lies before it."""
        self.tail.clear()
        self._held = 0
        self._lines.clear()
        self.remember([event])

    @property
    def audience(self) -> int:
        """How many follow it."""
        return len(self.behind) + len(self._level)

    def __contains__(self, subscriber: object) -> bool:
        return subscriber in self.behind or subscriber in self._level

    def add(self, subscriber: Subscriber) -> None:
        """Let *subscriber* follow; whoever has everything says `level`."""
        self.behind.add(subscriber)

    def remove(self, subscriber: Subscriber) -> None:
        """Let *subscriber* go."""
        self.behind.discard(subscriber)
        if subscriber in self._level:
            self._level.pop(subscriber)
            self.rearrange()

    def level(self, subscriber: CaughtUp) -> None:
        """Take note that *subscriber* has everything up to `last`."""
        self.behind.discard(subscriber)
        if not self.behind:
            self._parcels.clear()
        self._level[subscriber] = None
        self.rearrange()

    def fall(self, subscriber: CaughtUp) -> None:
        """Take note that *subscriber* has a position of its own."""
        self._level.pop(subscriber, None)
        self.behind.add(subscriber)
        self.rearrange()

    def rearrange(self) -> None:
        """Arrange the lane anew before it is used again."""
        self._lane = None

    def lane(self, seq: int) -> Fanout:
        """Those who are level, and may be sent everything up to *seq*."""
        lane = self._lane
        if lane is None or seq > lane.limit:
            for one in [one for one in self._level if seq > one.limit]:
                one.fall(self.last)
            lane = self._lane = Fanout(self._level)
        return lane

    def scatter(self) -> None:
        """Give everybody a position of their own: the numbers do not go on as they should."""
        for one in list(self._level):
            one.fall(self.last)

    def after(self, seq: int) -> list[Event] | None:
        """The events above *seq*, or None when the tail does not reach back so far."""
        if not self.tail or seq < self.tail[0].seq - 1:
            return None
        return [event for event in self.tail if event.seq > seq]

    def goes_on_with(self, events: Iterable[Event]) -> bool:
        """Whether *events* come next, in order, and can be opened at once: the usual case."""
        last = self.last
        for event in events:
            last += 1
            if event.seq != last:
                return False
        return self._log.can_open(self.feed)

    async def load_key(self) -> None:
        """Have at hand what `parcel` needs."""
        if not self._log.can_open(self.feed):
            await self._log.load_keys([self.feed])

    def parcel(self, events: Sequence[Event]) -> EncodedBatch:
        """*events* opened and joined; each is opened once, however many subscribers there are."""
        return EncodedBatch(
            self.feed, [line_of(self._log, event, self._line(event)) for event in events]
        )

    def parcel_again(self, events: Sequence[Event]) -> EncodedBatch:
        """The same for who is behind: many who fell behind together are handed the same ones."""
        place = (events[0].seq, events[-1].seq)
        parcel = self._parcels.pop(place, None) or self.parcel(events)
        self._parcels[place] = parcel
        if len(self._parcels) > PARCELS:
            del self._parcels[next(iter(self._parcels))]
        return parcel

    def _line(self, event: Event) -> bytes:
        line = self._lines.get(event.seq)
        if line is None:
            line = open_line(self._log, event)
            if self.tail and event.seq >= self.tail[0].seq:
                self._lines[event.seq] = line
        return line
