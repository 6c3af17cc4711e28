"""Turns at the threads that hash passwords, in fair shares for who is logged in and who is not."""

import asyncio
import collections

Waiters = collections.deque[asyncio.Future[None]]


class HashingTurns:
    """So many turns at once; of those who wait, the two kinds of callers go in turn.

    However many strangers try to log in, whoever is logged in waits for one of them at most: an
    account's owner changes its password while a thief guesses it.
    """

    def __init__(self, turns: int) -> None:
        self._free = turns
        self._known: Waiters = collections.deque()
        self._strangers: Waiters = collections.deque()
        self._is_known_next = True  # who is asked first when a turn is handed on

    async def acquire(self, *, is_known: bool) -> None:
        """Wait for a turn; *is_known* says whether the caller is logged in."""
        if self._free:
            self._free -= 1
            return
        waiter = asyncio.get_running_loop().create_future()
        (self._known if is_known else self._strangers).append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():  # it came too late
                self.release()
            raise

    def release(self) -> None:
        """Hand the turn on."""
        both = (self._known, self._strangers)
        for waiters in both if self._is_known_next else reversed(both):
            while waiters:
                waiter = waiters.popleft()
                if not waiter.done():
                    self._is_known_next = waiters is self._strangers
                    waiter.set_result(None)
                    return
        self._free += 1
