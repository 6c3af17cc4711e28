"""How long the loop is held at a time, by a heartbeat in it."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

BEAT_S = 0.001


class Heartbeat:
    """The gaps between beats, beyond the beat itself, in seconds."""

    def __init__(self) -> None:
        self.gaps: list[float] = []

    @property
    def worst(self) -> float:
        """The longest."""
        return max(self.gaps, default=0.0)

    def at(self, share: float) -> float:
        """The gap that this *share* of all beats stays below."""
        found = sorted(self.gaps)
        return found[min(len(found) - 1, int(share * len(found)))] if found else 0.0

    async def _beat(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(BEAT_S)
            now = time.perf_counter()
            self.gaps.append(max(0.0, now - last - BEAT_S))
            last = now


@contextlib.asynccontextmanager
async def heartbeat() -> AsyncIterator[Heartbeat]:
    """Beat beside what is done within."""
    found = Heartbeat()
    beating = asyncio.create_task(found._beat())
    try:
        yield found
    finally:
        beating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beating
