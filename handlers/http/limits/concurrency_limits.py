"""Concurrency limits: how many requests or connections may be open on a node at once."""

import collections
from typing import Final

OPEN_REQUESTS: Final = 16


class ConcurrencyLimit:
    """A limit on what is open at once, by key: a user, or a network."""

    def __init__(self, count: int = OPEN_REQUESTS) -> None:
        self.count = count
        self._taken: collections.Counter[str] = collections.Counter()

    @property
    def taken(self) -> int:
        """How many are open, of all keys."""
        return self._taken.total()

    def left(self, key: str) -> int:
        """How many more *key* may open."""
        return self.count - self._taken[key]

    def acquire(self, key: str) -> bool:
        """Count one more for *key*, if it may open one."""
        if self.left(key) <= 0:
            return False
        self._taken[key] += 1
        return True

    def release(self, key: str) -> None:
        """Count one less for *key*."""
        self._taken[key] -= 1
        if not self._taken[key]:
            del self._taken[key]
