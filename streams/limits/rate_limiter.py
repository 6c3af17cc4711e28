"""Rate limiters: one that counts in Redis for all nodes, and one for while Redis is away.

Redis's own clock counts, so nodes need not agree on theirs.  All rules of a surface are looked at
before any is charged: what one refuses costs nothing at the others.  Redis holds keyed hashes of
names and addresses, each no longer than it counts.
"""

import asyncio
import base64
import collections
import hashlib
import time
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Final

import msgspec
import structlog
from redis.asyncio import Redis

from models.access.rate_limiter import GO_ON, RateCount, RateVerdict
from models.access.rate_limits import ONE, SURFACES, Bound, Cost, Rule, Surface
from models.base.periodic_jobs import PeriodicJob
from streams.redis.connection import RedisError
from upcoach.store.base.outage_log import OutageLog

PATIENCE_S: Final = 1.0  # for an answer; a request that waits longer is counted here
PAUSE_S: Final = 1.0  # after a failure, before Redis is asked again
LOCAL_DIVISOR: Final = 10
REMEMBERED: Final = 10_000  # keys of a process that counts by itself
NO_COST: Final = Cost(0, 0)

ScriptResult = tuple[
    int, int, int, int
]  # by a rule: the wait, what is left, the whole, what was taken

_log = structlog.get_logger(__name__)

# Five arguments for each key.  A bound: "b", the microseconds of one, the burst, how many there
# must be, how many are taken if they are there; a backoff: "w", free:first:most (tries, seconds,
# seconds), nothing, 1, the charge.  Last, whether what is not there is owed.  Found: microseconds
# to wait, how many are left, microseconds until all are there again, how many were taken.
_SCRIPT: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local owes = ARGV[#ARGV] == '1'
local found, before, writes, refused = {}, {}, {}, false
for i, key in ipairs(KEYS) do
  local kind, a, b, least, most = unpack(ARGV, i * 5 - 4, i * 5)
  local kept = redis.call('GET', key)
  least, most = tonumber(least), tonumber(most)
  if kind == 'b' then
    local every, burst = tonumber(a), tonumber(b)
    local paid = math.max(tonumber(kept or 0), now)
    local there = math.floor((every * burst - (paid - now)) / every)
    if there < least and not owes then
      refused = true
      found[i] = {math.max(1, paid - now - every * (burst - least)), 0, paid - now, 0}
    else
      before[i] = {0, math.max(0, there), paid - now, 0}
      local taken = owes and most or math.max(0, math.min(most, there))
      paid = paid + every * taken
      found[i] = {0, math.max(0, there - taken), paid - now, taken}
      local text = string.format('%.0f', paid)
      if taken > 0 then writes[#writes + 1] = {key, text, paid - now} end
    end
  else
    local free, first, most_s = string.match(a, '(%d+):(%d+):(%d+)')
    free, first, most_s = tonumber(free), tonumber(first) * 1000000, tonumber(most_s) * 1000000
    local tried, at = string.match(kept or '0:0', '(%d+):(%d+)')
    tried, at = tonumber(tried), tonumber(at)
    local function wait_of(n)
      if n < free then return 0 end
      return math.min(most_s, first * 2 ^ math.min(n - free, 20))
    end
    local wait = at + wait_of(tried) - now
    if wait > 0 then
      refused = true
      found[i] = {wait, 0, wait, 0}
    else
      before[i] = {0, math.max(0, free - tried), 0, 0}
      tried = tried + most
      local following = wait_of(tried)
      found[i] = {0, math.max(0, free - tried), following, most}
      local text = string.format('%.0f:%.0f', tried, now)
      if most > 0 then writes[#writes + 1] = {key, text, following + most_s} end
    end
  end
end
if refused then
  for i, one in pairs(before) do found[i] = one end
  return found
end
for _, one in ipairs(writes) do
  redis.call('SET', one[1], one[2], 'PX', math.floor(one[3] / 1000) + 1)
end
return found
"""


# Take one try from what is counted of a backoff.  It was let through, so the next need not wait.
_GIVE_BACK: Final = """
for _, key in ipairs(KEYS) do
  local tried = tonumber(string.match(redis.call('GET', key) or '0:0', '(%d+):')) - 1
  if tried > 0 then
    redis.call('SET', key, string.format('%.0f:0', tried), 'KEEPTTL')
  else
    redis.call('DEL', key)
  end
end
"""


class SharedRateLimiter:
    """See `RateLimiter`: counts in Redis, for all nodes; without Redis nothing is counted.

    Attributes
    ----------
    patience_s
        How long a request waits for Redis.

    """

    def __init__(self, redis: "Redis | None" = None, key: bytes = b"") -> None:
        self.is_on = redis is not None
        self.patience_s = PATIENCE_S
        self._key = hashlib.sha256(b"limits\0" + key).digest()
        self._script: Any = None if redis is None else redis.register_script(_SCRIPT)
        self._give_back: Any = None if redis is None else redis.register_script(_GIVE_BACK)
        self._redis = redis
        self._local = LocalRateLimiter()
        self._paused_until = 0.0
        self._outage = OutageLog(_log, begins="limits_alone", ends="limits_shared")

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The job that finds out when Redis is back, also where nobody asks for anything."""
        errors = (RedisError, TimeoutError)
        job = PeriodicJob(name="limits_probe", every_s=PAUSE_S, run=self._probe, failures=errors)
        return (job,)

    async def _probe(self) -> None:
        if self._outage.lasts and self._redis is not None:
            async with asyncio.timeout(self.patience_s):
                await self._redis.ping()
            self._outage.succeeded()

    async def take(
        self,
        surface: str,
        parties: Mapping[str, str],
        cost: Cost = ONE,
        *,
        most: Cost | None = None,
        charge: bool = True,
    ) -> RateVerdict:
        """Take *cost* of *surface*; without *charge* only say whether there is so much.

        Up to *most* is taken if it is there: `RateVerdict.taken` says what.
        """
        costs = (cost, (most or cost) if charge else NO_COST)
        return await self._take(surface, parties, costs, owes=False)

    async def owe(self, surface: str, parties: Mapping[str, str], cost: Cost) -> None:
        """See `RateLimiter.owe`."""
        await self._take(surface, parties, (NO_COST, cost), owes=True)

    async def _take(
        self, name: str, parties: Mapping[str, str], costs: tuple[Cost, Cost], *, owes: bool
    ) -> RateVerdict:
        if self._script is None:
            return GO_ON
        surface = SURFACES[name]
        keys = [self._key_of(name, rule, parties) for rule in surface.rules]
        results = await self._run_script(surface, keys, costs, owes=owes)
        if results is None:
            if surface.opens:
                return GO_ON
            results = self._local.take(
                surface.rules,
                keys,
                charge=costs[1] != NO_COST,
                now_us=time.monotonic_ns() // 1000,
            )
        counts = zip(surface.rules, keys, results, strict=True)
        return RateVerdict.of(
            tuple(
                RateCount(rule, name, key, wait / 1e6, left, whole / 1e6, taken)
                for rule, key, (wait, left, whole, taken) in counts
            )
        )

    async def forgive(self, name: str, parties: Mapping[str, str]) -> None:
        """Reset the backoffs of the surface *name*, after the right answer."""
        if self._redis is not None:
            keys = self._backoff_keys(name, parties)
            self._local.forget(keys)
            await self._attempt(self._redis.delete(*keys))

    async def give_back(self, name: str, parties: Mapping[str, str]) -> None:
        """Take one from what is counted in the backoffs of the surface *name*: it was no try."""
        if self._redis is not None:
            await self._attempt(self._give_back(keys=self._backoff_keys(name, parties)))

    def _backoff_keys(self, name: str, parties: Mapping[str, str]) -> list[str]:
        rules = (rule for rule in SURFACES[name].rules if not isinstance(rule, Bound))
        return [self._key_of(name, rule, parties) for rule in rules]

    async def _attempt(self, change: Awaitable[Any]) -> None:
        """Wait for a *change*, without which requests go on."""
        try:
            async with asyncio.timeout(self.patience_s):
                await change
        except (RedisError, TimeoutError) as failure:
            self._pause(failure)

    async def _run_script(
        self, surface: Surface, keys: Sequence[str], costs: tuple[Cost, Cost], *, owes: bool
    ) -> list[ScriptResult] | None:
        """The results by rule, or None when Redis does not answer."""
        if time.monotonic() < self._paused_until:
            return None
        arguments = [part for rule in surface.rules for part in _arguments(rule, *costs)]
        arguments.append(str(int(owes)))
        try:
            async with asyncio.timeout(self.patience_s):
                results: list[ScriptResult] = await self._script(keys=keys, args=arguments)
        except (RedisError, TimeoutError) as failure:
            self._pause(failure)
            return None
        self._outage.succeeded()
        return results

    def _pause(self, failure: Exception) -> None:
        self._outage.failed(failure)
        self._paused_until = time.monotonic() + PAUSE_S

    def _key_of(self, surface: str, rule: Rule, parties: Mapping[str, str]) -> str:
        name = msgspec.json.encode(
            [surface, rule.name, [parties.get(party, "") for party in rule.by]]
        )
        digest = hashlib.blake2b(name, key=self._key, digest_size=12).digest()
        return f"limit:{base64.urlsafe_b64encode(digest).decode()}"


class LocalRateLimiter:
    """Counts in one process while Redis is away: a tenth of every rate, and of every burst."""

    def __init__(self) -> None:
        self._paid: collections.OrderedDict[str, int] = collections.OrderedDict()

    def take(
        self, rules: Sequence[Rule], keys: Sequence[str], *, charge: bool, now_us: int
    ) -> list[ScriptResult]:
        """What the script answers, by the counts of this process."""
        results: list[ScriptResult] = []
        for rule, key in zip(rules, keys, strict=True):
            every, burst = _slowed(rule)
            owed = max(self._paid.get(key, 0), now_us) - now_us
            wait = owed - every * (burst - 1)
            results.append((max(0, wait), max(0, burst - 1 - owed // every), owed, int(charge)))
        if charge and not any(wait_us for wait_us, *_ in results):
            for rule, key in zip(rules, keys, strict=True):
                self._paid[key] = max(self._paid.pop(key, 0), now_us) + _slowed(rule)[0]
            while len(self._paid) > REMEMBERED:
                self._paid.popitem(last=False)
        return results

    def forget(self, keys: Sequence[str]) -> None:
        """See `SharedRateLimiter.forgive`."""
        for key in keys:
            self._paid.pop(key, None)


def _slowed(rule: Rule) -> tuple[int, int]:
    """The microseconds that one takes at a tenth of the rate, and a tenth of the burst."""
    if isinstance(rule, Bound):
        return rule.every_us * LOCAL_DIVISOR, max(1, rule.burst // LOCAL_DIVISOR)
    return rule.most_s * 1_000_000 // rule.free * LOCAL_DIVISOR, 1


def _arguments(rule: Rule, least: Cost, most: Cost) -> tuple[str, ...]:
    if isinstance(rule, Bound):
        wanted = (str(least.of(rule.unit)), str(most.of(rule.unit)))
        return "b", str(rule.every_us), str(rule.burst), *wanted
    return "w", f"{rule.free}:{rule.first_s}:{rule.most_s}", "", "1", str(min(1, most.requests))
