"""The outputs of a durable consumer that are not published yet: the newest of each key."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping
from typing import Generic

from models.base.errors import Refusal, Unavailable
from streams.consumers.consumer import Output
from streams.redis.connection import RedisError
from upcoach.store.base.sealing import Unreadable

MAX_CONCURRENT_WRITES = 16


class UnpublishedOutputs(Generic[Output]):
    """Unpublished outputs by key; one that is refused stays, or for which no engine answers.

    One whose writing raises anything else would do so each time: it is handed to *park*, and gone.
    """

    def __init__(
        self, write: Callable[[Output], Awaitable[None]], park: Callable[[Hashable], None]
    ) -> None:
        self._write = write
        self._park = park
        self._waiting: dict[Hashable, Output] = {}
        self._refused: set[Hashable] = set()  # those of them that may never be written

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits but what was refused."""
        return self._waiting.keys() <= self._refused

    def add(self, outputs: Mapping[Hashable, Output]) -> None:
        """Add *outputs*, in place of older ones of the same keys."""
        self._waiting |= outputs
        self._refused.difference_update(outputs)

    async def publish(self) -> None:
        """Publish what waits, some at a time; while MongoDB is away it stays."""
        waiting = iter(tuple(self._waiting.items()))
        writing = (self._publish_some(waiting) for _ in range(MAX_CONCURRENT_WRITES))
        for failure in await asyncio.gather(*writing, return_exceptions=True):
            if failure is not None:
                raise failure

    async def _publish_some(self, waiting: Iterator[tuple[Hashable, Output]]) -> None:
        """Publish what comes next of *waiting*, beside others that do the same."""
        for key, output in waiting:
            await self._publish_one(key, output)

    async def _publish_one(self, key: Hashable, output: Output) -> None:
        """Write *output*, which is then done with, unless a newer one has come meanwhile."""
        try:
            await self._write(output)
        except (Unavailable, RedisError):
            return
        except Refusal:
            if self._waiting.get(key) is output:
                self._refused.add(key)
            return
        except Unreadable:  # its owner was erased
            pass
        # What one output breaks would end the consumer for everybody, and again after each restart.
        # It is counted, logged with its trace, and dropped.
        except Exception:  # noqa: BLE001
            self._park(key)
        if self._waiting.get(key) is output:
            del self._waiting[key]
            self._refused.discard(key)
