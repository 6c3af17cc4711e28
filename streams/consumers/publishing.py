"""What a durable consumer has to publish: the newest of each key, until it is written."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Generic

from models.base.errors import Refusal
from streams.consumers.consumer import Output

AT_ONCE = 16


class Unpublished(Generic[Output]):
    """Outputs that wait; one that is refused or fails goes on waiting."""

    def __init__(self, write: Callable[[Output], Awaitable[None]]) -> None:
        self._write = write
        self._waiting: dict[Hashable, Output] = {}

    def add(self, outputs: Mapping[Hashable, Output]) -> None:
        """Have *outputs* published in place of older ones of the same keys."""
        self._waiting |= outputs

    async def publish(self) -> None:
        """Write what waits, some at a time; while MongoDB is away it goes on waiting."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def write(key: Hashable, output: Output) -> None:
            async with gate:
                await self._write(output)
            if self._waiting.get(key) is output:
                del self._waiting[key]

        writes = [write(*item) for item in self._waiting.items()]
        for failure in await asyncio.gather(*writes, return_exceptions=True):
            if isinstance(failure, BaseException) and not isinstance(failure, Refusal):
                raise failure
