"""The runner of all consumers of a process, local and durable."""

import asyncio
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from models.base.clock import Clock
from models.base.metrics import Metrics
from models.base.periodic_jobs import PeriodicJob
from models.wire.events import Event
from streams.base.background_tasks import BackgroundJob, by_name
from streams.consumers.consumer import AnyDurableConsumer, Consumer
from streams.consumers.durable import DurableRunner
from streams.consumers.local import LocalRunner
from streams.feed.reader import Follower
from streams.redis.lease import Lease
from upcoach.store.base.database import Database
from upcoach.store.collections.consumer_snapshots import ConsumerSnapshots
from upcoach.store.log.event_log import EventLog


@dataclass(frozen=True, kw_only=True)
class ConsumerDependencies:
    """The dependencies of consumers."""

    log: EventLog
    database: Database
    redis: "Redis"
    secret: bytes
    clock: Clock
    metrics: Metrics

    def durable(self, consumer: AnyDurableConsumer) -> DurableRunner[AnyDurableConsumer]:
        """The runner of a durable consumer, whose lease, turns and snapshots bear its name."""
        snapshots = ConsumerSnapshots(self.database, consumer.name, consumer.version, self.secret)
        lease = Lease(self.redis, consumer.name)
        return DurableRunner(consumer, self.log, snapshots, lease, self.clock, self.metrics)


class ConsumerRunner:
    """Runs all consumers of a process: local ones hear of an event first, in the given order."""

    def __init__(self, consumers: Iterable[Consumer], dependencies: ConsumerDependencies) -> None:
        self._local: list[LocalRunner] = []
        self._durable: list[DurableRunner[Any]] = []
        for consumer in consumers:
            if consumer.durability == "durable":
                self._durable.append(dependencies.durable(consumer))
            else:
                self._local.append(LocalRunner(consumer, dependencies.clock, dependencies.metrics))

    @property
    def _followers(self) -> Iterable[Follower]:
        return itertools.chain[Follower](self._local, self._durable)

    async def take(self, events: Sequence[Event]) -> None:
        """See `reader.Follower.take`."""
        for follower in self._followers:
            await follower.take(events)

    async def recover(self) -> None:
        """See `reader.Follower.recover`."""
        for follower in self._followers:
            await follower.recover()

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic jobs of local consumers."""
        return tuple(runner.job for runner in self._local)

    @property
    def tasks(self) -> Mapping[str, BackgroundJob]:
        """The background tasks of durable consumers, by name."""
        return by_name((runner.consumer.name, runner.run) for runner in self._durable)

    async def stop(self) -> None:
        """Save the states of durable consumers; to be called after the tasks were cancelled."""
        await asyncio.gather(*(runner.stop() for runner in self._durable))
