"""Requests in flight: those without an answer yet, which a process awaits before it ends."""

import asyncio


class InFlight:
    """How many requests are under way.

    Attributes
    ----------
    count
        Their number now.

    Examples
    --------
    >>> running = InFlight()
    >>> running.begin()
    >>> running.end()
    >>> asyncio.run(running.join())

    """

    def __init__(self) -> None:
        self.count = 0
        self._none = asyncio.Event()
        self._none.set()

    def begin(self) -> None:
        """Note that a request has come."""
        self.count += 1
        self._none.clear()

    def end(self) -> None:
        """Note that a request was answered."""
        self.count -= 1
        if not self.count:
            self._none.set()

    async def join(self) -> None:
        """Return when every request has its answer."""
        await self._none.wait()
