"""The outputs of a durable consumer that are not published yet: the newest of each key."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
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
        gate = asyncio.Semaphore(MAX_CONCURRENT_WRITES)

        async def write(key: Hashable, output: Output) -> None:
            async with gate:
                await self._write(output)
            if self._waiting.get(key) is output:
                del self._waiting[key]

        writes = [write(*item) for item in self._waiting.items()]
        for failure in await asyncio.gather(*writes, return_exceptions=True):
            if isinstance(failure, BaseException) and not isinstance(failure, Refusal):
                raise failure
