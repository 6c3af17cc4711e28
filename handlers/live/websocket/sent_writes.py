"""The order in which a client made its writes, which one that is sent again keeps."""

import collections
from typing import Final

from handlers.live.base import limits

REMEMBERED: Final = 1_024  # writes that wait to come again


class SentWrites:
    """The writes of one connection, numbered in the order in which they first came.

    A write that was told to come again has its number until it is answered: what it builds on is
    what came before it the first time, and not what waits behind it.
    """

    def __init__(self) -> None:
        self._last = 0
        self._numbers: collections.OrderedDict[str, int] = collections.OrderedDict()
        self._begun: collections.deque[tuple[int, str]] = collections.deque(maxlen=limits.FOLLOWED)

    def number_of(self, mutation_id: str) -> int:
        """The number of a write, which is a new one if it is not known."""
        number = self._numbers.get(mutation_id)
        if number is None:
            number = self._last = self._last + 1
            self._numbers[mutation_id] = number
            if len(self._numbers) > REMEMBERED:
                self._numbers.popitem(last=False)
        return number

    def begin(self, mutation_id: str) -> tuple[str, ...]:
        """The writes before *mutation_id*, which begins now, as far back as they are known."""
        number = self.number_of(mutation_id)
        earlier = tuple(name for before, name in self._begun if before < number)
        self._begun.append((number, mutation_id))
        return earlier

    def end(self, mutation_id: str) -> None:
        """Take it that *mutation_id* has its answer."""
        self._numbers.pop(mutation_id, None)
