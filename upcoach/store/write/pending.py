"""Writes that wait for their outcome."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import msgspec

from models.base.errors import Refusal
from upcoach.store.write.errors import NeedsMoreReads, StalePrecondition, drop_tracebacks
from upcoach.store.write.requests import AnyWrite

Name = tuple[str, str]  # whose, and the mutation's id


class PendingWrite:
    """A write that waits for its outcome.

    Attributes
    ----------
    rounds
        How often it has asked for more reads, or for a lookup.
    group
        What is the same for those alone that it may share a batch with, once it was set apart.
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
        self.group: object | None = None
        self.lost = 0
        self.ends = math.inf

    @property
    def name(self) -> Name | None:
        """The name that the client gave to the write, if any."""
        mutation = self.write.mutation
        return (self.write.scope.user, mutation.id) if mutation else None

    def follows(self, names: Collection[Name | None]) -> bool:
        """Whether the client took the effects of one of *names* for granted."""
        mutation, user = self.write.mutation, self.write.scope.user
        return mutation is not None and any((user, name) in names for name in mutation.follows)

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

    """

    def __init__(self) -> None:
        super().__init__()
        self.reading: list[PendingWrite] = []
        self.looking: dict[PendingWrite, Look] = {}

    @property
    def writes(self) -> list[PendingWrite]:
        """All of them."""
        return [*self.reading, *self.looking]
