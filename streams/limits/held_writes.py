"""Writes that were told to retry later, so that those which build on them are, too.

Over REST a device's requests have no order but the one that `Upcoach-Follows` tells.  A write that
went ahead of one it builds on would be refused for good.  Redis knows, for all nodes, which writes
were told to come again, until some seconds after they may.
"""

import contextlib
from collections.abc import Collection
from typing import Final

from redis.asyncio import Redis

from streams.redis.connection import RedisError

LAPSE_MS: Final = 5_000  # how long a write is waited for beyond its time
AGAIN_MS: Final = 500  # until a write comes again that waits for one which is late or under way


class HeldWrites:
    """The writes of all users that were told to retry later; without Redis there are none."""

    def __init__(self, redis: "Redis | None" = None) -> None:
        self._redis = redis

    async def hold(self, user: str, mutation_id: str, wait_s: float) -> None:
        """Record that a write was told to retry in *wait_s*."""
        if self._redis is None:
            return
        with contextlib.suppress(RedisError):  # without it the write is answered as any other
            key = _key(user, mutation_id)
            await self._redis.set(key, b"", px=int(wait_s * 1000) + LAPSE_MS)

    async def release(self, user: str, mutation_id: str) -> None:
        """Remove the record of a write that was retried."""
        if self._redis is None:
            return
        with contextlib.suppress(RedisError):
            await self._redis.delete(_key(user, mutation_id))

    async def retried(
        self, user: str, mutation_id: str, follows: Collection[str]
    ) -> tuple[bool, float]:
        """Whether a write was held, on any node, and the seconds until it may be retried.

        What was held stays so for as long as it may be under way.  The seconds are 0 if none of
        those that it *follows* is held.
        """
        if self._redis is None:
            return False, 0.0
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.pexpire(_key(user, mutation_id), LAPSE_MS)
        for followed in follows:
            pipeline.pttl(_key(user, followed))
        try:
            was_held, *left_ms = await pipeline.execute()
        except RedisError:
            return False, 0.0
        longest_ms = max(left_ms, default=0)
        return bool(was_held), _wait_ms(longest_ms) / 1000


def _wait_ms(left_ms: int) -> int:
    if left_ms <= 0:
        return 0
    return left_ms - LAPSE_MS if left_ms > LAPSE_MS else AGAIN_MS


def _key(user: str, mutation_id: str) -> str:
    return f"held:{user}:{mutation_id}"
