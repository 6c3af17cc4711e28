"""Background tasks: started without being awaited, cancelled or awaited at the end."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

ASK_AGAIN_S = 0.2

# Work that goes on until cancelled.  Each piece is a task of its own: a `gather` that is cancelled
# does not wait for a child that forgot its cancellation (see `end`).
BackgroundJob = Callable[[], Coroutine[Any, Any, None]]


def by_name(jobs: Iterable[tuple[str, BackgroundJob]]) -> Mapping[str, BackgroundJob]:
    """*jobs* by their names; one of two of the same name would never be begun."""
    listed = list(jobs)
    named = dict(listed)
    if len(named) < len(listed):
        raise ValueError(f"Two jobs of one name: {[name for name, _ in listed]}")
    return named


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
    """Short tasks that nobody awaits, until the process ends."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_over = False

    def run(self, work: Coroutine[None, None, None]) -> None:
        """Start *work* as a task, unless the process has come to its end."""
        if self._is_over:
            work.close()
            return
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def over(self) -> None:
        """Wait for all tasks; from then on none is started."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        self._is_over = True
