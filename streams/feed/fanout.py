"""Fan-out: the bytes of a topic go straight to the sockets of those who have caught up with it.

Most of those who follow a topic have everything it has, and sockets that take bytes at once.  For
them a delivery is one `send`, in a plain loop: their position is the topic's, so there is nothing
to compare and nothing to write down.  Whoever cannot be served so is behind: it has a position of
its own, and is handed each batch by `Subscriber.push`.
"""

import sys
from collections.abc import Iterable, Iterator
from itertools import repeat
from operator import call, length_hint
from typing import Final, Protocol

from models.visibility import Visibility
from streams.base.transport import BackpressureListener, Send, Transport
from streams.feed.encoded_batch import EncodedBatch, Wrap

NO_LIMIT: Final = sys.maxsize


class Flushable(Protocol):
    """Something with a send buffer."""

    def flush(self) -> None:
        """Send what is buffered in one write."""


class Subscriber(Flushable, Protocol):
    """Somebody who follows a topic."""

    def push(self, batch: EncodedBatch) -> None:
        """Take *batch*; called for who is behind, for each batch in order, never concurrently."""


class CaughtUp(Subscriber, BackpressureListener, Protocol):
    """A subscriber that may have caught up with a topic."""

    @property
    def transport(self) -> Transport:
        """The transport that it is sent through."""

    @property
    def visibility(self) -> Visibility | None:
        """What it may see, if not all."""

    @property
    def limit(self) -> int:
        """The number beyond which nothing may be sent yet."""

    def fall_behind(self, position: int) -> None:
        """Keep a position of its own from now on: *position*."""


class Fanout:
    """The subscribers that have caught up with a topic, grouped by the bytes that they get.

    Attributes
    ----------
    limit
        The highest number that all of them may be sent.

    """

    __slots__ = ("_groups", "limit")

    def __init__(self, members: Iterable[CaughtUp]) -> None:
        self.limit = NO_LIMIT
        groups: dict[tuple[Wrap, Visibility | None], FanoutGroup] = {}
        for member in members:
            send = member.transport.raw_send
            assert send is not None  # it would have been held up
            form = (member.transport.wrap, member.visibility)
            group = groups.get(form)
            if group is None:
                group = groups[form] = FanoutGroup(*form)
            group.add(member, send)
            self.limit = min(self.limit, member.limit)
        self._groups = tuple(groups.values())

    def send(self, batch: EncodedBatch) -> None:
        """Send *batch* to all members."""
        for group in self._groups:
            group.send(batch)

    def queue(self, batch: EncodedBatch, unflushed: list[Flushable]) -> None:
        """Queue *batch* for all members, and add them to *unflushed*."""
        for group in self._groups:
            group.queue(batch, unflushed)


class FanoutGroup:
    """Members of a fan-out who get the same bytes."""

    __slots__ = ("_members", "_sends", "_visibility", "_wrap")

    def __init__(self, wrap: Wrap, visibility: Visibility | None) -> None:
        self._wrap = wrap
        self._visibility = visibility
        self._members: list[CaughtUp] = []
        self._sends: list[Send] = []

    def add(self, member: CaughtUp, send: Send) -> None:
        """Add *member*."""
        self._members.append(member)
        self._sends.append(send)

    def send(self, batch: EncodedBatch) -> None:
        """Send *batch* to all members."""
        if self._have_to_look(batch):
            for member in self._members:
                self._fall_behind(member, batch)
                member.flush()
            return
        wrapped = batch.form(self._wrap, self._visibility)
        size = len(wrapped)
        # A loop in C: Python has its turn where the kernel did not take all.
        left = iter(self._sends)
        answers = map(call, left, repeat(wrapped))
        while length_hint(left):
            try:
                for sent in answers:
                    if sent != size:
                        self._finish(left, wrapped, sent)
            except BlockingIOError:
                self._finish(left, wrapped, 0)
            except OSError:
                self._finish(left, wrapped, -1)

    def queue(self, batch: EncodedBatch, unflushed: list[Flushable]) -> None:
        """See `Fanout.queue`."""
        unflushed.extend(self._members)
        if self._have_to_look(batch):
            for member in self._members:
                self._fall_behind(member, batch)
            return
        wrapped = batch.form(self._wrap, self._visibility)
        for member in self._members:
            member.transport.queue(wrapped)

    def _have_to_look(self, batch: EncodedBatch) -> bool:
        """Whether each member has to find out first what it may see of *batch*."""
        return self._visibility is not None and batch.may_change_access

    def _fall_behind(self, member: CaughtUp, batch: EncodedBatch) -> None:
        member.fall_behind(batch.first - 1)
        member.push(batch)

    def _finish(self, left: Iterator[Send], wrapped: bytes, sent: int) -> None:
        """Send the rest to the last member before *left*, whose socket took only *sent* bytes."""
        place = len(self._sends) - length_hint(left) - 1
        self._members[place].transport.finish(wrapped, sent)
