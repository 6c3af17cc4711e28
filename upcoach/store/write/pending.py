"""Writes that wait for their outcome."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from upcoach.store.write.requests import AnyWrite


class PendingWrite:
    """A write that waits for its outcome."""

    def __init__(self, write: AnyWrite) -> None:
        self.write = write
        # Of the write's kind: `Committer.submit` says so.
        self.done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()


class LookupPending(Exception):
    """A *pending* write needs a lookup after all before it are committed; see `NeedsLookup`."""

    def __init__(self, pending: PendingWrite, look: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.pending = pending
        self.look = look
