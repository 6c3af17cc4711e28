"""Leases: locks in Redis for jobs that only one of several processes may do."""

import asyncio
import secrets

from redis.asyncio import Redis

from streams.redis.connection import RedisError

LEASE_MS = 10_000
RENEW_S = 3.0

_RENEW = """
if redis.call('get', KEYS[1]) == ARGV[1] then
    return redis.call('pexpire', KEYS[1], ARGV[2])
end
return redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0
"""
_RELEASE = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0
"""


class Lease:
    """A name in Redis that one process holds at a time, for ten seconds beyond its last renewal.

    A process that was paused may still believe that it holds the lease.  Whoever works under one
    must therefore also be fenced by what it writes to (see
    `upcoach.store.collections.consumer_snapshots`).
    """

    def __init__(self, redis: "Redis", name: str) -> None:
        self._redis = redis
        self._name = f"lease:{name}"
        self._token = secrets.token_hex(16)

    async def acquire(self) -> None:
        """Wait until the lease is held."""
        while not await self._renew(if_unreachable=False):  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(RENEW_S / 3)

    async def keep(self) -> None:
        """Renew the lease for as long as that works; return when somebody else holds it."""
        # While Redis is away nobody else can take the lease either.
        while await self._renew(if_unreachable=True):  # noqa: ASYNC110 - a renewal, not a wait
            await asyncio.sleep(RENEW_S)

    async def release(self) -> None:
        """Release the lease, so that another process can acquire it at once."""
        await self._redis.eval(_RELEASE, 1, self._name, self._token)

    async def _renew(self, *, if_unreachable: bool) -> bool:
        try:
            return bool(await self._redis.eval(_RENEW, 1, self._name, self._token, LEASE_MS))
        except RedisError:
            return if_unreachable


async def claim(redis: "Redis", name: str, for_s: float) -> bool:
    """Claim the job *name* for so many seconds; whether this process got it, and no other.

    While Redis is away, or starts, nobody gets any.
    """
    try:
        return bool(await redis.set(f"job:{name}", b"1", nx=True, px=int(for_s * 1000)))
    except RedisError:
        return False
