"""Writes that wait for their outcome."""

import asyncio
import enum
import math
from collections.abc import Awaitable, Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec

from models.base.errors import Refusal
from upcoach.store.write.errors import NeedsMoreReads, StalePrecondition, drop_tracebacks
from upcoach.store.write.requests import AnyWrite

Name = tuple[str, str]  # whose, and the mutation's id


class Side(enum.Enum):
    """Where a write waits, and with whom its batch is shared.

    `SHARED`: with anybody.  `APART`: with those that it was set apart with.  `HEAVY`: with nobody,
    since it goes through more than others are to wait for.
    """

    SHARED = enum.auto()
    APART = enum.auto()
    HEAVY = enum.auto()


class ApartGroup:
    """Writes that were set apart together: they may share a batch, and with nobody else."""

    def __init__(self, feeds: Iterable[str]) -> None:
        self.feeds = tuple(dict.fromkeys(feeds))  # those of the writers


class PendingWrite:
    """A write that waits for its outcome.

    Attributes
    ----------
    rounds
        How often it has asked for more reads, or for a lookup.
    group
        The group that it was set apart with, if it was.
    is_heavy
        Whether it was found to read more than others are to wait for.
    lost
        How many races it has lost to other nodes.
    ends
        When it is refused instead of losing another, on the monotonic clock: known at the first.

    """

    def __init__(self, write: AnyWrite) -> None:
        self.write = write
        # Of the write's kind: `Committer.submit` says so.
        self.done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.rounds = 0
        self.group: ApartGroup | None = None
        self.is_heavy = False
        self.lost = 0
        self.ends = math.inf

    @property
    def name(self) -> Name | None:
        """The name that the client gave to the write, if any."""
        mutation = self.write.mutation
        return (self.write.scope.user, mutation.id) if mutation else None

    @property
    def side(self) -> Side:
        """Where it waits."""
        if self.is_heavy:
            return Side.HEAVY
        return Side.SHARED if self.group is None else Side.APART

    def follows(self, ids: AbstractSet[str]) -> bool:
        """Whether the client took the effects of one of its mutations *ids* for granted."""
        mutation = self.write.mutation
        return mutation is not None and not ids.isdisjoint(mutation.follows)

    def read_more(self, more: NeedsMoreReads) -> None:
        """Read the documents, too, that the write has found that it needs."""
        reads, edges = (*self.write.reads, *more.refs), (*self.write.edges, *more.edges)
        self.write = msgspec.structs.replace(self.write, reads=reads, edges=edges)

    def fail(self, failure: Exception) -> None:
        """Answer with *failure*, unless it has its answer.

        Where it comes from is told of what nobody expected, and only of that.
        """
        if isinstance(failure, Refusal | StalePrecondition):
            drop_tracebacks(failure)
        if not self.done.done():
            self.done.set_exception(failure)


Look = Callable[[], Awaitable[None]]


class Undecided(Exception):
    """Writes of a batch, which has to begin again for them.

    Attributes
    ----------
    reading
        Those that need more reads, and ask for them now; see `NeedsMoreReads`.
    looking
        Those that need a lookup after all before them are committed; see `NeedsLookup`.
    heavy
        Those that would read more than others are to wait for.

    """

    def __init__(self, heavy: Sequence[PendingWrite] = ()) -> None:
        super().__init__()
        self.heavy = heavy
        self.reading: list[PendingWrite] = []
        self.looking: dict[PendingWrite, Look] = {}

    @property
    def writes(self) -> list[PendingWrite]:
        """All of them that know by now what they need."""
        return [*self.reading, *self.looking]
