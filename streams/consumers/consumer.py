"""Consumers of the event log, durable and local.

A consumer is told events (`apply`) and the time (`tick`), and is asked for what has come of them
(`drain`).  It says whether it is *durable* or *local*, and the runner gives it what goes with that:

- Durable: one process of all runs it, under a lease, and it gets each opened event of its feeds
  once and in order.  Its state survives the process, and is rebuilt when its version is new.
- Local: each process runs its own, on the envelopes of all events, as soon as they are read.  They
  may repeat and be out of order; what was missed it finds when it is told the time, by looking.
  That is so from the start, which is not the moment from which on events are read.
"""

import datetime as dt
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, TypeVar

from models.wire.events import Event
from models.wire.frames import Ev

Output = TypeVar("Output")


class ConsumerFailure(NamedTuple):
    """What raised in a durable consumer, which went on without it.

    Attributes
    ----------
    about
        What it is about, in words of the consumer.

    """

    feed: str
    about: str
    error: Exception


class LocalConsumer(Protocol):
    """A consumer that every process has.

    Attributes
    ----------
    every_s
        How often it is told the time.
    catches_up
        Whether it is told so also when events may have been missed: whoever reads events waits.

    """

    durability: ClassVar[Literal["local"]]
    name: ClassVar[str]
    every_s: ClassVar[float]
    catches_up: ClassVar[bool]

    def apply(self, event: Event) -> None:
        """Process the envelope of an event."""

    async def tick(self, now: dt.datetime, /) -> None:
        """Check what no event tells; events may come meanwhile, and be drained."""

    def drain(self) -> None:
        """Act on what was processed since the last call."""


class DurableConsumer(Protocol[Output]):
    """A consumer that one process runs for all of them.

    It depends on nothing but events and times, so that the same in the same order make the same
    state, to the last bit.  What may take long is an iterator of steps of some tenths of a
    millisecond, between which the loop goes on with something else.

    What raises would raise again after each restart, and end everybody's.  So it goes on without
    the one thing that is concerned, and says so; where it does not, the runner leaves out the rest
    of that call.

    Attributes
    ----------
    version
        A new one for every change of what the state is or means: it is then rebuilt.
    concerns
        How the types of the events begin that it wants to see.

    """

    durability: ClassVar[Literal["durable"]]
    name: ClassVar[str]
    version: ClassVar[int]
    concerns: ClassVar[tuple[str, ...]]

    def apply(self, event: Ev) -> Iterator[None]:
        """Process an event; one that raises is parked, and is not seen again."""

    def tick(self, now: dt.datetime, /) -> Iterator[None]:
        """Do what is due by *now*."""

    def next_tick(self) -> dt.datetime | None:
        """When the next thing is due."""

    def believes(self, now: dt.datetime, /) -> bool:
        """Whether it may be *now*, by what it was told; if not, it is not told so."""

    def drain(self) -> Iterator[Mapping[Hashable, Output]]:
        """The outputs to be published, by key; a newer one of a key replaces it."""

    def take_failures(self) -> list[ConsumerFailure]:
        """What has raised since the last call, and is not part of the state any more."""

    async def publish(self, output: Output) -> None:
        """Publish one output; it is called again after `Refusal`, and never after a bug."""

    def state(self) -> Iterator[bytes]:
        """Everything that `restore` needs, in pieces, each made in some tenths of a millisecond.

        Until the last of them is asked for, nothing else is.
        """

    def restore(self, state: bytes | memoryview | None) -> Iterator[None]:
        """Begin with none, or restore *state*, which is then read where it lies."""


AnyDurableConsumer = TypeVar("AnyDurableConsumer", bound=DurableConsumer[Any])
Consumer = LocalConsumer | DurableConsumer[Any]
