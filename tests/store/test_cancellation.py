"""What is cancelled ends, at whatever moment: a driver's wait may lose that, and ours may not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from config.settings import Settings
from models.access.rate_limits import ONE
from streams.limits.rate_limiter import SharedRateLimiter
from streams.redis.connection import RedisConnections
from upcoach.store.base.database import Database

MOMENTS = 60  # turns of the loop before a task is cancelled: a command takes fewer
MORE = 5  # what a task may still ask for

Ask = Callable[[], Awaitable[object]]


@contextlib.asynccontextmanager
async def redis(settings: Settings, how: str) -> AsyncIterator[Ask]:
    assert settings.redis_url is not None
    async with contextlib.aclosing(RedisConnections(settings.redis_url)) as connections:
        limits = SharedRateLimiter(connections.counter)

        async def in_a_pipeline() -> object:
            pipeline = connections.writer.pipeline(transaction=False)
            pipeline.ping()
            return await pipeline.execute()

        asks: dict[str, Ask] = {
            "command": connections.writer.ping,
            "script": lambda: limits.take("read", {"user": "somebody"}, ONE),
            "pipeline": in_a_pipeline,
        }
        yield asks[how]


@contextlib.asynccontextmanager
async def mongo(settings: Settings, how: str) -> AsyncIterator[Ask]:
    assert settings.mongo_url is not None
    async with contextlib.aclosing(Closing(settings.mongo_url, settings.mongo_database)) as one:
        yield {"ping": one.ping, "find": one.find}[how]


class Closing(Database):
    """A database that is closed, and asked, as the others are."""

    aclose = Database.close

    async def find(self) -> object:
        async with self.connection():
            return await self["users"].find_one({})


async def outlived(ask: Ask) -> list[int]:
    """The moments at which a task was cancelled, and asked on."""
    asked = 0

    async def endless() -> None:
        nonlocal asked
        while True:
            asked += 1
            await ask()

    await ask()  # so that it is connected
    found = []
    for moment in range(MOMENTS):
        asked = 0
        task = asyncio.create_task(endless())
        for _ in range(moment):
            await asyncio.sleep(0)
        most = asked + MORE
        task.cancel()
        while not task.done() and asked < most:
            await asyncio.sleep(0)
        if not task.done():
            found.append(moment)
            while not task.done():
                task.cancel()
                await asyncio.sleep(0)
    return found


# PyMongo leaves a connection that it was opening to the collector.
@pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize(
    ("engine", "how"),
    [
        (redis, "command"),
        (redis, "script"),
        (redis, "pipeline"),
        (mongo, "ping"),
        (mongo, "find"),
    ],
    ids=["command", "script", "pipeline", "ping", "find"],
)
async def test_a_task_that_is_cancelled_at_any_moment_asks_no_more(
    settings: Settings,
    engine: Callable[[Settings, str], contextlib.AbstractAsyncContextManager[Ask]],
    how: str,
) -> None:
    async with engine(settings, how) as ask:
        assert await outlived(ask) == []


async def test_after_a_cancellation_each_gets_the_answer_to_what_they_asked(
    settings: Settings,
) -> None:
    assert settings.redis_url is not None
    async with contextlib.aclosing(RedisConnections(settings.redis_url)) as connections:
        await outlived(lambda: connections.writer.echo(b"cancelled"))

        names = [f"{number}".encode() for number in range(100)]
        answers = await asyncio.gather(*(connections.writer.echo(name) for name in names))

        assert answers == names
