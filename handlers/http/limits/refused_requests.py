"""How many refusals each network is given on this node.

A request that is refused before anybody is known has cost the loop something, and no account pays
for it.  It is counted here, in memory: to ask Redis would cost more than the refusal.
"""

import collections
from typing import Final

from models.access.rate_limiter import GO_ON, RateVerdict
from models.access.token_bucket import TokenBucket

RATE_S: Final = 20
BURST_S: Final = 30
REMEMBERED: Final = 10_000  # networks


class RefusalLimiter:
    """A rate limit on refusals by network, which nobody waits for."""

    def __init__(self) -> None:
        self._buckets: collections.OrderedDict[str, TokenBucket] = collections.OrderedDict()

    def look(self, network: str, now: float) -> RateVerdict:
        """Whether *network* may be refused once more; nothing is counted."""
        bucket = self._buckets.get(network)
        return GO_ON if bucket is None else RateVerdict(bucket.wait_s(now))

    def take(self, network: str, now: float) -> RateVerdict:
        """Count a refusal to *network*."""
        bucket = self._buckets.setdefault(network, TokenBucket(RATE_S, BURST_S))
        self._buckets.move_to_end(network)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        return RateVerdict(bucket.take(now))
