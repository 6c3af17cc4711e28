"""Kill tests: whatever ends in between, every client gets every event once, and nothing is lost."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from pymongo import AsyncMongoClient

from config.settings import Settings
from models.base.errors import Refusal
from models.base.merge_patch import Json
from models.goals import NewGoal
from models.wire.cursor import Cursor
from streams.base.transport import BackpressureListener
from streams.feed.resume import Feeds
from streams.feed.sequencer import PAGE
from streams.feed.subscription import Subscription
from streams.redis.connection import STREAMS
from tests.support.engines import TestEngines, redis_of
from tests.support.people.chaos import Storm, Writer, assert_quiet, assert_whole, until
from tests.support.server import ServerProcess, serving
from tests.support.wire.sockets import numbers, sub, talking
from upcoach.client import Response, RestClient, SyncDevice
from upcoach.client.machine import State
from upcoach.services.sharing.feed_views import FeedView

NOWHERE = "redis://127.0.0.1:1/0"
MISSED = PAGE + 100  # events: more than one page of the log


@pytest.fixture(scope="module")
def frail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestEngines]:
    """Engines that these tests may kill."""
    started = TestEngines(tmp_path_factory.mktemp("frail"))
    started.start()
    yield started
    started.stop()


@pytest.mark.chaos
async def test_killed_and_stopped_nodes_lose_nothing(frail: TestEngines) -> None:
    async with Storm(frail.environ()).blowing() as storm:
        for node in storm.nodes:
            assert_quiet(node)
            await node.kill()
            await storm.goes_on()
            await node.start()
            await storm.goes_on()

        began = time.monotonic()
        code = await storm.nodes[0].stop()
        took_s = time.monotonic() - began
        assert_quiet(storm.nodes[0])
        await storm.goes_on()
        await storm.nodes[0].start()

    assert code == 0
    assert took_s < 10


async def test_an_emptied_or_killed_redis_and_cut_sockets_lose_nothing(frail: TestEngines) -> None:
    async with Storm(frail.environ()).blowing() as storm:
        for _ in range(2):
            with redis_of(storm.environ) as redis:
                redis.flushall()
            storm.cut()
            await storm.goes_on()
            os.kill(frail.engines.valkey_pid, signal.SIGKILL)
            storm.cut()
            await storm.goes_on()


@pytest.mark.chaos
async def test_a_killed_mongod_and_everything_at_once_lose_nothing(frail: TestEngines) -> None:
    async with Storm(frail.environ()).blowing() as storm:
        os.kill(frail.engines.mongod_pid, signal.SIGKILL)
        await storm.goes_on()

        with redis_of(storm.environ) as redis:
            redis.flushall()
        os.kill(frail.engines.mongod_pid, signal.SIGKILL)
        os.kill(frail.engines.valkey_pid, signal.SIGKILL)
        storm.cut()
        await storm.nodes[0].kill()
        await storm.nodes[0].start()


@pytest.mark.chaos
async def test_a_killed_node_with_engines_of_its_own_finds_its_data_again(tmp_path: Path) -> None:
    environ = {
        "UPCOACH_DATA": str(tmp_path),
        "UPCOACH_PORT": "0",
        "UPCOACH_ENV": "development",
        "UPCOACH_PUBLIC_URL": "http://upcoach.test",  # the port is another one after the start
        "UPCOACH_LOG_LEVEL": "warning",
    }
    async with ServerProcess(environ) as node, Writer([node.url]).present() as person:
        children = psutil.Process(node.pid).children()
        await person.over_rest("POST", "/v1/goals", {"title": "Run"}, None)
        before = await person.snapshot()

        await node.kill()
        gone, alive = await asyncio.to_thread(psutil.wait_procs, children, timeout=10)
        await node.start()
        for device in person.devices:
            await device.until(lambda one: one.live)

        assert (len(gone), alive) == (2, [])
        assert await person.snapshot() == before


async def test_what_died_between_commit_and_publish_is_delivered_by_another(
    frail: TestEngines,
) -> None:
    environ = frail.environ()
    mute = ServerProcess(environ | {"UPCOACH_REDIS_URL": NOWHERE})
    async with (
        ServerProcess(dict(environ)) as healthy,
        mute,
        Writer([healthy.url]).present() as person,
    ):
        client = RestClient(mute.url, person.token)
        created = await client.call("POST", "/v1/goals", {"title": "Run"})
        client.close()
        await mute.kill()
        person.journal.goals[created.body["id"]] = created.body

        await person.check()
        await assert_whole(environ)

    assert created.status == 201


async def test_what_redis_lost_before_anybody_read_it_is_delivered(frail: TestEngines) -> None:
    environ = frail.environ()
    async with (
        ServerProcess(dict(environ)) as writer,
        ServerProcess(dict(environ)) as reader,
        Writer([reader.url]).present() as person,
    ):
        await write_and_lose(environ, writer, reader, person)

        await person.check()


@pytest.mark.chaos
async def test_what_redis_lost_with_its_connections_is_delivered_by_a_node_that_started_without_it(
    frail: TestEngines,
) -> None:
    environ = frail.environ()
    reader = ServerProcess(dict(environ))
    async with ServerProcess(dict(environ)) as writer, contextlib.AsyncExitStack() as stack:
        async with killing(lambda: frail.engines.valkey_pid):
            await stack.enter_async_context(reader)
        await ready(reader.url)
        async with Writer([reader.url]).present() as person:
            await write_and_lose(environ, writer, reader, person, "CLIENT KILL TYPE NORMAL")

            await person.check()


async def write_and_lose(
    environ: dict[str, str],
    writer: ServerProcess,
    reader: ServerProcess,
    person: Writer,
    *commands: str,
) -> None:
    """Write while *reader* sleeps, and empty Redis before it wakes up."""
    client = RestClient(writer.url, person.token)
    os.kill(reader.pid, signal.SIGSTOP)
    try:
        with redis_of(environ) as redis:
            await until(lambda: has_sleeping_reader(redis))
            created = await client.call("POST", "/v1/goals", {"title": "Run"})
            person.journal.goals[created.body["id"]] = created.body
            await until(lambda: holds(redis, position(created)))
            lost = redis.pipeline(transaction=True).flushall()
            for command in commands:
                lost.execute_command(*command.split())
            lost.execute()
    finally:
        os.kill(reader.pid, signal.SIGCONT)
        client.close()


async def test_what_a_killed_node_had_begun_blocks_nobody(settings: Settings) -> None:
    mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        settings.mongo_url, appname="upcoach"
    )
    async with serving(settings) as server, mongo:
        person = await server.person()
        created = await person.call("POST", "/v1/goals", {"title": "Run"})
        number = {"feed": f"u:{created.body['owner']}", "seq": position(created) + 1}
        async with mongo.start_session() as session:
            await session.start_transaction()
            await mongo[settings.mongo_database].events.insert_one(dict(number), session=session)
            began = time.monotonic()
            while (await person.call("POST", "/v1/goals", {"title": "Swim"})).status == 503:
                assert time.monotonic() - began < 5


@pytest.mark.chaos
async def test_a_device_that_comes_while_mongod_is_away_is_live_soon_after(
    frail: TestEngines,
) -> None:
    environ = frail.environ()
    async with (
        ServerProcess(environ) as node,
        Writer([node.url]).present() as person,
        contextlib.AsyncExitStack() as stack,
    ):
        async with killing(lambda: frail.engines.mongod_pid):
            for device in person.devices:
                device.cut()
            newcomer = await stack.enter_async_context(SyncDevice([node.url], person.token))
            await until(lambda: newcomer.state is State.WAITING, 9)
        await ready(node.url)

        for device in (*person.devices, newcomer):
            await device.until(lambda one: one.live, 5)
        await person.check()


@contextlib.asynccontextmanager
async def killing(pid: Callable[[], int]) -> AsyncIterator[None]:
    """Kill an engine, and whatever takes its place, while the context lasts."""

    async def kill_on() -> None:
        killed = 0
        while True:
            if pid() != killed:
                killed = pid()
                os.kill(killed, signal.SIGKILL)
            await asyncio.sleep(0.01)

    task = asyncio.create_task(kill_on())
    await asyncio.sleep(0.05)
    try:
        yield
    finally:
        task.cancel()


async def ready(url: str) -> None:
    """Return when the node at *url* says that it can work."""
    client = RestClient(url)
    try:
        async with asyncio.timeout(30):
            while (await client.call("GET", "/readyz")).status != 200:
                await asyncio.sleep(0.05)
    finally:
        client.close()


def has_sleeping_reader(redis: Any) -> bool:
    """Whether somebody who read the streams has got an answer and does not ask again."""
    return any(
        client["cmd"] == "xread" and "b" not in client["flags"] and int(client["idle"]) >= 1
        for client in redis.client_list()
    )


def holds(redis: Any, seq: int) -> bool:
    """Whether some stream has number *seq*."""
    return any(int(fields[b"s"]) == seq for stream in STREAMS for _, fields in redis.xrange(stream))


def position(answer: Response) -> int:
    """The number in an answer's cursor."""
    return int(answer.headers["upcoach-cursor"].partition(".")[2])


class Sink:
    """A way out that takes everything."""

    has_room = True
    unsent = 0
    raw_send = None

    def __init__(self) -> None:
        self.sent = b""

    def attach(self, listener: BackpressureListener) -> None:
        raise AssertionError(listener)  # nobody goes straight

    def detach(self, listener: BackpressureListener) -> None:
        pass

    def wrap(self, lines: bytes, /) -> bytes:
        return lines

    def queue(self, wrapped: bytes) -> None:
        self.sent += wrapped

    def flush(self) -> None:
        pass

    def finish(self, wrapped: bytes, sent: int) -> None:
        self.sent += wrapped[sent:]

    async def room(self) -> None:
        pass

    def lose(self, feed: str, refusal: Refusal) -> None:
        raise AssertionError((feed, refusal))


async def test_a_subscription_that_begins_while_the_node_recovers_misses_nothing(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        node = server.node
        person = await server.person()
        scope = node.services.account.sessions.authenticate(person.token).scope
        services = node.services
        feeds = Feeds(
            node.hub,
            node.log,
            node.committer.heads,
            services.sync.snapshots,
            services.sharing.feed_views,
            "epoch1",
        )
        await node.hub.recover()
        await node.hub.attach(scope.feed)  # without a tail
        view = FeedView(scope, scope.feed)

        starting = asyncio.create_task(feeds.start(view, "epoch1.0", snap=False))
        await asyncio.sleep(0)  # now it waits for the log
        await node.hub.recover()
        sink = Sink()
        Subscription(feeds, sink, await starting, sink.lose).open()
        await person.call("POST", "/v1/goals", {"title": "Run"})

        await until(lambda: b'"goal.created"' in sink.sent, 5)


@pytest.mark.chaos
async def test_a_device_that_resumes_while_its_node_catches_up_is_not_reset(
    environ: dict[str, str],
) -> None:
    silent = Settings.from_environ(environ | {"UPCOACH_REDIS_URL": NOWHERE})
    async with serving(Settings.from_environ(environ)) as server, serving(silent) as mute:
        person = await server.person()
        scope = server.node.services.account.sessions.authenticate(person.token).scope
        first = await person.call("POST", "/v1/goals", {"title": "Run"})
        async with talking(server, person, sub(first.headers["upcoach-cursor"])) as wire:
            goals = mute.node.services.goals.goals
            await asyncio.gather(
                *(goals.create(scope, NewGoal(title=f"Goal {n}")) for n in range(MISSED))
            )

            last = asyncio.create_task(person.call("POST", "/v1/goals", {"title": "Swim"}))
            frames: list[Json] = []
            cursor = Cursor.parse(first.headers["upcoach-cursor"])
            elsewhere = Cursor(cursor.epoch, cursor.seq + MISSED)  # where another node brought it
            while not last.done() or cursor.seq < position(last.result()):
                for since in (elsewhere, cursor):
                    await wire.send(sub(str(since)))
                    frames += await wire.until("subd", "reset")
                cursor = Cursor(cursor.epoch, max((cursor.seq, *numbers(frames))))

        assert "reset" not in {frame["t"] for frame in frames}
        assert cursor.seq == position(first) + MISSED + 1
