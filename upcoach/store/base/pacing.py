"""Long work on the loop, in slices: nobody else waits for the end of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from typing import Final, TypeVar

T = TypeVar("T")

SLICE_S: Final = 0.002  # what a slice may take before the loop goes on


class Pace:
    """Says when the loop was held for a slice, and gives it back.

    It is for work that comes in pieces of less than a slice; between two of them:
    ``await pace.breathe()``.
    """

    def __init__(self) -> None:
        self._ends = time.monotonic() + SLICE_S

    async def breathe(self) -> None:
        """Let the loop go on with what is ready, if it was held for a slice."""
        if time.monotonic() >= self._ends:
            await asyncio.sleep(0)
            self._ends = time.monotonic() + SLICE_S


async def paced(pieces: Iterable[T]) -> AsyncIterator[T]:
    """*pieces*, each made when it is asked for, with a breath after it where it is time."""
    pace = Pace()
    for piece in pieces:
        yield piece
        await pace.breathe()
