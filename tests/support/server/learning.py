"""A learner beside a node of this process, and what it learns from."""

import contextlib
from collections.abc import AsyncIterator

from config.settings import Settings
from models.base.clock import utc_now
from models.base.metrics import Metrics
from streams.consumers.durable import DurableRunner
from streams.consumers.habit_learner import HabitLearner
from streams.consumers.runner import ConsumerDependencies
from streams.redis.connection import RedisConnections
from tests.support.server import Server
from upcoach.client import RestClient


def learning_on(
    server: Server, settings: Settings, redis: RedisConnections
) -> DurableRunner[HabitLearner]:
    ground = ConsumerDependencies(
        log=server.node.log,
        database=server.node.database,
        redis=redis.writer,
        secret=settings.index_key,
        clock=utc_now,
        metrics=Metrics(),
    )
    return ground.durable(HabitLearner(server.node.services.insights.insights))


@contextlib.asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[RedisConnections]:
    assert settings.redis_url is not None
    async with contextlib.aclosing(RedisConnections(settings.redis_url)) as redis:
        yield redis


async def a_habit(person: RestClient, starts_on: str = "2026-05-01") -> str:
    body = {"name": "Swim", "starts_on": starts_on}
    return str((await person.call("POST", "/v1/habits", body)).body["id"])


async def log(person: RestClient, habit: str, days: range) -> None:
    for number in days:
        path = f"/v1/habits/{habit}/entries/2026-05-{number:02}"
        state = "missed" if number % 4 == 0 else "done"
        await person.call("PUT", path, {"state": state})
