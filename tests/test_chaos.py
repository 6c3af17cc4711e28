"""Kill tests: whatever ends in between, every client gets every event once, and nothing is lost."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.chaos import Person, Storm, assert_whole, until
from tests.support.engines import TestEngines, redis_of
from tests.support.server import ServerProcess
from upcoach.client import Client

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture(scope="module")
def frail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestEngines]:
    """Engines that these tests may kill."""
    started = TestEngines(tmp_path_factory.mktemp("frail"))
    started.start()
    yield started
    started.stop()


async def test_nodes_that_are_killed_lose_nothing(frail: TestEngines) -> None:
    async with Storm(frail.environ()).blowing() as storm:
        for node in (*storm.nodes, storm.nodes[0]):
            await node.kill()
            await storm.goes_on()
            await node.start()
            await storm.goes_on()


async def test_an_emptied_redis_loses_nothing(frail: TestEngines) -> None:
    async with Storm(frail.environ()).blowing() as storm:
        with redis_of(storm.environ) as redis:
            for _ in range(5):
                redis.flushall()
                await storm.goes_on()


async def test_a_killed_valkey_loses_nothing(frail: TestEngines) -> None:
    async with Storm(frail.environ()).blowing() as storm:
        for _ in range(3):
            os.kill(frail.engines.valkey_pid, signal.SIGKILL)
            await storm.goes_on()


async def test_a_killed_mongod_loses_nothing_and_is_answered_by_503(frail: TestEngines) -> None:
    async with Storm(frail.environ()).blowing() as storm:
        for _ in range(2):
            os.kill(frail.engines.mongod_pid, signal.SIGKILL)
            await storm.goes_on()


async def test_cut_sockets_lose_nothing(frail: TestEngines) -> None:
    async with Storm(frail.environ()).blowing() as storm:
        for _ in range(10):
            for person in storm.people:
                for device in person.devices:
                    device.cut()
            await storm.goes_on(10)


async def test_everything_at_once_loses_nothing(frail: TestEngines) -> None:
    async with Storm(frail.environ()).blowing() as storm:
        with redis_of(storm.environ) as redis:
            redis.flushall()
        os.kill(frail.engines.mongod_pid, signal.SIGKILL)
        os.kill(frail.engines.valkey_pid, signal.SIGKILL)
        await storm.nodes[0].kill()
        await storm.nodes[0].start()
