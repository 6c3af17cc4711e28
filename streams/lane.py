"""The fast lane of a topic: bytes go straight to the sockets of those who are level with it.

Most of those who follow a topic have everything it has, and sockets that take bytes at once.  For
them a delivery is one `send`, in a plain loop: their position is the topic's, so there is nothing
to compare and nothing to write down.  Whoever cannot be served so is behind: it has a position of
its own, and is handed each parcel by `Subscriber.push`.
"""

import sys
from collections.abc import Callable, Iterable, Sequence, Sized
from typing import Final, Protocol

from models.sight import Sight
from streams.outlet import Outlet, Straight
from streams.parcel import Parcel, Wrap

NO_LIMIT: Final = sys.maxsize


class Flushed(Protocol):
    """Something that has gathered what it sends."""

    def flush(self) -> None:
        """Send it in one write."""


class Subscriber(Flushed, Protocol):
    """Somebody who follows a topic."""

    def push(self, parcel: Parcel) -> None:
        """Take *parcel*; called for who is behind, for each in order, never concurrently."""


class Level(Subscriber, Protocol):
    """Somebody who may be level with a topic."""

    @property
    def outlet(self) -> Outlet:
        """Where goes what it gets."""

    @property
    def sight(self) -> Sight | None:
        """What it may see, if not all."""

    @property
    def limit(self) -> int:
        """The number beyond which nothing may be sent yet."""

    def fall(self, position: int) -> None:
        """Be behind from now on, at *position*."""


class Lane:
    """Those who are level with a topic, arranged for one loop for each form of the bytes.

    Attributes
    ----------
    limit
        The highest number that all of them may be sent.

    """

    __slots__ = ("_groups", "limit")

    def __init__(self, level: Iterable[Level]) -> None:
        self.limit = NO_LIMIT
        groups: dict[tuple[Wrap, Sight | None], Group] = {}
        for one in level:
            straight = one.outlet.straight
            assert straight is not None
            form = (one.outlet.wrap, one.sight)
            group = groups.get(form)
            if group is None:
                group = groups[form] = Group(*form)
            group.add(one, straight)
            self.limit = min(self.limit, one.limit)
        self._groups = tuple(groups.values())

    def send(self, parcel: Parcel) -> None:
        """Send *parcel* to all."""
        for group in self._groups:
            group.send(parcel)

    def queue(self, parcel: Parcel, touched: list[Flushed]) -> None:
        """Queue *parcel* for all, and add to *touched* who has to be flushed."""
        for group in self._groups:
            group.queue(parcel, touched)


class Group:
    """Members of a lane who get the same bytes."""

    __slots__ = ("_members", "_sends", "_sight", "_unsent", "_wrap")

    def __init__(self, wrap: Wrap, sight: Sight | None) -> None:
        self._wrap = wrap
        self._sight = sight
        self._members: list[Level] = []
        self._sends: list[Callable[[bytes], int]] = []
        self._unsent: list[Sized] = []

    def add(self, member: Level, straight: Straight) -> None:
        """Take *member* in."""
        self._members.append(member)
        self._sends.append(straight.send)
        self._unsent.append(straight.unsent)

    def send(self, parcel: Parcel) -> None:
        """Send *parcel* to all members."""
        fallen = self._let_fall(parcel)
        for place in fallen:
            self._members[place].flush()
        if len(fallen) == len(self._members):
            return
        wrapped = parcel.form(self._wrap, self._sight)
        size = len(wrapped)
        for place, send in self._others(fallen):
            try:
                sent = send(wrapped)
            except BlockingIOError:
                sent = 0
            except OSError:
                sent = -1
            if sent != size:
                self._members[place].outlet.finish(wrapped, sent)

    def queue(self, parcel: Parcel, touched: list[Flushed]) -> None:
        """See `Lane.queue`."""
        fallen = self._let_fall(parcel)
        touched.extend(self._members)
        if len(fallen) == len(self._members):
            return
        wrapped = parcel.form(self._wrap, self._sight)
        for place, _ in self._others(fallen):
            self._members[place].outlet.queue(wrapped)

    def _let_fall(self, parcel: Parcel) -> list[int]:
        """Hand *parcel* to those who have to take it for themselves, and say who they are."""
        if self._sight is not None and parcel.moves_access:
            fallen = list(range(len(self._members)))
        elif any(map(len, self._unsent)):  # hardly ever, and a loop in C is soon through
            fallen = [place for place, unsent in enumerate(self._unsent) if len(unsent)]
        else:
            return []
        for place in fallen:
            self._members[place].fall(parcel.first - 1)
            self._members[place].push(parcel)
        return fallen

    def _others(self, fallen: Sequence[int]) -> Iterable[tuple[int, Callable[[bytes], int]]]:
        if not fallen:
            return enumerate(self._sends)
        gone = set(fallen)
        return [(place, send) for place, send in enumerate(self._sends) if place not in gone]
