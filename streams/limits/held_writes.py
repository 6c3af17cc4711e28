"""Writes that were told to come again, so that those which build on them wait, on every node.

A write that went ahead of one it builds on would be refused for good.  Redis has one sorted set for
each user: the names of their held writes, by the moment until which each is waited for.  It has so
many names at most, for so long at most, and goes by itself.

Each node keeps a copy of what it has seen there, so that whoever carries a write out knows, without
asking, whether there is something to release.
"""

import asyncio
import collections
import heapq
import time
from collections.abc import Collection
from typing import Any, Final

from redis.asyncio import Redis

from streams.redis.connection import RedisError

LAPSE_MS: Final = 5_000  # how long a write is waited for beyond its time
AGAIN_MS: Final = 500  # until a write comes again that waits for one which is late or under way
LONGEST_WAIT_S: Final = 600.0  # what comes no sooner is not waited for to the end
NAMES: Final = 512  # of one user: as many as a device brings that was away for weeks
USERS: Final = 1_000  # of whom a node has a copy
PATIENCE_S: Final = 1.0  # for an answer of Redis
PAUSE_S: Final = 1.0  # after a failure, before Redis is asked again

_CLOCK: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function text(number) return string.format('%.0f', number) end
local function expire()
  local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
  if last[2] then redis.call('PEXPIREAT', KEYS[1], text(tonumber(last[2]))) end
end
"""

# The milliseconds to hold, how many names there may be, and the names.
_HOLD: Final = f"""{_CLOCK}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', text(now))
for i = 3, #ARGV do redis.call('ZADD', KEYS[1], text(now + ARGV[1]), ARGV[i]) end
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[2])
expire()
"""

# How long those that are under way are waited for, and their names.  Found: each held name, and for
# how many milliseconds more it is waited for.
_LOOK: Final = f"""{_CLOCK}
if redis.call('EXISTS', KEYS[1]) == 0 then return {{}} end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', text(now))
for i = 2, #ARGV do
  if redis.call('ZSCORE', KEYS[1], ARGV[i]) then
    redis.call('ZADD', KEYS[1], text(now + ARGV[1]), ARGV[i])
  end
end
expire()
local held = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 2, #held, 2 do held[i] = tonumber(held[i]) - now end
return held
"""


class HeldWrites:
    """The writes of all users that were told to come again; without Redis there are none."""

    def __init__(self, redis: "Redis | None" = None) -> None:
        self._redis = redis
        self._hold: Any = None if redis is None else redis.register_script(_HOLD)
        self._look: Any = None if redis is None else redis.register_script(_LOOK)
        self._paused_until = 0.0
        # By user: the held names, and until when they are waited for, on this node's clock.
        self._copies: collections.OrderedDict[str, dict[str, float]] = collections.OrderedDict()

    async def look(self, user: str, under_way: Collection[str] = ()) -> None:
        """Learn which writes of *user* are held, on any node.

        Those that are *under_way* again stay held for as long as they may be so.
        """
        found = await self._run(self._look, user, [LAPSE_MS, *under_way])
        if found is None:
            return
        now = time.monotonic()
        names, left_ms = found[::2], found[1::2]
        ends = (now + left / 1000 for left in left_ms)
        self._keep(user, dict(zip((name.decode() for name in names), ends, strict=True)))

    def is_held(self, user: str, name: str) -> bool:
        """Whether this node knows that a write is held."""
        return name in self._copies.get(user, ())

    def wait_s(self, user: str, follows: Collection[str]) -> float:
        """The seconds until a write may come that *follows* others; 0 if none of them is held."""
        copy = self._copies.get(user)
        if not copy:
            return 0.0
        now = time.monotonic()
        longest_s = max((copy[name] - now for name in follows if name in copy), default=0.0)
        return _wait_s(longest_s)

    async def hold(self, user: str, names: Collection[str], wait_s: float) -> None:
        """Record that writes were told to come again in *wait_s*."""
        if self._redis is None or not names:
            return
        hold_ms = int(min(wait_s, LONGEST_WAIT_S) * 1000) + LAPSE_MS
        ends = time.monotonic() + hold_ms / 1000
        copy = self._copies.get(user, {})
        copy.update(dict.fromkeys(names, ends))
        _trim(copy)
        self._keep(user, copy)
        await self._run(self._hold, user, [hold_ms, NAMES, *names])

    async def release(self, user: str, name: str) -> None:
        """Remove the record of a write that was carried out, or refused for good."""
        copy = self._copies.get(user)
        if self._redis is None or copy is None or copy.pop(name, None) is None:
            return
        if not copy:
            del self._copies[user]
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._redis.zrem(_key(user), name)
        except (RedisError, TimeoutError):
            self._pause()

    async def _run(self, script: Any, user: str, arguments: list[Any]) -> list[Any] | None:
        """What *script* finds; None when Redis does not answer, and nobody waits for anybody."""
        if script is None or time.monotonic() < self._paused_until:
            return None
        try:
            async with asyncio.timeout(PATIENCE_S):
                found: list[Any] | None = await script(keys=[_key(user)], args=arguments)
        except (RedisError, TimeoutError):
            self._pause()
            return None
        return found

    def _pause(self) -> None:
        self._paused_until = time.monotonic() + PAUSE_S

    def _keep(self, user: str, copy: dict[str, float]) -> None:
        self._copies.pop(user, None)
        if copy:
            self._copies[user] = copy
        if len(self._copies) > USERS:
            self._copies.popitem(last=False)


def _trim(copy: dict[str, float]) -> None:
    """Leave as many names as Redis does, and the same: those that are waited for longest."""
    for name in heapq.nsmallest(len(copy) - NAMES, copy, key=lambda name: (copy[name], name)):
        del copy[name]


def _wait_s(left_s: float) -> float:
    """How long to wait for a write that is held for *left_s* more.

    Examples
    --------
    >>> [_wait_s(left_s) for left_s in (-1.0, 0.0, 3.0, 65.0)]
    [0.0, 0.0, 0.5, 60.0]

    """
    if left_s <= 0:
        return 0.0
    lapse_s = LAPSE_MS / 1000
    return left_s - lapse_s if left_s > lapse_s else AGAIN_MS / 1000


def _key(user: str) -> str:
    return f"held:{user}"
