"""Two nodes behind the balancers of `config/deploy`."""

import asyncio
import contextlib
import ssl
from pathlib import Path

import pytest

from tests.node.balancers import Command, balanced, both
from tests.node.going_on import goes_on, nodes_of
from tests.support.people.chaos import Writer, until
from tests.support.server import Server
from tests.support.wire.event_streams import reading
from tests.support.wire.fleet import FeedFollower, following

SOCKETS = 10


@pytest.mark.chaos
@both
async def test_devices_behind_a_balancer_hop_when_a_node_drains_and_lose_nothing(
    command: Command, environ: dict[str, str], tmp_path: Path
) -> None:
    async with (
        balanced(command, environ, tmp_path) as (balancer, nodes),
        Writer([balancer.url]).present() as person,
    ):
        followers = [FeedFollower([balancer.url], person.token) for _ in range(SOCKETS)]
        async with following(followers):
            writing = [asyncio.create_task(person.journal.write(send)) for send in person.senders()]
            for node in nodes:
                assert await node.stop() == 0
                await goes_on(person)
                await node.start()
                await until(lambda: balancer.nodes_lost == 0)
            person.journal.stopping = True
            await asyncio.gather(*writing)
            await person.check()
            _, head = await person.snapshot()
            await until(lambda: all(one.seq == head for one in followers))

    assert [(one.gaps, one.repeats, one.resets) for one in followers] == [(0, 0, [])] * SOCKETS
    assert sum(one.moves for one in followers) >= SOCKETS
    assert max(one.deaf_s for one in followers) < 2


@both
async def test_a_balancer_passes_events_and_polls_on_as_they_come(
    command: Command, environ: dict[str, str], tmp_path: Path
) -> None:
    async with (
        balanced(command, environ, tmp_path) as (balancer, _),
        contextlib.AsyncExitStack() as stack,
    ):
        server = Server(balancer.url)
        stack.callback(server.close)
        person = await server.person()
        cursor = (await person.call("GET", "/v1/snapshot")).headers["upcoach-cursor"]
        path = f"/v1/events?since={cursor}"
        reader = await stack.enter_async_context(reading(server, path, person.token))
        await reader.until("live")
        poll = asyncio.create_task(person.call("GET", f"{path}&wait=25"))

        written = await person.call("POST", "/v1/goals", {"title": "Run"})
        [event] = await reader.until("ev")
        answer = await poll

    assert event.frame["id"] == written.body["id"]
    assert [one["id"] for one in answer.body] == [written.body["id"]]


@both
async def test_a_balancer_keeps_a_user_on_a_node_and_speaks_tls(
    command: Command, environ: dict[str, str], tmp_path: Path
) -> None:
    async with (
        balanced(command, environ, tmp_path) as (balancer, _),
        contextlib.AsyncExitStack() as stack,
    ):
        server = Server(balancer.url)
        stack.callback(server.close)
        people = [await server.person() for _ in range(8)]
        followers = [FeedFollower([balancer.url], one.token) for one in people for _ in range(3)]
        await stack.enter_async_context(following(followers))
        trusted = ssl.create_default_context(cafile=str(balancer.certificate))
        reader, writer = await asyncio.open_connection("127.0.0.1", balancer.tls_port, ssl=trusted)
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: upcoach.test\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()

    assert [len(nodes_of(followers[n : n + 3])) for n in range(0, len(followers), 3)] == [1] * 8
    assert len(nodes_of(followers)) == 2
    assert answer.startswith(b"HTTP/1.1 200 ")
