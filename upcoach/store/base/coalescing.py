"""Coalesced calls: what many ask for one by one is done for all of them together.

Writes that wait for the same round trip share a transaction; by this, reads share a query, where
hundreds of things are done at once that need the same, each for itself (as data loaders do it).
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final, Generic, TypeVar

from models.base.errors import Unavailable

K = TypeVar("K")
V = TypeVar("V")

AT_ONCE: Final = 64  # keys: of a habit's history each may bring thousands of days


class Coalesced(Generic[K, V]):
    """Makes one call of *work*, with all keys, of those that come in one turn of the event loop.

    It begins after they have come, so that to each it is as fresh as a call of its own.
    """

    def __init__(self, work: Callable[[Collection[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._work = work
        self._asked: dict[K, asyncio.Future[V]] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, key: K) -> V:
        """The answer for *key*."""
        loop = asyncio.get_running_loop()
        if not self._asked:
            loop.call_soon(self._begin)
        if key not in self._asked:
            self._asked[key] = loop.create_future()
        # Shielded: whoever gives up waiting must not take along others who asked for the same.
        return await asyncio.shield(self._asked[key])

    def _begin(self) -> None:
        asked, self._asked = list(self._asked.items()), {}
        for start in range(0, len(asked), AT_ONCE):
            task = asyncio.create_task(self._answer(dict(asked[start : start + AT_ONCE])))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _answer(self, asked: Mapping[K, asyncio.Future[V]]) -> None:
        try:
            found = await self._work(asked.keys())
        except Exception as failure:  # noqa: BLE001 - whoever asked has to know
            if len(asked) == 1 or isinstance(failure, Unavailable):
                _fail(asked.values(), failure)
                return
            for key, answer in asked.items():  # one that breaks the call breaks its own
                await self._answer({key: answer})
        else:
            for key, answer in asked.items():
                answer.set_result(found[key])


def _fail(answers: Collection[asyncio.Future[V]], failure: Exception) -> None:
    for answer in answers:
        answer.set_exception(failure)
        answer.exception()  # it is known, also where nobody waits any more
