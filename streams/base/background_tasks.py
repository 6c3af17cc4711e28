"""Background tasks: started without being awaited, and awaited at the end."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

# Work that goes on until cancelled.  Each piece is a task of its own: a `gather` that is cancelled
# does not wait for a child that forgot its cancellation (`models.base.cancellation`).
BackgroundJob = Callable[[], Coroutine[Any, Any, None]]


def by_name(jobs: Iterable[tuple[str, BackgroundJob]]) -> Mapping[str, BackgroundJob]:
    """*jobs* by their names; one of two of the same name would never be begun."""
    listed = list(jobs)
    named = dict(listed)
    if len(named) < len(listed):
        raise ValueError(f"Two jobs of one name: {[name for name, _ in listed]}")
    return named


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
