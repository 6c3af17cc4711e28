"""One mongod and one Valkey for a whole test run, on a thread of their own."""

import asyncio
import contextlib
import itertools
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from pymongo import MongoClient
from pymongo.database import Database
from redis import Redis

from config.settings import Settings
from upcoach.embedded import Engines
from upcoach.embedded.mongod import PARAMETERS
from upcoach.store.schema.migrations import COLLECTION as MIGRATIONS

# What is over by the clock of the machine may not be by that of a test.
PARAMETERS["ttlMonitorEnabled"] = "false"
DATABASES = 16  # that a Redis server has by default

KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


class TestEngines:
    """Engines that live as long as their thread, and a clean place in them for each test."""

    __test__ = False

    def __init__(self, data: Path) -> None:
        self._data = data
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._numbers = itertools.count(1)
        self._free: list[int] = []
        self._used: list[int] = []
        self._thread = threading.Thread(target=self._run, name="engines")
        self._client: MongoClient[dict[str, Any]]
        self.engines: Engines

    def start(self) -> None:
        """Start both, or raise what stopped them."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        self._client = MongoClient(self.engines.mongo_url)

    def stop(self) -> None:
        """Stop both."""
        self._client.close()
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    def environ(self, **more: str) -> dict[str, str]:
        """The environment of a node on a database and a Redis database that nobody else uses."""
        number = self._free.pop() if self._free else next(self._numbers)
        self._used.append(number)
        redis_url = self.engines.redis_url.rpartition("/")[0] + f"/{number % DATABASES}"
        with Redis.from_url(redis_url) as redis:
            redis.flushdb()
        self._empty(f"test{number}")
        return {
            "UPCOACH_ENV": "development",
            "UPCOACH_MONGO_URL": self.engines.mongo_url,
            "UPCOACH_MONGO_DATABASE": f"test{number}",
            "UPCOACH_REDIS_URL": redis_url,
            "UPCOACH_MASTER_KEYS": f"test:{KEY}",
            "UPCOACH_INDEX_KEY": KEY,
            "UPCOACH_PORT": "0",
            "UPCOACH_PUBLIC_URL": "http://upcoach.test",  # one for all nodes, on whatever port
            "UPCOACH_ROLES": "web",
            "UPCOACH_DATA": str(self._data),
            "UPCOACH_LIVE_WRITES_S": "1000000",  # what holds people back has a test of its own
            "UPCOACH_LIMITS": "off",  # the same
            "UPCOACH_LOG_LEVEL": "warning",
        } | more

    def as_system(self) -> MongoClient[dict[str, Any]]:
        """A client of MongoDB that may do everything."""
        address = urlsplit(self.engines.mongo_url)
        return MongoClient(
            address.hostname,
            address.port,
            directConnection=True,
            username="__system",
            password=(self._data / "mongo" / "key").read_text(),
            authSource="local",
        )

    def release(self) -> None:
        """Let another test have the databases of one that is over."""
        self._free += self._used
        self._used.clear()

    def _empty(self, name: str) -> None:
        """Take everything out of a database but what it was migrated to, which takes long."""
        database = self._client[name]
        database.command("profile", 0)
        database.drop_collection("system.profile")
        for collection in _filled(database):
            database[collection].delete_many({})

    def settings(self, **more: str) -> Settings:
        """The same as settings."""
        return Settings.from_environ(self.environ(**more))

    def _run(self) -> None:
        asyncio.run(self._live())

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        try:
            async with Engines(self._data) as self.engines:
                self._ready.set()
                await self._stopped.wait()
        except BaseException as failure:
            self._failure = failure
            raise
        finally:
            self._ready.set()


def _filled(database: Database[dict[str, Any]]) -> list[str]:
    """The collections that hold anything, in one question for all: most hold nothing."""
    names = [
        name
        for name in database.list_collection_names()
        if not name.startswith("system.") and name != MIGRATIONS
    ]
    if not names:
        return []
    first, *others = names
    question = _any_of(first)
    question += [{"$unionWith": {"coll": name, "pipeline": _any_of(name)}} for name in others]
    return [found["_id"] for found in database[first].aggregate(question)]


def _any_of(name: str) -> list[dict[str, Any]]:
    return [{"$limit": 1}, {"$project": {"_id": name}}]


def redis_of(environ: dict[str, str]) -> Any:
    """A plain client for the Redis database of *environ*."""
    return Redis.from_url(environ["UPCOACH_REDIS_URL"])


@contextlib.contextmanager
def paused(program: str) -> Iterator[None]:
    """Have an engine of this worker's stand still."""
    [engine] = [
        child
        for child in psutil.Process().children(recursive=True)
        if child.name().startswith(program)
    ]
    os.kill(engine.pid, signal.SIGSTOP)
    try:
        os.waitid(os.P_PID, engine.pid, os.WSTOPPED)  # until then a thread of its may answer
        yield
    finally:
        os.kill(engine.pid, signal.SIGCONT)
