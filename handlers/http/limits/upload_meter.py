"""How many bytes each user has sent to the disk of this node lately, whatever came of them.

The room that an upload takes is free again when it ends; what it cost to write is not.  So it is
counted here as it comes, also of uploads that are given up before their end.
"""

import collections
from typing import Final

from models.access.limits import SPOOLED_BURST, SPOOLED_PER_S
from models.access.token_bucket import TokenBucket

REMEMBERED: Final = 10_000  # users


class UploadMeter:
    """The bytes that users have sent to the disk; who has sent too many waits."""

    def __init__(self) -> None:
        self._buckets: collections.OrderedDict[str, TokenBucket] = collections.OrderedDict()

    def wait_s(self, user: str, now: float) -> float:
        """The seconds until *user* may send a file again; 0 if they may."""
        bucket = self._buckets.get(user)
        return 0.0 if bucket is None else bucket.wait_s(now)

    def count(self, user: str, size: int, now: float) -> None:
        """Count *size* bytes of *user*, however many they have sent."""
        bucket = self._buckets.setdefault(
            user, TokenBucket(SPOOLED_PER_S, SPOOLED_BURST / SPOOLED_PER_S)
        )
        bucket.owe(now, size)
        self._buckets.move_to_end(user)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
