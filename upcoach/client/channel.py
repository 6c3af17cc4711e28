"""The interface of a client's connection, whichever transport it runs over.

A channel is told client frames and tells server frames and close codes, exactly as they stand on
the WebSocket; so a device can change its transport at any moment.  Nothing here waits: whatever
takes time goes on in the channel's own tasks.
"""

import abc
import asyncio
from collections.abc import Callable, Coroutine
from typing import Final, Protocol

from models.base.merge_patch import Json

CONNECT_S: Final = 5.0
HELLO_S: Final = 10.0  # until something must have come


class ChannelListener(Protocol):
    """Receives what happens on a channel."""

    def opened(self, channel: "Channel") -> None:
        """Note that the channel is open: frames can be sent."""

    def failed(self, channel: "Channel") -> None:
        """Note that the connection could not be opened."""

    def heard(self, channel: "Channel", frame: Json | None) -> None:
        """Take a frame, or None for just a sign of life."""

    def closed(self, channel: "Channel", code: int | None) -> None:
        """Note that the connection is closed."""


class Channel(abc.ABC):
    """Base of all transports.

    Attributes
    ----------
    patience_s
        For how long a channel in order may say nothing.

    """

    patience_s = HELLO_S

    def __init__(self, url: str, listener: ChannelListener) -> None:
        self.url = url
        self._listener = listener
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_over = False
        self._spawn(self.run())

    @abc.abstractmethod
    async def run(self) -> None:
        """Open the connection, and read it to its end."""

    @abc.abstractmethod
    def send(self, frame: Json) -> None:
        """Send *frame*; what cannot be sent is lost with the connection."""

    @abc.abstractmethod
    def cut(self) -> None:
        """Drop the connection as a lost network does; the listener hears of it."""

    def close(self) -> None:
        """Close it; the listener hears nothing more."""
        self._is_over = True
        for task in self._tasks:
            task.cancel()

    @property
    def is_gone(self) -> bool:
        """Whether all its tasks have ended."""
        return not self._tasks

    async def wait_closed(self) -> None:
        """Wait until all its tasks have ended."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _hear(self, frame: Json | None) -> None:
        if not self._is_over:
            self._listener.heard(self, frame)

    def _end(self, code: int | None) -> None:
        if not self._is_over:
            self._is_over = True
            self._listener.closed(self, code)

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.result()


Open = Callable[[str, ChannelListener], Channel]
