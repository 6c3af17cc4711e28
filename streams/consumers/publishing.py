"""The outputs of a durable consumer that are not published yet: the newest of each key."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping
from typing import Generic

from models.base.errors import Refusal
from streams.consumers.consumer import Output

MAX_CONCURRENT_WRITES = 16


class UnpublishedOutputs(Generic[Output]):
    """Unpublished outputs by key; one that is refused or fails stays."""

    def __init__(self, write: Callable[[Output], Awaitable[None]]) -> None:
        self._write = write
        self._waiting: dict[Hashable, Output] = {}

    def add(self, outputs: Mapping[Hashable, Output]) -> None:
        """Add *outputs*, in place of older ones of the same keys."""
        self._waiting |= outputs

    async def publish(self) -> None:
        """Publish what waits, some at a time; while MongoDB is away it stays."""
        waiting = iter(tuple(self._waiting.items()))
        writing = (self._publish_some(waiting) for _ in range(MAX_CONCURRENT_WRITES))
        for failure in await asyncio.gather(*writing, return_exceptions=True):
            if failure is not None:
                raise failure

    async def _publish_some(self, waiting: Iterator[tuple[Hashable, Output]]) -> None:
        """Publish what comes next of *waiting*, beside others that do the same."""
        for key, output in waiting:
            with contextlib.suppress(Refusal):
                await self._write(output)
                if self._waiting.get(key) is output:
                    del self._waiting[key]
