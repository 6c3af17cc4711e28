"""Writes that wait for their outcome."""

import asyncio
from collections.abc import Awaitable, Callable

from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.requests import Write


class PendingWrite:
    """A write that waits for its outcome."""

    def __init__(self, write: Write) -> None:
        self.write = write
        self.done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()


class LookupPending(Exception):
    """A *pending* write has to *look* when all before it are committed; see `NeedsLookup`."""

    def __init__(self, pending: PendingWrite, look: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.pending = pending
        self.look = look
