"""A timer wheel: one timer for thousands, of which those that are due are found at once."""

import collections
from typing import Generic, TypeVar

T = TypeVar("T")


class TimerWheel(Generic[T]):
    """A timer wheel with a slot for each second, which holds the items that are due in it.

    Examples
    --------
    >>> wheel = TimerWheel[str]()
    >>> wheel.put("ada", due=12.5)
    >>> wheel.put("bob", due=14.0)
    >>> wheel.turn(now=12.9), wheel.turn(now=13.0)
    ([], ['ada'])
    >>> wheel.put("bob", due=20.0)
    >>> wheel.turn(now=19.0), wheel.turn(now=21.0)
    ([], ['bob'])

    """

    def __init__(self) -> None:
        self._slots: collections.defaultdict[int, dict[T, None]] = collections.defaultdict(dict)
        self._places: dict[T, int] = {}
        self._turned: int | None = None

    def put(self, item: T, due: float) -> None:
        """Schedule *item* once, within the second after *due*, in place of an earlier time."""
        self.remove(item)
        place = int(due) + 1
        if self._turned is not None:
            place = max(place, self._turned + 1)
        self._slots[place][item] = None
        self._places[item] = place

    def remove(self, item: T) -> None:
        """Take *item* off the schedule."""
        place = self._places.pop(item, None)
        if place is not None:
            slot = self._slots[place]
            del slot[item]
            if not slot:
                del self._slots[place]

    def turn(self, now: float) -> list[T]:
        """The items that have become due since the last turn."""
        last = int(now)
        if self._turned is None or last - self._turned > len(self._slots):
            passed = sorted(place for place in self._slots if place <= last)
        else:
            passed = [place for place in range(self._turned + 1, last + 1) if place in self._slots]
        self._turned = last
        due = [item for place in passed for item in self._slots.pop(place)]
        for item in due:
            del self._places[item]
        return due
