"""How many costly requests of one user run at once in this process.

What such a request costs is bounded, and it gives the loop back; but twenty of them at once would
take twenty slices a round.  So one user has two; some wait for a turn, and others are sent away.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from models.base.errors import Unavailable

RUNNING: Final = 2
WAITING: Final = 4
PATIENCE_S: Final = 5.0  # how long one of them waits


class _Place:
    """The requests of one user."""

    def __init__(self, running: int) -> None:
        self.turns = asyncio.Semaphore(running)
        self.requests = 0


class UserConcurrency:
    """A bound on the requests of each user that run at once, and on those that wait."""

    def __init__(
        self, running: int = RUNNING, waiting: int = WAITING, patience_s: float = PATIENCE_S
    ) -> None:
        self._running = running
        self._most = running + waiting
        self._patience_s = patience_s
        self._places: dict[str, _Place] = {}

    @contextlib.asynccontextmanager
    async def turn(self, user: str) -> AsyncIterator[None]:
        """Wait for a turn of *user*, and hold it; `Unavailable` where others wait too long."""
        place = self._places.setdefault(user, _Place(self._running))
        if place.requests >= self._most:
            raise _too_many()
        place.requests += 1
        try:
            await self._acquire(place)
            try:
                yield
            finally:
                place.turns.release()
        finally:
            place.requests -= 1
            if not place.requests:
                del self._places[user]

    async def _acquire(self, place: _Place) -> None:
        try:
            async with asyncio.timeout(self._patience_s):
                await place.turns.acquire()
        except TimeoutError:
            raise _too_many() from None


def _too_many() -> Unavailable:
    words = "Several of your requests that take long are under way. Ask again shortly."
    return Unavailable("requests_too_many", words, extra={"after": 1_000})
