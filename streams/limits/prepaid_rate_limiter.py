"""What people may still do on this node before Redis is asked again.

A socket carries many small things, and a round trip for each would cost more than most of them.  So
some are paid for at once, and taken from here.  What is paid for and never used is lost after a
minute: nobody gets more than the ledger allows, on however many nodes.
"""

import asyncio
import collections
import time
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from models.access.limits import ONE, Cost
from models.access.rate_limiter import GO_ON, RateVerdict
from streams.limits.rate_limiter import SharedRateLimiter

AHEAD: Final = Cost(16, 64)  # what is paid for beyond what is needed
KEPT_S: Final = 60.0
PATIENCE_S: Final = 1.0  # after which a waiting reader asks again
REMEMBERED: Final = 10_000  # people


class Prepayment(msgspec.Struct):
    """What one person has on one surface: *left* of it, and until when there is none."""

    left: Cost = Cost(0, 0)
    used: float = 0.0
    refused_until: float = 0.0


class PrepaidRateLimiter:
    """See `RateLimiter`: what everybody on this node has left of what was paid for ahead."""

    def __init__(
        self, limits: SharedRateLimiter, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._pots: collections.OrderedDict[tuple[str, str], Prepayment] = collections.OrderedDict()

    async def take(self, surface: str, parties: Mapping[str, str], cost: Cost = ONE) -> RateVerdict:
        """See `RateLimiter.take`; the only party is the user."""
        if not self._limits.is_on:
            return GO_ON
        user = parties["user"]
        pot = self._pot(surface, user)
        lacking = _least(cost, pot.left)
        if lacking != Cost(0, 0):
            if pot.refused_until > self._clock():
                return RateVerdict(pot.refused_until - self._clock())
            verdict = await self._fill(surface, user, pot, lacking)
            if verdict.wait_s:
                pot.refused_until = self._clock() + verdict.wait_s
                return verdict
            if not verdict.counts:  # nobody counts
                return GO_ON
        pot.left = _sum(pot.left, cost, -1)
        return GO_ON

    async def pace(self, user: str, cost: Cost) -> None:
        """Take *cost* of what *user* may read, as soon as there is so much."""
        parties = {"user": user}
        verdict = await self.take("read", parties, cost)
        while verdict.wait_s:
            await asyncio.sleep(min(verdict.wait_s, PATIENCE_S))
            verdict = await self.take("read", parties, cost)

    async def owe(self, surface: str, parties: Mapping[str, str], cost: Cost) -> None:
        """See `RateLimiter.owe`: from what is left, and what comes next."""
        if not self._limits.is_on:
            return
        user = parties["user"]
        pot = self._pot(surface, user)
        lacking = _least(cost, pot.left)
        pot.left = _sum(pot.left, _sum(cost, lacking, -1), -1)
        if lacking != Cost(0, 0):
            await self._limits.owe(surface, {"user": user}, lacking)

    async def _fill(self, surface: str, user: str, pot: Prepayment, lacking: Cost) -> RateVerdict:
        most = _sum(lacking, AHEAD)
        verdict = await self._limits.take(surface, {"user": user}, lacking, most=most)
        if not verdict.wait_s:
            pot.left = _sum(pot.left, verdict.taken)
        return verdict

    def _pot(self, surface: str, user: str) -> Prepayment:
        now = self._clock()
        pot = self._pots.setdefault((surface, user), Prepayment())
        self._pots.move_to_end((surface, user))
        if len(self._pots) > REMEMBERED:
            self._pots.popitem(last=False)
        if now - pot.used > KEPT_S:
            pot.left = Cost(0, 0)
        pot.used = now
        return pot


def _least(cost: Cost, left: Cost) -> Cost:
    """What of *cost* is not in *left*."""
    return Cost(max(0, cost.requests - left.requests), max(0, cost.kib - left.kib))


def _sum(one: Cost, other: Cost, sign: int = 1) -> Cost:
    return Cost(one.requests + sign * other.requests, one.kib + sign * other.kib)
