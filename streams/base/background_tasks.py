"""Work that goes on in the background, and its end."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

ASK_AGAIN_S = 0.2

# Work that goes on until cancelled.  Each piece is a task of its own: a `gather` that is cancelled
# does not wait for a child that forgot its cancellation (see `end`).
Job = Callable[[], Coroutine[Any, Any, None]]


async def end(*tasks: "asyncio.Task[None]", ask_again_s: float = ASK_AGAIN_S) -> None:
    """Cancel *tasks* until all of them have ended.

    Once is not enough: `asyncio.wait_for` in Python 3.11, which redis-py and PyMongo use, forgets
    a cancellation that comes in the turn in which what it waits for is done (CPython #86296).
    """
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=ask_again_s)


class BackgroundTasks:
    """Short work that nobody waits for, until the process ends."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_over = False

    def run(self, work: Coroutine[None, None, None]) -> None:
        """Have *work* done, unless the process has come to its end."""
        if self._is_over:
            work.close()
            return
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def over(self) -> None:
        """Return when all of it is done; from then on nothing is begun."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        self._is_over = True
