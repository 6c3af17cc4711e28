"""Hundreds who want the same few times of a coach, over two nodes of which one is killed."""

import asyncio
import collections
import contextlib
import datetime as dt
import itertools
import random
from typing import Any, Final

import pytest
from tornado.httpclient import HTTPClientError

from config.settings import Settings
from models.base.merge_patch import Json
from tests.scheduling.booking import HOLDS, SESSIONS, book, coach_of, step, tomorrow
from tests.support.server import ServerProcess, serving
from tests.support.wire.answers import done, next_page
from upcoach.client import RestClient

pytestmark = pytest.mark.chaos

HOUR: Final = dt.timedelta(hours=1)
CLIENTS: Final = 20
TIMES: Final = 50
EACH: Final = 200  # who ask for each time
CUT: Final = (OSError, TimeoutError, HTTPClientError)


async def sessions_of(person: RestClient) -> list[Json]:
    """All sessions of *person*."""
    sessions: list[Json] = []
    path = f"{SESSIONS}?limit=100"
    while path:
        answer = await done(person.call("GET", path))
        sessions += answer.body["items"]
        path = next_page(answer)
    return sessions


def hours(count: int) -> list[dt.datetime]:
    """Hours of the week after the next, one after another."""
    return [tomorrow(0, days=7) + number * HOUR for number in range(count)]


async def at_most(limit: int, calls: list[Any]) -> list[Any]:
    """The results of *calls*, so many at once."""
    gate = asyncio.Semaphore(limit)

    async def run(call: Any) -> Any:
        async with gate:
            return await call

    return await asyncio.gather(*map(run, calls))


async def test_each_of_fifty_times_is_booked_by_one_of_two_hundred(
    settings: Settings, environ: dict[str, str]
) -> None:
    async with ServerProcess(dict(environ)) as other, serving(settings) as server:
        clients = [await server.person() for _ in range(CLIENTS)]
        coach, coach_id = await coach_of(server, *clients)
        asking = [
            RestClient(url, token=client.token)
            for client in clients
            for url in (server.url, other.url)
        ]
        wanted = [
            (asking[number % len(asking)], at) for at in hours(TIMES) for number in range(EACH)
        ]
        random.Random(1).shuffle(wanted)

        answers = await at_most(100, [book(client, coach_id, at) for client, at in wanted])

        by_time: dict[dt.datetime, collections.Counter[int]] = collections.defaultdict(
            collections.Counter
        )
        for (_, at), answer in zip(wanted, answers, strict=True):
            by_time[at][answer.status] += 1
        booked = await sessions_of(coach)
        assert len(booked) == len({one["starts_at"] for one in booked})
        assert {tuple(sorted(counts)) for counts in by_time.values()} <= {(201, 409), (409,)}
        assert all(counts[201] <= 1 for counts in by_time.values())
        assert sum(counts[201] for counts in by_time.values()) == len(booked) == TIMES


async def test_no_time_is_lost_or_given_twice_when_a_node_is_killed(
    settings: Settings, environ: dict[str, str]
) -> None:
    chance = random.Random(2)
    async with ServerProcess(dict(environ)) as other, serving(settings) as server:
        clients = [await server.person() for _ in range(CLIENTS)]
        coach, coach_id = await coach_of(server, *clients)
        times = hours(12)

        async def act(client: RestClient) -> None:
            """Hold, book, move and cancel by chance, on any node, however it ends."""
            for _ in range(30):
                caller = RestClient(chance.choice((server.url, other.url)), token=client.token)
                at = chance.choice(times)
                with contextlib.suppress(*CUT):
                    match chance.choice(("hold", "book", "book", "move", "cancel")):
                        case "hold":
                            held = {"coach": coach_id, "type": "talk", "starts_at": at.isoformat()}
                            await caller.call("POST", HOLDS, held)
                        case "book":
                            await book(caller, coach_id, at)
                        case verb:
                            mine = [one["id"] for one in await sessions_of(client)]
                            body = {"starts_at": at.isoformat()} if verb == "move" else {}
                            if mine:
                                await step(caller, chance.choice(mine), verb, body)

        async def kill() -> None:
            for _ in range(4):
                await asyncio.sleep(chance.uniform(0.5, 2))
                await other.kill()
                await other.start()

        await asyncio.gather(kill(), *map(act, clients))

        theirs = {one["id"]: one for one in await sessions_of(coach)}
        ours = {one["id"]: one for client in clients for one in await sessions_of(client)}
        assert theirs.keys() == ours.keys()
        shared = ("status", "starts_at", "sequence")
        for name, session in theirs.items():
            assert [session[field] for field in shared] == [ours[name][field] for field in shared]
        standing = sorted(
            one["starts_at"] for one in theirs.values() if one["status"] == "confirmed"
        )
        assert standing == sorted(set(standing))
        for client in clients:
            own = sorted(
                (one["starts_at"], one["ends_at"])
                for one in await sessions_of(client)
                if one["status"] == "confirmed"
            )
            assert all(end <= start for (_, end), (start, _) in itertools.pairwise(own))
