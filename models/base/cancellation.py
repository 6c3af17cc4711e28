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
    """Run the block, then raise `CancelledError` if the task was cancelled meanwhile.

    What it was asked for while it ran, as by a signal, comes with the next wait: in here, too.
    """
    task = asyncio.current_task()
    before = 0 if task is None else task.cancelling() - is_to_be_cancelled(task)
    try:
        yield
    finally:
        if (
            task is asyncio.current_task()
            and task is not None
            and task.cancelling() > before
            and not is_to_be_cancelled(task)
        ):
            raise asyncio.CancelledError


def is_to_be_cancelled(task: "asyncio.Task[Any]") -> bool:
    """Whether *task* was cancelled, and has not been told yet."""
    return bool(getattr(task, "_must_cancel", False))


async def end(*tasks: "asyncio.Task[Any]", ask_again_s: float = ASK_AGAIN_S) -> None:
    """Cancel *tasks* until all of them have ended: once is not enough."""
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=ask_again_s)
