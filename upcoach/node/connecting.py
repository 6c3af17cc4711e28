"""Connects a process to its engines: their URLs, the database, and its schema."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import structlog

from config.settings import Settings
from models.base.clock import utc_now
from models.base.errors import Unavailable
from streams.redis.connection import RedisConnections
from upcoach.embedded import Engines, joined
from upcoach.node.process.listener import StartError
from upcoach.store.base.database import Database, UnusableUrl, why_away
from upcoach.store.schema.migrations import migrate
from upcoach.store.schema.schema import Schema

START_PATIENCE_S = 30.0
PAUSE_S = 1.0  # before a step begins again: a MongoDB that answers at once may still refuse it

T = TypeVar("T")

_log = structlog.get_logger(__name__)


@contextlib.asynccontextmanager
async def engine_urls(settings: Settings) -> AsyncIterator[tuple[str, str, Engines]]:
    """The URLs of MongoDB and Redis: the configured ones, or those of engines that we start."""
    engines = Engines(
        settings.data,
        mongo=settings.mongo_url is None,
        redis=settings.redis_url is None,
    )
    async with engines:
        yield (
            settings.mongo_url or engines.mongo_url,
            settings.redis_url or engines.redis_url,
            engines,
        )


@contextlib.asynccontextmanager
async def joined_urls(settings: Settings) -> AsyncIterator[tuple[str, str]]:
    """The same for a command: configured, of running engines, or of engines that it starts."""
    mongo, redis = settings.mongo_url, settings.redis_url
    if mongo is not None and redis is not None:
        yield mongo, redis
        return
    async with joined(settings.data, mongo=mongo is None, redis=redis is None) as addresses:
        yield mongo or addresses.mongo_url or "", redis or addresses.redis_url or ""


@contextlib.asynccontextmanager
async def open_database(url: str, settings: Settings) -> AsyncIterator[Database]:
    """Open the database and migrate it; a MongoDB that is still starting is waited for."""
    async with open_schema(url, settings) as (database, _):
        yield database


@contextlib.asynccontextmanager
async def open_schema(url: str, settings: Settings) -> AsyncIterator[tuple[Database, Schema]]:
    """Open the database and its schema, of which large indexes are still to be built."""
    database = _database(url, settings)
    try:
        schema = Schema(database)
        # An index may take longer than an operation may; MongoDB goes on with it.
        await when_reached(database, schema.ensure)
        steps = await when_reached(database, lambda: migrate(database, utc_now))
        if steps:
            _log.info("migrated", steps=steps)
        yield database, schema
    finally:
        await database.close()


def _database(url: str, settings: Settings) -> Database:
    try:
        return Database(url, settings.mongo_database)
    except UnusableUrl as flaw:
        raise _url_error(flaw) from None


def _url_error(flaw: UnusableUrl) -> StartError:
    return StartError(f"UPCOACH_MONGO_URL cannot be used: {flaw}.")


async def when_reached(database: Database, work: Callable[[], Awaitable[T]]) -> T:
    """What *work* gives, which begins again when MongoDB goes away meanwhile."""
    while True:
        await _reached(database)
        try:
            with database.explaining_refusals():
                return await work()
        except UnusableUrl as flaw:
            raise _url_error(flaw) from None
        except Unavailable:
            _log.warning("waiting_for_database")
            await asyncio.sleep(PAUSE_S)


async def _reached(database: Database) -> None:
    deadline = asyncio.get_running_loop().time() + START_PATIENCE_S
    while True:
        try:
            return await database.greet()
        except UnusableUrl as flaw:
            raise _url_error(flaw) from None
        except Unavailable as refusal:
            if asyncio.get_running_loop().time() > deadline:
                message = "MongoDB does not answer. Is UPCOACH_MONGO_URL right, and the server up?"
                raise StartError(f"{message} ({why_away(refusal)})") from None
            await asyncio.sleep(PAUSE_S)


async def warn_without_redis(redis: RedisConnections) -> None:
    """Log why Redis cannot be used, if it cannot: a node serves without it."""
    try:
        await redis.ping()
    except Unavailable as refusal:
        reason = str(refusal.__cause__)
        _log.warning("serving_without_redis", reason=reason, setting="UPCOACH_REDIS_URL")
