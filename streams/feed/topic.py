"""Topics: a feed on a node, with its newest number, its recent tail, and its subscribers."""

import collections
from collections.abc import Iterable, Sequence
from typing import Final

from models.wire.events import Event
from streams.feed.encoded_batch import EncodedBatch, encoded_event, opened_frame
from streams.feed.fanout import CaughtUp, Fanout, Subscriber
from streams.feed.sequencer import Sequencer
from upcoach.store.log.event_log import EventLog
from upcoach.store.log.heads import Head

CACHED_BATCHES: Final = 4  # that are kept for those who are behind together
TAIL_EVENTS: Final = 128  # events of a feed in memory: an evening without network
TAIL_BYTES: Final = 4 * 1024 * 1024  # the same, where they are large


class Topic:
    """One feed on this node, and those who follow it.

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
        self._caught_up: dict[CaughtUp, None] = {}  # in the order in which they came
        self._fanout: Fanout | None = None
        self._batches: dict[tuple[int, int], EncodedBatch] = {}
        self.tail: collections.deque[Event] = collections.deque()
        self._tail_bytes = 0
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
            self._tail_bytes += len(event.sealed)
            while len(self.tail) > TAIL_EVENTS or (
                self._tail_bytes > TAIL_BYTES and len(self.tail) > 1
            ):
                oldest = self.tail.popleft()
                self._tail_bytes -= len(oldest.sealed)
                self._lines.pop(oldest.seq, None)
            self.sequencer.last = event.seq
            self.sums = event.sums

    def restart(self, event: Event) -> None:
        """Begin the tail anew with *event*: nobody here needs what lies before it."""
        self.tail.clear()
        self._tail_bytes = 0
        self._lines.clear()
        self.remember([event])

    @property
    def audience(self) -> int:
        """The number of subscribers."""
        return len(self.behind) + len(self._caught_up)

    def __contains__(self, subscriber: object) -> bool:
        return subscriber in self.behind or subscriber in self._caught_up

    def add(self, subscriber: Subscriber) -> None:
        """Add *subscriber*; whoever has everything calls `mark_caught_up`."""
        self.behind.add(subscriber)

    def remove(self, subscriber: Subscriber) -> None:
        """Remove *subscriber*."""
        self.behind.discard(subscriber)
        if subscriber in self._caught_up:
            self._caught_up.pop(subscriber)
            self.reset_fanout()

    def mark_caught_up(self, subscriber: CaughtUp) -> None:
        """Add *subscriber*, which has everything up to `last`, to the fan-out."""
        self.behind.discard(subscriber)
        if not self.behind:
            self._batches.clear()
        self._caught_up[subscriber] = None
        self.reset_fanout()

    def mark_behind(self, subscriber: CaughtUp) -> None:
        """Take *subscriber*, which has a position of its own, out of the fan-out."""
        self._caught_up.pop(subscriber, None)
        self.behind.add(subscriber)
        self.reset_fanout()

    def reset_fanout(self) -> None:
        """Group the fan-out anew before it is used again."""
        self._fanout = None

    def fanout(self, seq: int) -> Fanout:
        """Those who have caught up, and may be sent everything up to *seq*."""
        fanout = self._fanout
        if fanout is None or seq > fanout.limit:
            waiting = [member for member in self._caught_up if seq > member.limit]
            for member in waiting:
                member.fall_behind(self.last)
            fanout = self._fanout = Fanout(self._caught_up)
        return fanout

    def mark_all_behind(self) -> None:
        """Give every subscriber a position of its own: the numbers do not continue."""
        for member in list(self._caught_up):
            member.fall_behind(self.last)

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
        """Load the data key that `batch` needs."""
        if not self._log.can_open(self.feed):
            await self._log.load_keys([self.feed])

    def batch(self, events: Sequence[Event]) -> EncodedBatch:
        """*events* as one batch; each is decrypted once, however many subscribers there are."""
        return EncodedBatch(
            self.feed, [encoded_event(self._log, event, self._line(event)) for event in events]
        )

    def cached_batch(self, events: Sequence[Event]) -> EncodedBatch:
        """The same for who is behind: many who fell behind together are handed the same ones."""
        place = (events[0].seq, events[-1].seq)
        batch = self._batches.pop(place, None) or self.batch(events)
        self._batches[place] = batch
        if len(self._batches) > CACHED_BATCHES:
            del self._batches[next(iter(self._batches))]
        return batch

    def _line(self, event: Event) -> bytes:
        line = self._lines.get(event.seq)
        if line is None:
            line = opened_frame(self._log, event)
            if self.tail and event.seq >= self.tail[0].seq:
                self._lines[event.seq] = line
        return line
