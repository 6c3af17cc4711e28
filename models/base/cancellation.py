"""A guard against `asyncio.wait_for` swallowing a cancellation."""

import asyncio
import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def reraising_lost_cancellation() -> Iterator[None]:
    """Run the block, then raise `CancelledError` if the task was cancelled meanwhile.

    Before Python 3.12 `asyncio.wait_for` forgets a cancellation that comes when its result is there
    already (python/cpython#86296), and the drivers of both engines wait by it.
    """
    task = asyncio.current_task()
    before = 0 if task is None else task.cancelling()
    try:
        yield
    finally:
        if task is asyncio.current_task() and task is not None and task.cancelling() > before:
            raise asyncio.CancelledError
