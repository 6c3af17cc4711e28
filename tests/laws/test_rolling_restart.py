"""Nodes that are restarted in turn, under sockets whose owners go on writing."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence

import pytest
from tornado.httpclient import HTTPClientError

from models.base.ids import new_id, new_mutation_id
from tests.support.people.chaos import assert_quiet, assert_whole, until
from tests.support.server import PASSWORD, ServerProcess
from tests.support.wire.fleet import FeedFollower, following
from upcoach.client import RestClient

NODES = 3
PEOPLE = 20
PAUSE_S = 0.25  # between two writes of a person
START_S = 1.0  # for the start of a node on two cores that do nothing else


class Writer:
    """A person who writes all the time, at one node after the other."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._clients = [RestClient(url) for url in urls]
        self.written: list[str] = []
        self.token = ""
        self.longest_s = 0.0
        self.is_over = False

    async def register(self) -> None:
        email = f"{new_id('test')}@example.org"
        answer = await self._clients[0].register(email, PASSWORD, "Test Person")
        assert answer.status == 202, answer
        person = await self._clients[0].log_in(email, PASSWORD, "phone")
        self.token = person.token
        person.close()
        for client in self._clients:
            client.token = self.token

    async def write(self) -> None:
        """Write until it is over."""
        while not self.is_over:
            key = new_mutation_id()
            began = time.monotonic()
            while not await self._made({"Idempotency-Key": key}):
                self._clients.append(self._clients.pop(0))
            self.longest_s = max(self.longest_s, time.monotonic() - began)
            await asyncio.sleep(PAUSE_S)

    async def _made(self, headers: dict[str, str]) -> bool:
        try:
            answer = await self._clients[0].call(
                "POST", "/v1/goals", {"title": "Run"}, headers=headers
            )
        except (OSError, HTTPClientError):
            return False
        if answer.status == 201:
            self.written.append(answer.body["id"])
        return answer.status == 201

    def close(self) -> None:
        for client in self._clients:
            client.close()


@contextlib.asynccontextmanager
async def writing(writers: Sequence[Writer]) -> AsyncIterator[None]:
    """All *writers* at work."""
    tasks = [asyncio.create_task(writer.write()) for writer in writers]
    try:
        yield
    finally:
        for writer in writers:
            writer.is_over = True  # what is under way is answered
        await asyncio.gather(*tasks)


async def newest_of(writers: Sequence[Writer], urls: Sequence[str]) -> list[int]:
    """The newest number of each writer's feed, a moment after they have stopped."""
    heads = []
    for writer in writers:
        client = RestClient(urls[0], writer.token)
        answer = await client.call("GET", "/v1/snapshot?limit=1")
        client.close()
        heads.append(int(answer.headers["upcoach-cursor"].rpartition(".")[2]))
    return heads


async def restart(node: ServerProcess) -> tuple[float, float]:
    """Stop and start *node*, and return how long each took."""
    began = time.monotonic()
    code = await node.stop()
    stopped = time.monotonic()
    assert code == 0
    assert_quiet(node)
    await node.start()
    return stopped - began, time.monotonic() - stopped


@pytest.mark.chaos
@pytest.mark.parametrize(("sockets", "drain_s"), [(100, 1), (2000, 5)])
async def test_a_rolling_restart_loses_nothing_and_nobody_waits_two_seconds(
    environ: dict[str, str], sockets: int, drain_s: int
) -> None:
    environ["UPCOACH_DRAIN_S"] = str(drain_s)
    nodes = [ServerProcess(dict(environ)) for _ in range(NODES)]
    took_s = []
    async with contextlib.AsyncExitStack() as stack:
        await asyncio.gather(*(stack.enter_async_context(node) for node in nodes))
        urls = [node.url for node in nodes]
        writers = [Writer(urls) for _ in range(PEOPLE)]
        for writer in writers:
            stack.callback(writer.close)
            await writer.register()
        followers = [FeedFollower(urls, writers[n % PEOPLE].token) for n in range(sockets)]
        async with following(followers):
            async with writing(writers):
                for follower in followers:
                    follower.measure()
                for node in nodes:
                    took_s += [await restart(node)]
                await asyncio.sleep(2 * PAUSE_S)
            heads = await newest_of(writers, urls)
            await until(
                lambda: all(one.seq >= heads[n % PEOPLE] for n, one in enumerate(followers))
            )
        await assert_whole(environ)

    deaf_s = max(one.deaf_s for one in followers)
    silence_s = max(one.silence_s for one in followers)
    print(
        f"\n{sockets} sockets, {sum(len(one.documents) for one in followers)} events: "
        f"longest silence {silence_s:.2f} s, longest time without a socket {deaf_s:.2f} s, "
        f"longest write {max(one.longest_s for one in writers):.2f} s, "
        f"ended and started in {', '.join(f'{end:.1f} + {start:.1f} s' for end, start in took_s)}"
    )
    assert [(one.gaps, one.repeats, one.resets) for one in followers] == [(0, 0, [])] * sockets
    for number, follower in enumerate(followers):
        assert len(follower.documents) == follower.seq - follower.first
        assert set(follower.documents) >= set(writers[number % PEOPLE].written)
    # A machine that is busy with other work takes longer for everything, for a start too.
    assert silence_s < 2 * max(1, max(start_s for _, start_s in took_s) / START_S)
    assert sum(one.moves for one in followers) >= sockets
