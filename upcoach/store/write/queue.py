"""The queue of writes that wait for a batch, in their order."""

import collections
from collections.abc import Iterable, Iterator, Sequence

from models.base.errors import Unavailable
from upcoach.store.write.pending import PendingWrite

BATCH = 64  # beyond this, a transaction's latency grows faster than its cost per write falls
BATCH_READS = 512  # a larger write (an import) goes alone, beside the others

Group = Sequence[PendingWrite]


class WriteQueue:
    """The writes that wait, and the feeds that batches are writing to.

    A write that made its batch begin again too often waits *apart*: it shares a batch with nobody
    any more, or with those only that it was set apart with.

    Attributes
    ----------
    busy_feeds
        The feeds that a running batch holds: nobody else writes to them.

    """

    def __init__(self) -> None:
        self.busy_feeds: set[str] = set()
        self._waiting: collections.deque[PendingWrite] = collections.deque()
        self._apart = 0  # how many of those that wait

    def __iter__(self) -> Iterator[PendingWrite]:
        return iter(self._waiting)

    def put(self, pending: PendingWrite) -> None:
        """Let *pending* wait behind all others."""
        self._waiting.append(pending)
        self._apart += _count_apart([pending])

    def put_back(self, pending_writes: Sequence[PendingWrite]) -> None:
        """Let *pending_writes* wait again, in front and in their order."""
        self._waiting.extendleft(reversed(pending_writes))
        self._apart += _count_apart(pending_writes)

    def take(self, *, is_apart: bool) -> list[PendingWrite]:
        """The next batch: writes whose feeds no running batch and no skipped write holds.

        Of those that wait apart it *is* one group, or else none of them is in it.

        It looks no further than to the last that may be in it: every write that comes asks for a
        batch, however many wait already.
        """
        taken: list[PendingWrite] = []
        skipped: list[PendingWrite] = []
        blocked = set(self.busy_feeds)
        room = BATCH_READS
        left = self._apart if is_apart else len(self._waiting) - self._apart
        while left and len(taken) < BATCH:
            pending = self._waiting.popleft()
            left -= (pending.group is not None) is is_apart
            size = len(pending.write.reads)
            if taken:
                fits = pending.group is taken[0].group and size <= room
            else:
                fits = (pending.group is not None) is is_apart
            if fits and blocked.isdisjoint(pending.write.feeds):
                taken.append(pending)
                room -= size
            else:
                blocked.update(pending.write.feeds)
                skipped.append(pending)
        self._waiting.extendleft(reversed(skipped))
        self._apart -= _count_apart(taken)
        return taken

    def refuse_followers(
        self, refused: Iterable[PendingWrite], refusal: Unavailable
    ) -> list[PendingWrite]:
        """Refuse the waiting writes that follow those *refused*, and what follows them.

        They come again in their order; a follower that went ahead would break it.
        """
        names = {pending.name for pending in refused} - {None}
        followers = []
        for pending in self._waiting if names else ():
            if pending.follows(names):
                pending.fail(refusal)
                names.add(pending.name)
                followers.append(pending)
        self._waiting = collections.deque(
            pending for pending in self._waiting if not pending.done.done()
        )
        self._apart = _count_apart(self._waiting)
        return followers


def _count_apart(pending_writes: Iterable[PendingWrite]) -> int:
    return sum(pending.group is not None for pending in pending_writes)


def set_apart(groups: Iterable[Group]) -> None:
    """Give each of *groups*, which do not wait now, batches of its own from now on."""
    for group in groups:
        token = object()
        for pending in group:
            pending.group = token


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
