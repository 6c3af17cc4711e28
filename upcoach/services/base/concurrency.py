"""A limit on the costly requests of each user that run at once in this process.

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


class _UserSlots:
    """The semaphore of one user, and the number of their requests."""

    def __init__(self, running: int) -> None:
        self.semaphore = asyncio.Semaphore(running)
        self.requests = 0


class UserConcurrency:
    """Limits the requests of each user that run at once, and those that wait."""

    def __init__(
        self, running: int = RUNNING, waiting: int = WAITING, patience_s: float = PATIENCE_S
    ) -> None:
        self._running = running
        self._most = running + waiting
        self._patience_s = patience_s
        self._users: dict[str, _UserSlots] = {}

    @contextlib.asynccontextmanager
    async def slot(self, user: str) -> AsyncIterator[None]:
        """Wait for a slot of *user*, and hold it; `Unavailable` when too many wait, or too long."""
        slots = self._users.setdefault(user, _UserSlots(self._running))
        if slots.requests >= self._most:
            raise _too_many()
        slots.requests += 1
        try:
            await self._acquire(slots)
            try:
                yield
            finally:
                slots.semaphore.release()
        finally:
            slots.requests -= 1
            if not slots.requests:
                del self._users[user]

    async def _acquire(self, slots: _UserSlots) -> None:
        try:
            async with asyncio.timeout(self._patience_s):
                await slots.semaphore.acquire()
        except TimeoutError:
            raise _too_many() from None


def _too_many() -> Unavailable:
    words = "Several of your requests that take long are under way. Ask again shortly."
    return Unavailable("requests_too_many", words, extra={"after": 1_000})
