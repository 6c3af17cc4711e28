"""Cancellations that are swallowed: a guard against that, and the end of tasks in spite of it.

Before Python 3.12 `asyncio.wait_for` forgets a cancellation that comes when its result is there
already (python/cpython#86296), and the drivers of both engines wait by it.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any, Final

ASK_AGAIN_S: Final = 0.2


@contextlib.contextmanager
def reraising_lost_cancellation() -> Iterator[None]:
    """Run the block, then raise `CancelledError` if the task was cancelled meanwhile."""
    task = asyncio.current_task()
    before = 0 if task is None else task.cancelling()
    try:
        yield
    finally:
        if task is asyncio.current_task() and task is not None and task.cancelling() > before:
            raise asyncio.CancelledError


async def end(*tasks: "asyncio.Task[Any]", ask_again_s: float = ASK_AGAIN_S) -> None:
    """Cancel *tasks* until all of them have ended: once is not enough."""
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=ask_again_s)
