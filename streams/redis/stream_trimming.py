"""Trimming of the streams by age.

Their length is bounded as they grow (`streams.feed.relay`), but what a quiet stream holds may be of
any age.  Entries go after 29 days: sooner than what somebody deleted for good, and has had in the
trash for 30 days, is taken out of the log.  Whoever needs an older event finds it there.
"""

import datetime as dt
from typing import Final

from redis.asyncio import Redis

from models.base.clock import Clock
from models.base.periodic_jobs import PeriodicJob
from streams.redis.connection import STREAMS, RedisError

MAX_AGE: Final = dt.timedelta(days=29)
EVERY_S: Final = 3_600.0


class StreamTrimming:
    """Trims every stream; several processes may do so at once."""

    def __init__(self, redis: "Redis", clock: Clock) -> None:
        self._redis = redis
        self._clock = clock

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic job."""
        job = PeriodicJob(
            name="stream_trimming",
            every_s=EVERY_S,
            run=self.trim,
            at_once=True,
            leased=True,
            failures=(RedisError,),
        )
        return (job,)

    async def trim(self) -> None:
        """Remove the entries that are too old."""
        oldest = int((self._clock() - MAX_AGE).timestamp() * 1000)
        pipeline = self._redis.pipeline(transaction=False)
        for stream in STREAMS:
            # To the entry: an approximate cut keeps whole nodes, and a quiet stream is but one.
            pipeline.xtrim(stream, minid=oldest, approximate=False)
        await pipeline.execute()
