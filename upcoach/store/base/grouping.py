"""Round trips that callers share: who comes while one is under way takes the next, with others."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Grouped(Generic[T, R]):
    """Asks for the items of many callers at once, one such round trip after another.

    Nobody waits longer than for the one under way and their own.  A round trip that fails, fails
    for all that share it.
    """

    def __init__(self, ask: Callable[[Sequence[T]], Awaitable[Sequence[R]]]) -> None:
        self._ask = ask  # an answer for each item, in order
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def __call__(self, item: T) -> R:
        """The answer for *item*."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._asking is None:  # a task, so that all who come in this turn of the loop share it
            self._asking = asyncio.create_task(self._ask_for_all())
        return await answer

    async def _ask_for_all(self) -> None:
        try:
            while self._waiting:
                some, self._waiting = self._waiting, []
                await self._ask_for(some)
        finally:
            self._asking = None
            for _, answer in self._waiting:  # nobody asks for them any more
                answer.cancel()
            self._waiting = []

    async def _ask_for(self, some: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            answers = await self._ask([item for item, _ in some])
        except BaseException as failure:
            for _, answer in some:
                if not answer.done():
                    answer.set_exception(failure)
            if not isinstance(failure, Exception):
                raise
            return
        for (_, answer), given in zip(some, answers, strict=True):
            if not answer.done():  # whoever asked may have been cancelled
                answer.set_result(given)
