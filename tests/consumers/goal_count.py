"""A durable consumer that counts goals, and what it is run on."""

import collections
import datetime as dt
from collections.abc import Hashable, Iterator, Mapping
from typing import ClassVar, Literal

import msgspec

from config.settings import Settings
from models.base.clock import utc_now
from models.base.metrics import Metrics
from models.wire.frames import Ev
from streams.consumers.consumer import ConsumerFailure
from streams.consumers.runner import ConsumerDependencies
from streams.redis.connection import RedisConnections
from tests.support.server import Server
from upcoach.client import RestClient


class GoalCount:
    """How many goals of each feed were made, and how many ticks there were."""

    durability: ClassVar[Literal["durable"]] = "durable"
    name: ClassVar[str] = "goal-count"
    version: ClassVar[int] = 1
    concerns: ClassVar[tuple[str, ...]] = ("goal.",)

    def __init__(self) -> None:
        self.counts: collections.Counter[str] = collections.Counter()
        self.due: dt.datetime | None = None
        self.doubts_from: dt.datetime | None = None
        self.told: dict[str, int] = {}
        self._changed: set[str] = set()

    def apply(self, event: Ev) -> Iterator[None]:
        if (event.doc or {}).get("title") == "poison":
            raise ValueError
        self.counts[event.f] += event.type == "goal.created"
        self._changed.add(event.f)
        yield

    def tick(self, _now: dt.datetime, /) -> Iterator[None]:
        self.counts["ticks"] += 1
        self.due = None
        yield

    def next_tick(self) -> dt.datetime | None:
        return self.due

    def believes(self, now: dt.datetime) -> bool:
        return self.doubts_from is None or now < self.doubts_from

    def drain(self) -> Iterator[Mapping[Hashable, tuple[str, int]]]:
        changed, self._changed = self._changed, set()
        yield {feed: (feed, self.counts[feed]) for feed in changed}

    def take_failures(self) -> list[ConsumerFailure]:
        return []

    async def publish(self, output: tuple[str, int]) -> None:
        feed, count = output
        self.told[feed] = count

    def state(self) -> Iterator[bytes]:
        yield msgspec.msgpack.encode(self.counts)

    def restore(self, state: bytes | memoryview | None) -> Iterator[None]:
        self.counts = collections.Counter(msgspec.msgpack.decode(state) if state else {})
        yield


def ground_of(server: Server, settings: Settings, redis: RedisConnections) -> ConsumerDependencies:
    return ConsumerDependencies(
        log=server.node.log,
        database=server.node.database,
        redis=redis.writer,
        secret=settings.index_key,
        clock=utc_now,
        metrics=Metrics(),
    )


async def make_goals(person: RestClient, *titles: str) -> None:
    for title in titles:
        assert (await person.call("POST", "/v1/goals", {"title": title})).status == 201
