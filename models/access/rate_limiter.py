"""The protocol of rate limiters, whoever counts: Redis for all nodes, or one process.

A rate limiter says how long to wait.  Other bounds are no rates and have other words: so many at
once are *concurrency limits* (`handlers.http.limits.concurrency_limits`,
`upcoach.services.base.concurrency`), so much in all are *quotas* (`models.contexts.QUOTAS`),
and guesses that are given back to who was right are *attempt limits*
(`upcoach.services.account.factors.attempt_limit`).
"""

import math
from collections.abc import Mapping
from typing import Final, Protocol, Self

import msgspec

from models.access.rate_limits import ONE, Bound, Cost, Rule, Unit

UNITS: Final[tuple[Unit, ...]] = ("request", "kib")


class RateCount(msgspec.Struct, frozen=True):
    """The answer of one rule: how long to wait, how many are left, when all are there again.

    Attributes
    ----------
    taken
        How many were taken just now.

    """

    rule: Rule
    surface: str
    key: str
    wait_s: float
    left: int
    whole_s: float
    taken: int = 0


class RateVerdict(msgspec.Struct, frozen=True):
    """The answer of a rate limiter.

    Attributes
    ----------
    wait_s
        How long to wait; 0 for who may go on.
    counts
        What each rule says; none where nobody counted anew.

    """

    wait_s: float = 0.0
    counts: tuple[RateCount, ...] = ()

    @classmethod
    def of(cls, counts: tuple[RateCount, ...]) -> Self:
        """The verdict of all rules of a surface: the strictest decides."""
        return cls(max((count.wait_s for count in counts), default=0.0), counts)

    @property
    def retry_after_s(self) -> int:
        """The wait in whole seconds, for `Retry-After`."""
        return math.ceil(self.wait_s)

    @property
    def taken(self) -> Cost:
        """The cost that was taken: of each unit what the strictest rule let through."""
        return Cost(
            *(
                min((count.taken for count in self.counts if _unit(count.rule) == unit), default=0)
                for unit in UNITS
            )
        )


GO_ON: Final = RateVerdict()


class RateLimiter(Protocol):
    """A rate limiter."""

    async def take(self, surface: str, parties: Mapping[str, str], cost: Cost = ONE) -> RateVerdict:
        """Take *cost* of *surface* for *parties*, or take nothing and say how long to wait."""

    async def owe(self, surface: str, parties: Mapping[str, str], cost: Cost) -> None:
        """Charge *cost*, known only afterwards: what comes next waits until it is paid."""


def _unit(rule: Rule) -> Unit:
    return rule.unit if isinstance(rule, Bound) else "request"
