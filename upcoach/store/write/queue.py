"""The queue of writes that wait for a batch, in the order of each writer.

Each writer's feed has a queue of its own, and these take turns: a batch has one write of each
before it has a second one of any.  Only the first of a queue can be taken, so what is behind it is
not looked at, and what one writer sends stays in its order, whichever side it waits on.  A write
that waits for somebody else's feed keeps nobody from writing there, and is first when it is free.
"""

import collections
import itertools
from collections.abc import Iterable, Iterator, Sequence

from models.base.errors import Unavailable
from upcoach.store.write.pending import ApartGroup, PendingWrite, Side

BATCH = 64  # beyond this, a transaction's latency grows faster than its cost per write falls
BATCH_READS = 512  # a larger write (an import) goes alone, beside the others

Group = Sequence[PendingWrite]


class WriteQueue:
    """The writes that wait, and the feeds that batches are writing to.

    Attributes
    ----------
    busy_feeds
        The feeds that a running batch holds: nobody else writes to them.

    """

    def __init__(self) -> None:
        self.busy_feeds: set[str] = set()
        self._queues: dict[str, collections.deque[PendingWrite]] = {}  # by the writer's feed
        # The feeds whose first write waits on that side, whoever waits longest first.
        self._turns = {side: collections.OrderedDict[str, None]() for side in Side}

    def __iter__(self) -> Iterator[PendingWrite]:
        return itertools.chain.from_iterable(self._queues.values())

    def put(self, pending: PendingWrite) -> None:
        """Let *pending* wait behind all others of its writer."""
        feed = pending.write.scope.feed
        queue = self._queues.setdefault(feed, collections.deque())
        queue.append(pending)
        if len(queue) == 1:
            self._turns[pending.side][feed] = None

    def put_back(self, pending_writes: Sequence[PendingWrite]) -> None:
        """Let *pending_writes* wait again, in front and in their order."""
        for pending in reversed(pending_writes):
            feed = pending.write.scope.feed
            self._queues.setdefault(feed, collections.deque()).appendleft(pending)
            self._give_turn(feed)
            self._turns[pending.side].move_to_end(feed, last=False)

    def take(self, side: Side) -> list[PendingWrite]:
        """The next batch of a *side*: first writes whose feeds no running batch holds."""
        batch = _Batch(self._queues, self.busy_feeds)
        for feed in self._turns[side]:
            batch.add_first(feed)
            if batch.group is not None or batch.is_full:
                break
        for feed in () if batch.group is None else batch.group.feeds:
            if feed in self._turns[side]:
                batch.add_first(feed)
        batch.add_others()
        for feed in batch.served:
            self._give_turn(feed)
        return batch.taken

    def refuse_followers(
        self, refused: Iterable[PendingWrite], refusal: Unavailable
    ) -> list[PendingWrite]:
        """Refuse the waiting writes that follow those *refused*, and what follows them.

        They come again in their order; a follower that went ahead would break it.
        """
        names: dict[str, set[str]] = {}  # a write follows those of its writer alone
        for pending in refused:
            if pending.write.mutation is not None:
                names.setdefault(pending.write.scope.feed, set()).add(pending.write.name)
        followers = []
        for feed, ids in names.items():
            for pending in self._queues.get(feed, ()):
                if pending.follows(ids):
                    pending.fail(refusal)
                    ids.add(pending.write.name)
                    followers.append(pending)
            self._drop_answered(feed)
        return followers

    def _drop_answered(self, feed: str) -> None:
        queue = self._queues.get(feed, collections.deque())
        waiting = [pending for pending in queue if not pending.done.done()]
        if len(waiting) < len(queue):
            queue.clear()
            queue.extend(waiting)
            self._give_turn(feed)

    def _give_turn(self, feed: str) -> None:
        """Let *feed* wait for its turn on the side of its first write, behind all others there."""
        for turns in self._turns.values():
            turns.pop(feed, None)
        if self._queues[feed]:
            self._turns[self._queues[feed][0].side][feed] = None
        else:
            del self._queues[feed]


class _Batch:
    """A batch that is being gathered from *queues*.

    Attributes
    ----------
    group
        Whom it is for, where its first write was set apart.
    served
        The feeds that it has a write of, each once.

    """

    def __init__(
        self, queues: dict[str, collections.deque[PendingWrite]], busy_feeds: set[str]
    ) -> None:
        self.taken: list[PendingWrite] = []
        self.group: ApartGroup | None = None
        self.served: dict[str, None] = {}
        self._queues = queues
        self._busy_feeds = busy_feeds
        self._room = BATCH_READS
        self._too_large = 0

    @property
    def is_full(self) -> bool:
        """Whether nothing more is to be looked at."""
        return len(self.taken) >= BATCH or self._too_large >= BATCH

    def add_first(self, feed: str) -> None:
        """Take the first write of *feed*, unless the batch has one."""
        if feed not in self.served and self._add(feed):
            self.served[feed] = None

    def add_others(self) -> None:
        """Take more of those that it has a write of, in turn."""
        feeds = collections.deque(self.served)
        while feeds and not self.is_full:
            feed = feeds.popleft()
            if self._add(feed):
                feeds.append(feed)

    def _add(self, feed: str) -> bool:
        queue = self._queues[feed]
        if self.is_full or not queue or not self._may_share(queue[0]):
            return False
        size = len(queue[0].write.reads)
        if self.taken and size > self._room:
            self._too_large += 1
            return False
        self._room -= size
        self.group = queue[0].group
        self.taken.append(queue.popleft())
        return True

    def _may_share(self, pending: PendingWrite) -> bool:
        is_alike = not self.taken or (
            pending.side is self.taken[0].side and pending.group is self.group
        )
        return is_alike and self._busy_feeds.isdisjoint(pending.write.feeds)


def set_apart(groups: Iterable[Group]) -> None:
    """Give each of *groups*, which do not wait now, batches of its own from now on."""
    for group in groups:
        apart = ApartGroup(pending.write.scope.feed for pending in group)
        for pending in group:
            pending.group = apart


def groups_of(pending_writes: Iterable[PendingWrite]) -> list[Group]:
    """Split *pending_writes* into groups that have no feed in common."""
    groups: list[tuple[set[str], list[PendingWrite]]] = []
    for pending in pending_writes:
        feeds, members = set(pending.write.feeds), [pending]
        apart = []
        for group in groups:
            if feeds.isdisjoint(group[0]):
                apart.append(group)
            else:
                feeds |= group[0]
                members = [*group[1], *members]
        groups = [*apart, (feeds, members)]
    return [members for _, members in groups]


def singly(pending_writes: Iterable[PendingWrite]) -> list[Group]:
    """A group for each of *pending_writes*."""
    return [[pending] for pending in pending_writes]


def feeds_of(pending_writes: Iterable[PendingWrite]) -> set[str]:
    """The feeds that *pending_writes* may write to."""
    return {feed for pending in pending_writes for feed in pending.write.feeds}
