"""The client of `docs/first-client.md`, through cuts and a server that is killed."""

import asyncio
import contextlib
import itertools
import random
from collections.abc import AsyncIterator, Collection
from pathlib import Path

import pytest

from config.settings import Settings
from models.base.ids import new_id
from tests.clients.first_client import FirstClient, sums_of
from tests.support.engines import TestEngines
from tests.support.people.furnished import GOALS
from tests.support.server import serving
from tests.support.server.processes import ServerProcess
from tests.support.wire.answers import done
from upcoach.client import RestClient

PASSWORD = "correct horse battery"
PATIENCE_S = 60.0


async def registered(url: str) -> str:
    """The address of somebody new."""
    email = f"{new_id('ann')}@example.com"
    body = {"email": email, "password": PASSWORD, "name": "Ann"}
    await done(RestClient(url).call("POST", "/v1/auth/register", body))
    return email


@contextlib.asynccontextmanager
async def running(client: FirstClient) -> AsyncIterator[FirstClient]:
    """*client*, as long as its application runs."""
    task = asyncio.create_task(client.run())
    try:
        yield client
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def settled(*clients: FirstClient) -> None:
    """Return when all are at one place, with no write left."""
    async with asyncio.timeout(PATIENCE_S):
        while (
            any(client.queue or not client.live.is_set() for client in clients)
            or len({client.cursor for client in clients}) > 1
        ):
            await asyncio.sleep(0.02)


async def written(client: FirstClient, count: int) -> None:
    """Queue so many goals, now and then one."""
    for number in range(count):
        await client.write("POST", GOALS, {"title": f"{number}"})
        await asyncio.sleep(random.uniform(0, 0.02))


def cut(client: FirstClient) -> None:
    if client.socket is not None:
        client.socket.transport.abort()


async def assert_exact(clients: Collection[FirstClient], goals: int) -> None:
    """Each of *clients* has the same copy, which is the server's, and each write is there once."""
    for client in clients:
        cut(client)
        await asyncio.sleep(0)
        client.live.clear()
    await settled(*clients)
    for one, other in itertools.pairwise(clients):
        assert one.documents["goal"] == other.documents["goal"]
    for client in clients:
        assert client.sums == sums_of(client.documents)
        assert client.mismatches == 0
        assert {answer["status"] for answer in client.answers.values()} <= {200, 201}
        assert len(client.documents["goal"]) == goals


async def test_a_queue_of_an_application_that_was_closed_is_carried_out(
    settings: Settings, tmp_path: Path
) -> None:
    goal = new_id("gol")
    async with serving(settings) as server:
        email = await registered(server.url)
        first = FirstClient(server.url, "phone", tmp_path / "phone.json")
        await first.log_in(email, PASSWORD)
        async with running(first):
            await settled(first)
        first.socket = None
        await first.write("POST", GOALS, {"id": goal, "title": "Run"})
        for title in ("Walk", "Swim"):
            await first.write("PATCH", f"{GOALS}/{goal}", {"title": title}, base=1)

        async with (
            running(FirstClient(server.url, "phone", tmp_path / "phone.json")) as again,
        ):
            await settled(again)
            await assert_exact([again], goals=1)

    assert again.documents["goal"][goal]["title"] == "Swim"
    assert len(again.answers) == 3


async def test_cuts_in_the_midst_of_bursts_lose_nothing(settings: Settings, tmp_path: Path) -> None:
    async with serving(settings) as server:
        email = await registered(server.url)
        clients = [FirstClient(server.url, name, tmp_path / name) for name in ("phone", "watch")]
        for client in clients:
            await client.log_in(email, PASSWORD)
        async with running(clients[0]), running(clients[1]):
            writing = asyncio.gather(*(written(client, 30) for client in clients))
            while not writing.done():
                await asyncio.sleep(random.uniform(0, 0.1))
                cut(random.choice(clients))
            await writing
            await settled(*clients)

            await assert_exact(clients, goals=60)


@pytest.mark.chaos
async def test_a_server_that_is_killed_loses_nothing(engines: TestEngines, tmp_path: Path) -> None:
    async with ServerProcess(engines.environ(UPCOACH_PORT="0")) as server:
        email = await registered(server.url)
        clients = [FirstClient(server.url, name, tmp_path / name) for name in ("phone", "watch")]
        for client in clients:
            await client.log_in(email, PASSWORD)
        async with running(clients[0]), running(clients[1]):
            await settled(*clients)
            writing = asyncio.gather(*(written(client, 100) for client in clients))
            await asyncio.sleep(0.5)
            await server.kill()
            await server.start()
            await writing
            await settled(*clients)

            await assert_exact(clients, goals=200)
