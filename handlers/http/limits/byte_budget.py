"""How many bytes of requests a node holds at once: of each sender, and of all of them."""

import collections

import msgspec


class HeldBytes(msgspec.Struct):
    """The bytes that are held of one sort of people: of each, and of all of them."""

    of_one: int
    of_all: int
    held: collections.Counter[str] = msgspec.field(default_factory=collections.Counter)
    total: int = 0

    def take(self, name: str, size: int) -> bool:
        """Hold *size* bytes more of *name*, if there is room."""
        if self.held[name] + size > self.of_one or self.total + size > self.of_all:
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


class Holding:
    """What is held of one request, or of one socket."""

    __slots__ = ("_name", "_store", "size")

    def __init__(self, store: HeldBytes, name: str) -> None:
        self._store = store
        self._name = name
        self.size = 0

    def add(self, size: int) -> bool:
        """Hold *size* bytes more, if there is room."""
        has_room = self._store.take(self._name, size)
        self.size += size if has_room else 0
        return has_room

    def release(self) -> None:
        """Hold nothing any more."""
        self._store.give(self._name, self.size)
        self.size = 0
