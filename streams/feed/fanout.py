"""The fast lane of a topic: bytes go straight to the sockets of those who are level with it.

Most of those who follow a topic have everything it has, and sockets that take bytes at once.  For
them a delivery is one `send`, in a plain loop: their position is the topic's, so there is nothing
to compare and nothing to write down.  Whoever cannot be served so is behind: it has a position of
its own, and is handed each parcel by `Subscriber.push`.
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


class Flushed(Protocol):
    """Something that has gathered what it sends."""

    def flush(self) -> None:
        """Send it in one write."""


class Subscriber(Flushed, Protocol):
    """Somebody who follows a topic."""

    def push(self, parcel: EncodedBatch) -> None:
        """Take *parcel*; called for who is behind, for each in order, never concurrently."""


class CaughtUp(Subscriber, BackpressureListener, Protocol):
    """Somebody who may be level with a topic."""

    @property
    def outlet(self) -> Transport:
        """Where goes what it gets."""

    @property
    def visibility(self) -> Visibility | None:
        """What it may see, if not all."""

    @property
    def limit(self) -> int:
        """The number beyond which nothing may be sent yet."""

    def fall(self, position: int) -> None:
        """Be behind from now on, at *position*."""


class Fanout:
    """Those who are level with a topic, arranged for one loop for each form of the bytes.

    Attributes
    ----------
    limit
        The highest number that all of them may be sent.

    """

    __slots__ = ("_groups", "limit")

    def __init__(self, level: Iterable[CaughtUp]) -> None:
        self.limit = NO_LIMIT
        groups: dict[tuple[Wrap, Visibility | None], FanoutGroup] = {}
        for one in level:
            send = one.outlet.straight
            assert send is not None  # it would have been held up
            form = (one.outlet.wrap, one.visibility)
            group = groups.get(form)
            if group is None:
                group = groups[form] = FanoutGroup(*form)
            group.add(one, send)
            self.limit = min(self.limit, one.limit)
        self._groups = tuple(groups.values())

    def send(self, parcel: EncodedBatch) -> None:
        """Send *parcel* to all."""
        for group in self._groups:
            group.send(parcel)

    def queue(self, parcel: EncodedBatch, touched: list[Flushed]) -> None:
        """Queue *parcel* for all, and add to *touched* who has to be flushed."""
        for group in self._groups:
            group.queue(parcel, touched)


class FanoutGroup:
    """Members of a lane who get the same bytes."""

    __slots__ = ("_members", "_sends", "_visibility", "_wrap")

    def __init__(self, wrap: Wrap, visibility: Visibility | None) -> None:
        self._wrap = wrap
        self._visibility = visibility
        self._members: list[CaughtUp] = []
        self._sends: list[Send] = []

    def add(self, member: CaughtUp, send: Send) -> None:
        """Take *member* in."""
        self._members.append(member)
        self._sends.append(send)

    def send(self, parcel: EncodedBatch) -> None:
        """Send *parcel* to all members."""
        if self._have_to_look(parcel):
            for member in self._members:
                self._let_fall(member, parcel)
                member.flush()
            return
        wrapped = parcel.form(self._wrap, self._visibility)
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

    def queue(self, parcel: EncodedBatch, touched: list[Flushed]) -> None:
        """See `Fanout.queue`."""
        touched.extend(self._members)
        if self._have_to_look(parcel):
            for member in self._members:
                self._let_fall(member, parcel)
            return
        wrapped = parcel.form(self._wrap, self._visibility)
        for member in self._members:
            member.outlet.queue(wrapped)

    def _have_to_look(self, parcel: EncodedBatch) -> bool:
        """Whether each member has to find out first what it may see of *parcel*."""
        return self._visibility is not None and parcel.moves_access

    def _let_fall(self, member: CaughtUp, parcel: EncodedBatch) -> None:
        member.fall(parcel.first - 1)
        member.push(parcel)

    def _finish(self, left: Iterator[Send], wrapped: bytes, sent: int) -> None:
        """Have the rest sent to the last one before *left*, who took only *sent* bytes."""
        place = len(self._sends) - length_hint(left) - 1
        self._members[place].outlet.finish(wrapped, sent)
