"""What a durable consumer can rely on, where a process is cut off at the wrong moment."""

import asyncio
import datetime as dt
from collections.abc import Iterator
from typing import Any

from gridfs.asynchronous import AsyncGridFSBucket
from structlog.testing import capture_logs

from config.settings import Settings
from models.base import cancellation
from models.base.errors import Conflict, Unavailable
from models.wire.frames import Ev
from streams.consumers.durable import INBOX_EVENTS
from streams.consumers.publishing import UnpublishedOutputs
from tests.consumers.goal_count import GoalCount, ground_of, make_goals
from tests.support.server import serving
from tests.support.server.learning import connected
from upcoach.store.collections.consumer_snapshots import (
    BLOCK,
    FILES,
    PAGE,
    ConsumerSnapshots,
    ConsumerTurn,
)


class Halting(GoalCount):
    """Cannot publish, as *failure* says, until that is over."""

    failure: Exception | None = None

    async def publish(self, output: tuple[str, int]) -> None:
        if self.failure is not None:
            raise self.failure
        await super().publish(output)


class Endless(GoalCount):
    """Comes to no end with its second event."""

    def __init__(self) -> None:
        super().__init__()
        self.amid = asyncio.Event()

    def apply(self, event: Ev) -> Iterator[None]:
        yield from super().apply(event)
        while self.counts[event.f] > 1:
            self.amid.set()
            yield


async def test_no_snapshot_is_taken_amid_a_turn(settings: Settings) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        ground = ground_of(server, settings, redis)
        await make_goals(await server.person(), "Run", "Swim", "Read")
        cut_off, heir = ground.durable(Endless()), ground.durable(GoalCount())
        await cut_off.load()
        step = asyncio.create_task(cut_off.step())
        async with asyncio.timeout(10):
            await cut_off.consumer.amid.wait()
        await cancellation.end(step)
        await cut_off.stop()

        await heir.load()
        await heir.step()

        assert list(heir.consumer.counts.values()) == [3]


async def test_an_output_that_breaks_its_writing_ends_nobodys_consumer(settings: Settings) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        ground = ground_of(server, settings, redis)
        await make_goals(await server.person(), "Run")
        runner = ground.durable(Halting())
        await runner.load()
        runner.consumer.failure = ValueError()

        await runner.step()
        runner.consumer.failure = None
        await make_goals(await server.person(), "Swim")
        await runner.recover()
        await runner.step()

        assert list(runner.consumer.told.values()) == [1]
        sample = ground.metrics.registry.get_sample_value
        assert sample("upcoach_dead_letters_total", {"group": "goal-count"}) == 1


async def test_what_was_not_published_before_a_stop_is_published_after_it(
    settings: Settings,
) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        ground = ground_of(server, settings, redis)
        await make_goals(await server.person(), "Run")
        stopped, heir = ground.durable(Halting()), ground.durable(Halting())
        await stopped.load()
        stopped.consumer.failure = Unavailable("away", "Not there.")
        await stopped.step()
        await stopped.stop()

        await heir.load()
        await heir.step()

        assert list(heir.consumer.told.values()) == [1]


async def test_what_is_refused_keeps_no_snapshot_from_being_taken(settings: Settings) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        runner = ground_of(server, settings, redis).durable(Halting())
        await make_goals(await server.person(), "Run")
        await runner.load()
        runner.consumer.failure = Conflict("never", "Not this one.")
        await runner.step()
        await runner.stop()

        snapshot = await runner._snapshots.load()
        assert snapshot is not None
        assert snapshot.turn == 1


async def test_what_an_inbox_has_no_room_for_is_found_in_the_log(settings: Settings) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        ground = ground_of(server, settings, redis)
        ann, bob = await server.person(), await server.person()
        runner = ground.durable(GoalCount())
        await make_goals(bob, "Rest")
        await runner.load()
        await runner.step()
        [known] = runner.consumer.counts
        [old, *_] = await server.node.log.page(known, 0, 1)
        await make_goals(ann, "Run")
        [feed] = [
            name
            for name in await server.node.log.heads()
            if name.startswith("u:usr") and name != known
        ]

        await runner.take((await server.node.log.page(feed, 0, 100))[-1:])
        await runner.take([old] * INBOX_EVENTS)
        await runner.step()

        assert runner.consumer.counts == {known: 1, feed: 1}


async def test_what_is_newer_waits_while_what_is_older_is_written() -> None:
    written: list[str] = []
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def write(output: str) -> None:
        begun.set()
        await go_on.wait()
        written.append(output)

    unpublished = UnpublishedOutputs[Any](write, lambda _: None)
    unpublished.add({"key": "older"})
    publishing = asyncio.create_task(unpublished.publish())
    await begun.wait()
    unpublished.add({"key": "newer"})
    go_on.set()
    await publishing
    await unpublished.publish()
    await unpublished.publish()

    assert written == ["older", "newer"]


async def test_a_snapshot_that_we_did_not_sign_is_none(settings: Settings) -> None:
    async with serving(settings) as server:
        database = server.node.database
        ours, other = (ConsumerSnapshots(database, "count", 1, key) for key in (b"ours", b"theirs"))
        await other.save(7, {}, iter((b"state",)))

        assert await ours.load() is None
        assert await other.load() is not None


async def test_whoever_is_cut_off_while_saving_leaves_nothing_for_long(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        database = server.node.database
        snapshots, other = (ConsumerSnapshots(database, name, 1, b"key") for name in ("a", "b"))
        await other.save(1, {}, iter((b"of another",)))
        kept = await database.handle[f"{FILES}.files"].distinct("_id")
        for turns_of_the_loop in range(0, 400, 20):
            saving = asyncio.create_task(snapshots.save(1, {}, iter((bytes(2 * BLOCK),))))
            for _ in range(turns_of_the_loop):
                await asyncio.sleep(0)
            await cancellation.end(saving)
        async with asyncio.timeout(10):  # killed before its pointer was written
            await AsyncGridFSBucket(database.handle, bucket_name=FILES).upload_from_stream(
                "a", bytes(BLOCK)
            )

        await snapshots.save(2, {}, iter((b"state",)))

        files = await database.handle[f"{FILES}.files"].distinct("_id")
        assert len(files) == 2
        assert set(kept) < set(files)
        assert await database.handle[f"{FILES}.chunks"].distinct("files_id") == files
        loaded = await snapshots.load()
        assert loaded is not None
        assert loaded.turn == 2


async def test_a_clock_that_is_not_believed_is_no_turn(settings: Settings) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        runner = ground_of(server, settings, redis).durable(GoalCount())
        await runner.load()
        runner.consumer.due = runner.consumer.doubts_from = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)

        with capture_logs() as lines:
            await runner.step()
            await runner.step()

        assert [line["event"] for line in lines] == ["clock_doubted"]  # and not each second
        assert runner.consumer.counts == {}
        assert [turn async for turn in runner._snapshots.turns(0)] == []


async def test_all_turns_are_taken_again_however_many_there_are(settings: Settings) -> None:
    async with serving(settings) as server:
        snapshots = ConsumerSnapshots(server.node.database, "count", 1, b"secret")
        for number in range(1, 2 * PAGE + 2):
            await snapshots.record(ConsumerTurn(number=number, spans=()))

        turns = [turn.number async for turn in snapshots.turns(1)]

        assert turns == list(range(2, 2 * PAGE + 2))
