"""Writes that were told to retry later, so that those which build on them are, too.

Over REST a device's requests have no order but the one that `Upcoach-Follows` tells.  A write that
went ahead of one it builds on would be refused for good.  Redis knows, for all nodes, which writes
were told to come again, until some seconds after they may.
"""

import collections
import contextlib
from collections.abc import Collection
from typing import Final

from redis.asyncio import Redis

from streams.redis.connection import RedisError

LAPSE_MS: Final = 5_000  # how long a write is waited for beyond its time
REMEMBERED: Final = 10_000


class HeldWrites:
    """The writes of all users that were told to retry later; without Redis there are none."""

    def __init__(self, redis: "Redis | None" = None) -> None:
        self._redis = redis
        # Those that this node has refused: only they are worth a round trip when they are there.
        self._here: collections.OrderedDict[str, None] = collections.OrderedDict()

    async def hold(self, user: str, mutation_id: str, wait_s: float) -> None:
        """Record that a write was told to retry in *wait_s*."""
        if self._redis is None:
            return
        key = _key(user, mutation_id)
        self._here[key] = None
        if len(self._here) > REMEMBERED:
            self._here.popitem(last=False)
        with contextlib.suppress(RedisError):  # without it the write is answered as any other
            await self._redis.set(key, b"", px=int(wait_s * 1000) + LAPSE_MS)

    async def release(self, user: str, mutation_id: str) -> None:
        """Remove the record of a write that was retried."""
        key = _key(user, mutation_id)
        if self._redis is None or key not in self._here:
            return
        del self._here[key]
        with contextlib.suppress(RedisError):
            await self._redis.delete(key)

    async def wait_s(self, user: str, follows: Collection[str]) -> float:
        """The seconds until a write that builds on *follows* may be retried; 0 if it may go on."""
        if self._redis is None or not follows:
            return 0.0
        pipeline = self._redis.pipeline(transaction=False)
        for mutation_id in follows:
            pipeline.pttl(_key(user, mutation_id))
        left_ms = [0]
        with contextlib.suppress(RedisError):
            left_ms = await pipeline.execute()
        longest_ms = max(left_ms)
        return 0.0 if longest_ms <= 0 else max(1, longest_ms - LAPSE_MS) / 1000


def _key(user: str, mutation_id: str) -> str:
    return f"held:{user}:{mutation_id}"
