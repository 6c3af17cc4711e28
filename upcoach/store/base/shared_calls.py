"""Calls that callers share: what many ask for one by one is done for all of them together.

Writes that wait for the same round trip share a transaction; by this, reads share a query, where
hundreds of things are done at once that need the same, each for itself (as data loaders do it).
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Final, Generic, TypeVar

from models.base.errors import Unavailable

K = TypeVar("K")
R = TypeVar("R")
T = TypeVar("T")
V = TypeVar("V")

AT_ONCE: Final = 64  # items: of a habit's history each may bring thousands of days

_Asked = tuple[T, asyncio.Future[R]]  # an item, and the answer to one who waits for it


class SharedCalls(Generic[T, R]):
    """Makes one call of *work*, with all items, of those that come in one turn of the event loop.

    It begins after they have come, so that to each it is as fresh as a call of its own.  *work*
    answers for each item, in order.  A caller who is cancelled takes nobody along: the call goes
    on.

    Parameters
    ----------
    one_at_a_time
        Whether who comes while a call is made waits for its end, and takes the next, with others.
    retries_each
        Whether each item is asked for alone after a call for several has failed, so that what
        breaks a call breaks its own.  Not for what must not be written twice.
    most
        Items of one call.

    """

    def __init__(
        self,
        work: Callable[[Sequence[T]], Awaitable[Sequence[R]]],
        *,
        one_at_a_time: bool = False,
        retries_each: bool = True,
        most: int = AT_ONCE,
    ) -> None:
        self._work = work
        self._one_at_a_time = one_at_a_time
        self._retries_each = retries_each
        self._most = most
        self._waiting: list[_Asked[T, R]] = []
        self._calls: set[asyncio.Task[None]] = set()

    async def __call__(self, item: T) -> R:
        """The answer for *item*."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[R] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._begin)
        self._waiting.append((item, answer))
        return await answer

    def _begin(self) -> None:
        while self._waiting and not (self._one_at_a_time and self._calls):
            some, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            call = asyncio.create_task(self._answer(some))
            self._calls.add(call)
            call.add_done_callback(functools.partial(self._end, some))

    def _end(self, some: Sequence[_Asked[T, R]], call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        for _, answer in some:  # if it was cancelled, as at the end of a process: nobody hangs
            answer.cancel()
        if call.cancelled():  # whoever was cancelled with it begins nothing anew
            self._waiting = [one for one in self._waiting if not one[1].done()]
        if self._one_at_a_time:
            self._begin()

    async def _answer(self, some: Sequence[_Asked[T, R]]) -> None:
        failure = await self._try(some)
        if failure is None:
            return
        if len(some) == 1 or not self._retries_each or isinstance(failure, Unavailable):
            _fail(some, failure)
            return
        for place, one in enumerate(some):
            failure = await self._try([one])
            if isinstance(failure, Unavailable):  # for all who are left
                _fail(some[place:], failure)
                return
            if failure is not None:
                _fail([one], failure)

    async def _try(self, some: Sequence[_Asked[T, R]]) -> Exception | None:
        """Answer *some* by one call; what it failed with, if it did."""
        try:
            answers = await self._work([item for item, _ in some])
            answered = list(zip(some, answers, strict=True))  # a missing answer is a failure
        # Nobody awaits this task: whatever it is has to reach those who asked, or they would hang.
        except Exception as failure:  # noqa: BLE001
            return failure
        for (_, answer), given in answered:
            if not answer.done():  # whoever asked may have been cancelled
                answer.set_result(given)
        return None


def by_key(
    work: Callable[[Collection[K]], Awaitable[Mapping[K, V]]],
) -> Callable[[Sequence[K]], Awaitable[list[V]]]:
    """*work* that finds something for each key, as `SharedCalls` wants it; equal keys are one."""

    async def answers(keys: Sequence[K]) -> list[V]:
        found = await work(dict.fromkeys(keys))
        return [found[key] for key in keys]

    return answers


def _fail(some: Sequence[_Asked[T, R]], failure: Exception) -> None:
    for _, answer in some:
        if not answer.done():
            answer.set_exception(failure)  # whose trace begins anew with each who is told
            answer.exception()  # it is known, also where nobody waits any more
