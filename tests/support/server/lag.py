"""How long the loop is held at a time, by a heartbeat in it.

It is the CPU time of the loop's own thread between two beats: other processes on a busy machine do
not make it longer.  What other threads of this process hold is in `Heartbeat.gaps` alone.
"""

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncIterator

from upcoach.node.process.gc_tuning import settle

BEAT_S = 0.001


class Heartbeat:
    """What lies between beats, in seconds: of CPU time of the loop's thread, and of the clock."""

    def __init__(self) -> None:
        self.held: list[float] = []
        self.gaps: list[float] = []

    def worst(self, but: int = 0) -> float:
        """The longest time that the loop was held, *but* for so many longer ones."""
        return sorted([0.0] * (but + 1) + self.held)[-1 - but]

    async def beat(self) -> None:
        """Beat until cancelled."""
        clock, spent = time.perf_counter(), time.thread_time()
        while True:
            await asyncio.sleep(BEAT_S)
            now, cpu = time.perf_counter(), time.thread_time()
            self.gaps.append(max(0.0, now - clock - BEAT_S))
            self.held.append(cpu - spent)
            clock, spent = now, cpu


@contextlib.asynccontextmanager
async def heartbeat() -> AsyncIterator[Heartbeat]:
    """Beat beside what is done within."""
    beats = Heartbeat()
    settle()  # as a node does: what stays is not gone through again
    beating = asyncio.create_task(beats.beat())
    try:
        yield beats
    finally:
        beating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beating
        gc.unfreeze()  # what stayed until here is garbage soon, ...
        settle()  # ... but not what stays for the whole run
