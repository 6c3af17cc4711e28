"""The outbox relay: from the commit to the Redis streams.

`publish` is called right after a commit and returns at once.  One task appends what has gathered in
a single round trip.  The marks "due" are taken off in MongoDB two seconds later, many at a time: by
then Redis has the entries on its disk (`appendfsync everysec`), so a mark that is gone means that
even a killed Redis still has them.  What was appended, but is not marked, is appended again when
Redis comes back.  The sweep publishes what is due for longer: what a crashed process left behind.
"""

import asyncio
import collections
import contextlib
import datetime as dt
from collections.abc import Sequence

import msgspec
import structlog
from redis.asyncio import Redis

from models.base.clock import Clock
from models.base.errors import Unavailable
from models.base.periodic_jobs import PeriodicJob
from models.wire.events import Event
from streams.redis.connection import STREAM_MAXLEN, RedisError, fields_of, stream_of
from upcoach.store.base.outage_log import OutageLog
from upcoach.store.log.event_log import EventLog

BATCH_EVENTS = 500  # entries a round trip
RETRY_S = 0.25
MAX_WAITING = 20_000  # events in memory while Redis is away; the sweep finds the rest in MongoDB
MARK_EVERY_S = 0.5
MARK_AFTER_S = 2.0
SWEEP_EVERY_S = 1.0
OVERDUE = dt.timedelta(seconds=4)

_log = structlog.get_logger(__name__)


class Relay:
    """Publishes events of this process, and those that any process left due."""

    def __init__(self, redis: "Redis", log: EventLog, clock: Clock) -> None:
        self._redis = redis
        self._log = log
        self._clock = clock
        self._waiting: collections.deque[Event] = collections.deque(maxlen=MAX_WAITING)
        self._appended: collections.deque[tuple[float, Event]] = collections.deque(
            maxlen=MAX_WAITING
        )
        self._wake = asyncio.Event()
        self._outage = OutageLog(_log, begins="publish_failed", ends="publish_resumed")
        self._overdue = dt.timedelta(0)  # what an earlier process left is due at once

    def publish(self, events: Sequence[Event]) -> None:
        """Queue *events* to be appended to their streams."""
        self._waiting.extend(events)
        self._wake.set()

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic jobs."""
        away = (RedisError, Unavailable)
        return (
            PeriodicJob(name="relay_mark", every_s=MARK_EVERY_S, run=self._mark_old),
            PeriodicJob(
                name="relay_sweep",
                every_s=SWEEP_EVERY_S,
                run=self._sweep_all,
                at_once=True,
                failures=away,
            ),
        )

    async def flush(self) -> None:
        """Append what is queued, as far as Redis answers; for the end of a process."""
        with contextlib.suppress(RedisError):
            while self._waiting:
                await self._append(self._take())

    async def run(self) -> None:
        """Append what is published, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._append_surely(self._take())

    async def _append_surely(self, events: Sequence[Event]) -> None:
        while True:
            try:
                await self._append(events)
            except RedisError as failure:
                self._outage.failed(failure)
                await asyncio.sleep(RETRY_S)
                self._repeat()
            except asyncio.CancelledError:  # the process ends: `flush` tries once more
                self._waiting.extendleft(reversed(events))
                raise
            else:
                self._outage.succeeded()
                return

    def _repeat(self) -> None:
        """Queue everything that is not marked yet once more, before what waits."""
        self._waiting.extendleft(_repeated(event) for _, event in reversed(self._appended))
        self._appended.clear()

    async def _mark_old(self) -> None:
        await self._mark(asyncio.get_running_loop().time() - MARK_AFTER_S)

    async def _mark(self, before: float) -> None:
        marked = [event for at, event in self._appended if at < before]
        await self._log.mark_published(marked)
        while self._appended and self._appended[0][0] < before:
            self._appended.popleft()

    async def _sweep_all(self) -> None:
        while await self._sweep(self._overdue) == BATCH_EVENTS:
            pass
        self._overdue = OVERDUE

    async def _sweep(self, overdue: dt.timedelta) -> int:
        """Publish one portion of what is due for *overdue*, and return how much it was."""
        events = await self._log.due(self._clock() - overdue, BATCH_EVENTS)
        if events:
            await self._append([_repeated(event) for event in events])
            await self._log.mark_published(events)
        return len(events)

    def _take(self) -> list[Event]:
        size = min(BATCH_EVENTS, len(self._waiting))
        return [self._waiting.popleft() for _ in range(size)]

    async def _append(self, events: Sequence[Event]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for event in events:
            pipeline.xadd(
                stream_of(event.feed), fields_of(event), maxlen=STREAM_MAXLEN, approximate=True
            )
        await pipeline.execute()
        now = asyncio.get_running_loop().time()
        self._appended.extend((now, event) for event in events)


def _repeated(event: Event) -> Event:
    """*event*, marked as one that may come once more, and late."""
    return msgspec.structs.replace(event, repeated=True)
