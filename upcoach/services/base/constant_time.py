"""Taking the same time whatever is found, where the time would tell who has an account."""

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

T = TypeVar("T")

# Longer than the reads take, of which an address that nobody has needs fewer: some 5 ms.
EVEN_S: Final = 0.025


async def evenly(work: Awaitable[T]) -> T:
    """What *work* gives, not before as much time has gone by as it could have needed."""
    loop = asyncio.get_running_loop()
    due = loop.time() + EVEN_S
    try:
        return await work
    finally:
        await asyncio.sleep(due - loop.time())
