"""What a node does between SIGTERM and its end: live-protocol.md, rule 14."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from http.client import HTTPConnection
from typing import Any

import msgspec
import pytest
from pymongo import AsyncMongoClient

from config.settings import Settings
from tests.support.people.chaos import assert_quiet, until
from tests.support.server import Server, ServerProcess, serving
from tests.support.wire.event_streams import EventStreamReader, reading
from tests.support.wire.frames import frame, send_frames
from tests.support.wire.sockets import mut, only_connection, talking
from upcoach.client import RestClient

SOCKETS = 20
DRAIN_S = 2


@contextlib.asynccontextmanager
async def next_number_taken(settings: Settings, person: RestClient) -> AsyncIterator[None]:
    """Whatever *person* writes waits while the context lasts."""
    answer = await person.call("POST", "/v1/goals", {"title": "Swim"})
    seq = int(answer.headers["upcoach-cursor"].partition(".")[2]) + 1
    mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        settings.mongo_url, appname="upcoach"
    )
    async with mongo, mongo.start_session() as session:
        await session.start_transaction()
        await mongo[settings.mongo_database].events.insert_one(
            {"feed": f"u:{answer.body['owner']}", "seq": seq}, session=session
        )
        yield
        await session.abort_transaction()


def asked(connection: HTTPConnection, path: str) -> tuple[int, str | None, str]:
    """The status, what becomes of the connection, and what the node says of itself."""
    connection.request("GET", path)
    answer = connection.getresponse()
    checks = msgspec.json.decode(answer.read())["checks"]
    return answer.status, answer.headers["Connection"], checks["node"]


@pytest.mark.parametrize(
    "late",
    [b"", frame(0x9), frame(0xA), frame(0x1, b"{", final=False)],
    ids=["nothing", "a ping", "a pong", "a part"],
)
async def test_what_is_under_way_is_answered_before_the_end(
    settings: Settings, late: bytes
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        async with talking(server, person) as wire:
            async with next_number_taken(settings, person):
                await wire.send(mut("POST", "/v1/goals", {"title": "Run"}))
                request = asyncio.create_task(person.call("POST", "/v1/goals", {"title": "Jog"}))
                await until(lambda: server.node._in_flight.count == 1)
                draining = asyncio.create_task(server.node.drain(None, 0))
                await until(lambda: only_connection(server)._closed)
                await send_frames(wire, late)
                await asyncio.sleep(0.1)
                was_done = draining.done()
            [answer] = await wire.answers(1)
            code = await wire.closed()
            await draining

            assert not was_done
            assert (answer["status"], code) == (201, 4503)
            assert server.node._in_flight.count == 0
            assert (await request).status == 201


async def test_whoever_comes_late_is_told_to_go_too(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        async with talking(server, person) as first:
            draining = asyncio.create_task(server.node.drain(None, DRAIN_S))
            told = (await first.until("go"))[-1]
            async with talking(server, person) as late:
                told_late = (await late.until("go"))[-1]
                codes = {await first.closed(), await late.closed()}
            await draining

    assert told["reason"] == told_late["reason"] == "drain"
    assert 0 <= told["after"] < 1000 * DRAIN_S
    assert 0 <= told_late["after"] < 1000 * DRAIN_S
    assert codes == {4503}


async def test_streams_and_polls_end_one_after_the_other(settings: Settings) -> None:
    loop = asyncio.get_running_loop()

    async def stayed(reader: EventStreamReader) -> tuple[float, float]:
        """How long *reader* was asked to stay, and how long it did."""
        [*_, told] = await reader.until("go")
        began = loop.time()
        assert await reader.rest() == []
        return told.frame["after"] / 1000, loop.time() - began

    async with serving(settings) as server, contextlib.AsyncExitStack() as stack:
        person = await server.person()
        cursor = (await person.call("GET", "/v1/snapshot")).headers["upcoach-cursor"]
        path = f"/v1/events?since={cursor}"
        opened = [reading(server, path, person.token) for _ in range(8)]
        readers = [await stack.enter_async_context(one) for one in opened]
        for reader in readers:
            await reader.until("live")
        polls = [asyncio.create_task(person.call("GET", f"{path}&wait=25")) for _ in range(4)]
        await until(lambda: server.node._in_flight.count == 4)

        draining = asyncio.create_task(server.node.drain(None, DRAIN_S))
        stays = await asyncio.gather(*map(stayed, readers))
        answers = await asyncio.gather(*polls)
        await draining

    assert len({told for told, _ in stays}) == 8
    assert all(told - 0.05 < stay for told, stay in stays)
    assert max(reader.retry_ms or 0 for reader in readers) <= 250
    assert [(answer.status, answer.headers["upcoach-cursor"]) for answer in answers] == [
        (204, cursor)
    ] * 4


async def test_a_node_that_is_told_to_stop_sends_everybody_elsewhere(
    environ: dict[str, str],
) -> None:
    loop = asyncio.get_running_loop()
    node = ServerProcess(environ | {"UPCOACH_DRAIN_S": str(DRAIN_S)})
    async with node, contextlib.AsyncExitStack() as stack:
        server = Server(node.url)
        stack.callback(server.close)
        person = await server.person()
        wires = [await stack.enter_async_context(talking(server, person)) for _ in range(SOCKETS)]

        standing = HTTPConnection(node.url.removeprefix("http://"))
        stack.callback(standing.close)
        before = await asyncio.to_thread(asked, standing, "/readyz")

        os.kill(node.pid, signal.SIGTERM)
        began = loop.time()
        told = [(await wire.until("go"))[-1]["after"] for wire in wires]
        told_s = loop.time() - began
        ready = await asyncio.to_thread(asked, standing, "/readyz")
        with pytest.raises(ConnectionRefusedError):
            await server.client().call("GET", "/readyz")
        codes = [await wire.closed() for wire in wires]
        code = await node.stop()
        took_s = loop.time() - began

    assert told_s < DRAIN_S
    assert len(set(told)) == SOCKETS
    assert max(told) - min(told) > 1000 * DRAIN_S / 2
    assert before == (200, None, "ok")
    assert ready == (503, "close", "This node is going away.")
    assert codes == [4503] * SOCKETS
    assert code == 0
    assert took_s < DRAIN_S + 5
    assert_quiet(node)
