"""How many requests of one user may stay open on a node at once."""

import collections
from typing import Final

SEATS: Final = 16


class ConcurrencyLimit:
    """The open event streams and long-polls of a node, by user."""

    def __init__(self, count: int = SEATS) -> None:
        self.count = count
        self._taken: collections.Counter[str] = collections.Counter()

    @property
    def taken(self) -> int:
        """How many seats are taken, by all."""
        return self._taken.total()

    def left(self, user: str) -> int:
        """How many more *user* may have."""
        return self.count - self._taken[user]

    def take(self, user: str) -> bool:
        """Take a seat for *user*, if one is left."""
        if self.left(user) <= 0:
            return False
        self._taken[user] += 1
        return True

    def leave(self, user: str) -> None:
        """Give a seat back."""
        self._taken[user] -= 1
        if not self._taken[user]:
            del self._taken[user]
