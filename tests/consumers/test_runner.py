"""One runner for consumers of any kind: nothing here knows of habits."""

import datetime as dt
import random
from collections.abc import Hashable, Iterator, Mapping
from typing import ClassVar, Literal

import msgspec
from gridfs.asynchronous import AsyncGridFSBucket

from config.settings import Settings
from models.wire.events import Event
from streams.consumers.consumer import Consumer, ConsumerFailure
from streams.consumers.runner import ConsumerRunner
from tests.consumers.goal_count import GoalCount, ground_of, make_goals
from tests.support.server import serving
from tests.support.server.learning import connected
from upcoach.store.collections.consumer_snapshots import FILES, ConsumerSnapshots, Snapshot

NOON = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


class Ears:
    """What a process hears of goals; *deaf* ones break at each event."""

    durability: ClassVar[Literal["local"]] = "local"
    name: ClassVar[str] = "ears"
    every_s: ClassVar[float] = 3600.0
    catches_up: ClassVar[bool] = True

    def __init__(self, *, deaf: bool = False) -> None:
        self._deaf = deaf
        self._new: list[str] = []
        self.heard: list[str] = []

    def apply(self, event: Event) -> None:
        if self._deaf:
            raise ValueError
        self._new.append(event.type)

    async def tick(self, _now: dt.datetime, /) -> None:
        self._new.append("looked")

    def drain(self) -> None:
        self.heard += self._new
        self._new = []


async def test_a_durable_consumer_hears_each_event_once_over_a_crash(settings: Settings) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        ground = ground_of(server, settings, redis)
        person = await server.person()
        first = ground.durable(GoalCount())
        await first.load()
        await make_goals(person, "Run", "Swim")
        await first.step()
        await first.stop()
        await make_goals(person, "Read")
        await first.recover()
        await first.step()

        # It is gone, with a snapshot that is a turn old; all events come again to the next.
        heir = ground.durable(GoalCount())
        await heir.load()
        [feed] = heir.consumer.counts
        await heir.take(await server.node.log.page(feed, 0, 100))
        await heir.step()

        assert heir.consumer.counts == first.consumer.counts == {feed: 3}
        assert heir.consumer.told == {feed: 3}


async def test_a_snapshot_is_the_file_that_earlier_builds_wrote(settings: Settings) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        ground = ground_of(server, settings, redis)
        learned = ConsumerSnapshots(ground.database, "goal-count", 1, ground.secret)
        state = random.Random(1).randbytes(600_000)

        await learned.save(7, {"u:a": 3, "u:b": 70_000}, iter((state[:9], state[9:])))

        seqs = {"u:a": 3, "u:b": 70_000}
        whole = Snapshot(learner="goal-count", version=1, turn=7, seqs=seqs, state=state)
        bucket = AsyncGridFSBucket(ground.database.handle, bucket_name=FILES)
        [stored] = [file async for file in bucket.find({})]
        assert stored.filename == "goal-count"
        assert await stored.read() == msgspec.msgpack.encode(whole)
        assert await learned.load() == whole


async def test_a_tick_is_a_turn_like_any_other(settings: Settings) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        ground = ground_of(server, settings, redis)
        first, heir = ground.durable(GoalCount()), ground.durable(GoalCount())
        await first.load()
        first.consumer.due = NOON - dt.timedelta(days=9_000)
        await first.step()
        await first.step()

        await heir.load()

        assert heir.consumer.counts == first.consumer.counts == {"ticks": 1}


async def test_an_event_that_breaks_a_durable_consumer_is_parked(settings: Settings) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        ground = ground_of(server, settings, redis)
        person = await server.person()
        await make_goals(person, "Run", "poison", "Swim")
        runner = ground.durable(GoalCount())

        await runner.load()
        await runner.step()

        assert list(runner.consumer.counts.values()) == [2]
        sample = ground.metrics.registry.get_sample_value
        assert sample("upcoach_dead_letters_total", {"group": "goal-count"}) == 1


class Fragile(GoalCount):
    """Raises when it is told the time, or asked for what has come of it; and loses a part."""

    def tick(self, now: dt.datetime, /) -> Iterator[None]:
        yield from super().tick(now)
        raise ValueError

    def drain(self) -> Iterator[Mapping[Hashable, tuple[str, int]]]:
        yield from super().drain()
        if self.counts["ticks"]:
            raise ValueError

    def take_failures(self) -> list[ConsumerFailure]:
        lost, self.counts["lost"] = self.counts["ticks"] - self.counts["lost"], self.counts["ticks"]
        return [ConsumerFailure("u:a", "goal", ValueError())] * lost


async def test_a_durable_consumer_that_breaks_goes_on_and_breaks_alike_after_a_restart(
    settings: Settings,
) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        ground = ground_of(server, settings, redis)
        first, heir = ground.durable(Fragile()), ground.durable(Fragile())
        await first.load()
        first.consumer.due = NOON - dt.timedelta(days=9_000)
        await first.step()
        await make_goals(await server.person(), "Run")
        await first.recover()
        await first.step()
        sample = ground.metrics.registry.get_sample_value
        parked = sample("upcoach_dead_letters_total", {"group": "goal-count"})

        await heir.load()

        assert sorted(first.consumer.counts.values()) == [1, 1, 1]  # a goal, a tick, a loss
        assert heir.consumer.counts == first.consumer.counts
        assert parked == 4  # the tick, what was lost with it, and two of what came of it
        assert sample("upcoach_dead_letters_total", {"group": "goal-count"}) == 2 * parked


async def test_a_local_consumer_that_breaks_leaves_the_others_as_they_are(
    settings: Settings,
) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        ground = ground_of(server, settings, redis)
        person = await server.person()
        await make_goals(person, "Run")
        [feed] = [feed for feed in await server.node.log.heads() if feed.startswith("u:")]
        events = [event for event in await server.node.log.page(feed, 0, 100) if event.id]
        deaf, ears = Ears(deaf=True), Ears()
        consumers: list[Consumer] = [deaf, ears]
        runner = ConsumerRunner(consumers, ground)

        await runner.take(events)
        await runner.recover()

        assert (deaf.heard, ears.heard[-2:]) == (["looked"], ["goal.created", "looked"])
        sample = ground.metrics.registry.get_sample_value
        assert sample("upcoach_dead_letters_total", {"group": "ears"}) == len(events)


async def test_a_consumer_that_is_behind_says_by_how_much(settings: Settings) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        ground = ground_of(server, settings, redis)
        person = await server.person()
        await make_goals(person, "Run")
        lags: list[float] = []

        class Slow(GoalCount):
            async def publish(self, output: tuple[str, int]) -> None:
                lag_s = ground.metrics.lag_s.labels(self.name)._value.get()
                lags.append(lag_s)
                await super().publish(output)

        runner = ground.durable(Slow())
        await runner.load()
        await runner.step()
        [feed] = runner.consumer.counts
        await make_goals(person, "Swim")
        last = (await server.node.log.page(feed, 0, 100))[-1]
        an_hour_ago = last.at - dt.timedelta(hours=1)
        await runner.take([msgspec.structs.replace(last, at=an_hour_ago)])
        await runner.step()

        before, behind = lags
        assert before < 1
        assert behind >= 3600
        assert ground.metrics.lag_s.labels(GoalCount.name)._value.get() < 1
