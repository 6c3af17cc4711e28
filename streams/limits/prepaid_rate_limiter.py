"""A rate limiter that takes from Redis ahead of need, and spends on this node.

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

from models.access.rate_limiter import GO_ON, RateVerdict
from models.access.rate_limits import ONE, Cost
from streams.limits.rate_limiter import SharedRateLimiter

PREPAID: Final = Cost(16, 64)  # what is paid for beyond what is needed
KEPT_S: Final = 60.0
PATIENCE_S: Final = 1.0  # after which a waiting reader asks again
REMEMBERED: Final = 10_000  # people


class Prepayment(msgspec.Struct):
    """What is *left* of what one user has prepaid on one surface, or until when it is refused."""

    left: Cost = Cost(0, 0)
    used: float = 0.0
    refused_until: float = 0.0


class PrepaidRateLimiter:
    """See `RateLimiter`: spends what was taken from the shared one ahead of need."""

    def __init__(
        self, limits: SharedRateLimiter, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._prepayments: collections.OrderedDict[tuple[str, str], Prepayment] = (
            collections.OrderedDict()
        )

    async def take(self, surface: str, parties: Mapping[str, str], cost: Cost = ONE) -> RateVerdict:
        """See `RateLimiter.take`; the only party is the user."""
        if not self._limits.is_on:
            return GO_ON
        user = parties["user"]
        prepaid = self._prepayment(surface, user)
        lacking = _lacking(cost, prepaid.left)
        if lacking != Cost(0, 0):
            if prepaid.refused_until > self._clock():
                return RateVerdict(prepaid.refused_until - self._clock())
            verdict = await self._fill(surface, user, prepaid, lacking)
            if verdict.wait_s:
                prepaid.refused_until = self._clock() + verdict.wait_s
                return verdict
            if not verdict.counts:  # nobody counts
                return GO_ON
        prepaid.left = _sum(prepaid.left, cost, -1)
        return GO_ON

    async def pace(self, user: str, cost: Cost) -> None:
        """Wait until *user* may read *cost* more, and take it."""
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
        prepaid = self._prepayment(surface, user)
        lacking = _lacking(cost, prepaid.left)
        prepaid.left = _sum(prepaid.left, _sum(cost, lacking, -1), -1)
        if lacking != Cost(0, 0):
            await self._limits.owe(surface, {"user": user}, lacking)

    async def _fill(
        self, surface: str, user: str, prepaid: Prepayment, lacking: Cost
    ) -> RateVerdict:
        most = _sum(lacking, PREPAID)
        verdict = await self._limits.take(surface, {"user": user}, lacking, most=most)
        if not verdict.wait_s:
            prepaid.left = _sum(prepaid.left, verdict.taken)
        return verdict

    def _prepayment(self, surface: str, user: str) -> Prepayment:
        now = self._clock()
        prepaid = self._prepayments.setdefault((surface, user), Prepayment())
        self._prepayments.move_to_end((surface, user))
        if len(self._prepayments) > REMEMBERED:
            self._prepayments.popitem(last=False)
        if now - prepaid.used > KEPT_S:
            prepaid.left = Cost(0, 0)
        prepaid.used = now
        return prepaid


def _lacking(cost: Cost, left: Cost) -> Cost:
    """The part of *cost* that is not covered by *left*."""
    return Cost(max(0, cost.requests - left.requests), max(0, cost.kib - left.kib))


def _sum(left: Cost, right: Cost, sign: int = 1) -> Cost:
    return Cost(left.requests + sign * right.requests, left.kib + sign * right.kib)
