"""Long work on the event loop in slices, so that other tasks run in between."""

import asyncio
import collections
import time
from collections.abc import AsyncIterator, Iterable
from typing import Final, TypeVar

T = TypeVar("T")

SLICE_S: Final = 0.002  # what a slice may take before the loop goes on


class Pace:
    """Yields to the event loop when it was held for a slice.

    It is for work that comes in pieces of less than a slice; between two of them:
    ``await pace.breathe()``.
    """

    def __init__(self) -> None:
        self._ends = time.monotonic() + SLICE_S

    async def breathe(self) -> None:
        """Yield to the event loop if it was held for a slice."""
        if time.monotonic() >= self._ends:
            await asyncio.sleep(0)
            self._ends = time.monotonic() + SLICE_S


async def paced(pieces: Iterable[T]) -> AsyncIterator[T]:
    """Iterate over *pieces*, and yield to the event loop where it was held for a slice."""
    pace = Pace()
    for piece in pieces:
        yield piece
        await pace.breathe()


async def worked_off(steps: Iterable[None], *, in_thread: bool) -> None:
    """Do the work of *steps*: in slices, or in a thread where a step may be longer than a slice."""
    if in_thread:
        await asyncio.to_thread(collections.deque, steps, 0)
        return
    async for _ in paced(steps):
        pass
