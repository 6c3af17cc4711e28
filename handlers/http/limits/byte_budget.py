"""How many bytes of requests a node holds at once: of each sender, and of all of them."""

import collections

import msgspec


class ByteBudget(msgspec.Struct):
    """A budget of bytes, per sender and in all."""

    per_sender: int
    in_all: int
    held: collections.Counter[str] = msgspec.field(default_factory=collections.Counter)
    total: int = 0

    def take(self, name: str, size: int) -> bool:
        """Hold *size* bytes more of *name*, if there is room."""
        if self.held[name] + size > self.per_sender or self.total + size > self.in_all:
            return False
        self.held[name] += size
        self.total += size
        return True

    def give(self, name: str, size: int) -> None:
        """Hold *size* bytes of *name* no longer."""
        self.total -= size
        self.held[name] -= size
        if self.held[name] <= 0:
            del self.held[name]


class ByteReservation:
    """The bytes that one request or one socket has reserved."""

    __slots__ = ("_budget", "_name", "size")

    def __init__(self, budget: ByteBudget, name: str) -> None:
        self._budget = budget
        self._name = name
        self.size = 0

    def add(self, size: int) -> bool:
        """Hold *size* bytes more, if there is room."""
        has_room = self._budget.take(self._name, size)
        self.size += size if has_room else 0
        return has_room

    def release(self) -> None:
        """Give all of them back."""
        self._budget.give(self._name, self.size)
        self.size = 0
