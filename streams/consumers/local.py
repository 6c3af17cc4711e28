"""The runner of local consumers: each process runs its own on the events that it reads."""

from collections.abc import Sequence

import structlog

from models.base.clock import Clock
from models.base.errors import Unavailable
from models.base.metrics import Metrics
from models.base.periodic_jobs import PeriodicJob
from models.wire.events import Event
from streams.consumers.consumer import LocalConsumer
from streams.redis.connection import RedisError

_log = structlog.get_logger(__name__)


class LocalRunner:
    """Runs a consumer in this process."""

    def __init__(self, consumer: LocalConsumer, clock: Clock, metrics: Metrics) -> None:
        self.consumer = consumer
        self._clock = clock
        self._metrics = metrics

    async def take(self, events: Sequence[Event]) -> None:
        """See `reader.Follower.take`; an event that breaks the consumer is parked."""
        for event in events:
            try:
                self.consumer.apply(event)
            # One reader serves all consumers of the process, so what one of them cannot take would
            # end revocation for everybody; what that itself has missed, its next `tick` finds in
            # the database.  It is counted, and logged with its trace.
            except Exception:  # noqa: BLE001
                self._metrics.parked.labels(self.consumer.name).inc()
                _log.exception("event_parked", feed=event.feed, seq=event.seq, type=event.type)
        self.consumer.drain()

    async def recover(self) -> None:
        """See `reader.Follower.recover`."""
        if self.consumer.catches_up:
            await self._look()

    @property
    def job(self) -> PeriodicJob:
        """The periodic job that calls `tick`; what fails is made up for by the next run."""
        return PeriodicJob(
            name=self.consumer.name,
            every_s=self.consumer.every_s,
            run=self._look,
            at_once=True,  # what happened before the streams were read, no event tells
            failures=(Unavailable, RedisError),
        )

    async def _look(self) -> None:
        await self.consumer.tick(self._clock())
        self.consumer.drain()
