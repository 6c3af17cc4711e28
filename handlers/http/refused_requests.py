"""How many refusals each network is given on this node.

A request that is refused before anybody is known has cost the loop something, and no account pays
for it.  It is counted here, in memory: to ask Redis would cost more than the refusal.
"""

import collections
from typing import Final

from models.access.rate_limit import Bucket

RATE_S: Final = 20
BURST_S: Final = 30
REMEMBERED: Final = 10_000  # networks


class RefusedRequests:
    """The refusals that networks have left."""

    def __init__(self) -> None:
        self._buckets: collections.OrderedDict[str, Bucket] = collections.OrderedDict()

    def wait_s(self, network: str, now: float) -> float:
        """The seconds until *network* has one left; 0 if it has."""
        bucket = self._buckets.get(network)
        return 0.0 if bucket is None else bucket.wait_s(now)

    def count(self, network: str, now: float) -> float:
        """Count one for *network*; the seconds until it may have another, 0 if it had one left."""
        bucket = self._buckets.setdefault(network, Bucket(RATE_S, BURST_S))
        self._buckets.move_to_end(network)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        return bucket.take(now)
