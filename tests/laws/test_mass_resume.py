"""Many devices that come back at once after a restart are served from memory, not from MongoDB."""

import asyncio
import collections
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from tests.support.people.chaos import until
from tests.support.people.furnished import GOALS
from tests.support.server import Server, ServerProcess
from tests.support.wire.answers import done
from tests.support.wire.fleet import FeedFollower, following
from upcoach.client import RestClient

PEOPLE = 20
# What a node looks at by the clock: its keys, the trash, what is due, whether the log is whole.
BACKGROUND = {
    "system.profile",
    "signing_keys",
    "journal_entries",
    "journal_shares",
    "audit",
    "audit_checkpoints",
    "outbox",
    "push_outbox",
    "timers",
}
MISSED = 5  # events of each person while the node was away

PATIENCE_S = 120.0


@contextlib.asynccontextmanager
async def profiled(environ: dict[str, str]) -> AsyncIterator[list[dict[str, Any]]]:
    """What MongoDB is asked meanwhile, all of it, in the database of *environ*."""
    mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(environ["UPCOACH_MONGO_URL"])
    async with mongo:
        database = mongo[environ["UPCOACH_MONGO_DATABASE"]]
        await database.command("profile", 2)
        asked: list[dict[str, Any]] = []
        yield asked
        await database.command("profile", 0)
        asked += await database["system.profile"].find({"op": {"$ne": "command"}}).to_list()


def is_in_the_background(operation: dict[str, Any]) -> bool:
    """Whether a node asks for it now and then, whoever is connected."""
    return operation["ns"].partition(".")[2] in BACKGROUND or any(
        name in str(operation["command"]) for name in ("due", "ended_at")
    )


async def resume_at_once(environ: dict[str, str], sockets: int) -> None:
    writer, node = ServerProcess(dict(environ)), ServerProcess(dict(environ))
    async with writer, node:
        server = Server(writer.url)
        people = [await server.person() for _ in range(PEOPLE)]
        followers = [
            FeedFollower([node.url], people[number % PEOPLE].token) for number in range(sockets)
        ]
        async with following(followers):
            await asyncio.gather(*(goal(person) for person in people))
            await until(lambda: have(followers, 1))
            await node.stop()
            for _ in range(MISSED):
                await asyncio.gather(*(goal(person) for person in people))
            async with profiled(environ) as asked:
                began = time.monotonic()
                await node.start()
                await until(lambda: have(followers, 1 + MISSED), PATIENCE_S)
                print(f"{sockets} sockets were current {time.monotonic() - began:.1f} s later")
        server.close()

        assert {len(one.documents) for one in followers} == {1 + MISSED}
        assert {(one.gaps, one.repeats, len(one.resets)) for one in followers} == {(0, 0, 0)}
        # A node that starts reads these once, whoever waits for it; the keys of all tails together.
        assert collections.Counter(
            one["ns"].partition(".")[2] for one in asked if not is_in_the_background(one)
        ) == {"migrations": 1, "installation": 2, "keys": 1}


def have(followers: list[FeedFollower], events: int) -> bool:
    """Whether every one of *followers* has got *events*."""
    return all(len(one.documents) >= events for one in followers)


async def goal(person: RestClient) -> None:
    await done(person.call("POST", GOALS, {"title": "Run"}))


@pytest.mark.chaos
async def test_a_hundred_devices_resume_without_a_query(environ: dict[str, str]) -> None:
    await resume_at_once(environ, 100)


@pytest.mark.chaos
async def test_ten_thousand_devices_resume_without_a_query(environ: dict[str, str]) -> None:
    await resume_at_once(environ, 10_000)
