"""Several processes on one port, as `make run ARGS="--processes 2"` starts them."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from tests.node.going_on import children, goes_on, nodes_of
from tests.support.people.chaos import Writer, until
from tests.support.server import Server, ServerProcess
from tests.support.wire.fleet import FeedFollower, following
from upcoach.client import RestClient

SOCKETS = 12  # the kernel puts all of them on one of two processes once in 2048 times
BACKGROUND = "learn,schedule"
START = (sys.executable, "-m", "upcoach", "serve")


@contextlib.asynccontextmanager
async def owned(tmp_path: Path, **more: str) -> AsyncIterator[ServerProcess]:
    """Two processes with engines of their own, on any free port."""
    environ = {
        "UPCOACH_DATA": str(tmp_path),
        "UPCOACH_PORT": "0",
        "UPCOACH_PROCESSES": "2",
        "UPCOACH_LIMITS": "off",  # all sockets come from here
    }
    async with ServerProcess(environ | {"UPCOACH_LOG_FORMAT": "json"} | more) as parent:
        yield parent


async def test_two_processes_on_one_port_see_each_others_writes(tmp_path: Path) -> None:
    async with owned(tmp_path) as parent, contextlib.AsyncExitStack() as stack:
        server = Server(parent.url)
        stack.callback(server.close)
        person = await server.person()
        followers = [FeedFollower([parent.url], person.token) for _ in range(SOCKETS)]
        await stack.enter_async_context(following(followers))
        answers = [await person.call("POST", "/v1/goals", {"title": "Run"}) for _ in range(8)]
        written = [answer.body["id"] for answer in answers]
        await until(lambda: all(one.documents[-1:] == written[-1:] for one in followers))

        assert len(nodes_of(followers)) == 2
        # A node that had not heard of the login yet begins with it.
        assert [one.documents[-8:] for one in followers] == [written] * SOCKETS
        assert [(one.gaps, one.repeats) for one in followers] == [(0, 0)] * SOCKETS
        assert (len(children(parent, "web")), len(children(parent, BACKGROUND))) == (2, 1)


@pytest.mark.chaos
async def test_a_killed_child_loses_nothing_and_comes_back(tmp_path: Path) -> None:
    async with owned(tmp_path) as parent, contextlib.AsyncExitStack() as stack:
        person = await stack.enter_async_context(Writer([parent.url]).present())
        followers = [FeedFollower([parent.url], person.token) for _ in range(SOCKETS)]
        await stack.enter_async_context(following(followers))
        writing = [asyncio.create_task(person.journal.write(send)) for send in person.senders()]
        before = children(parent, "web")

        for victim in before:
            victim.kill()
            await goes_on(person)
            await until(lambda: len(children(parent, "web")) == 2)
        person.journal.stopping = True
        await asyncio.gather(*writing)
        await person.check()
        _, head = await person.snapshot()
        await until(lambda: all(one.seq == head for one in followers))

        assert not set(before) & set(children(parent, "web"))
        assert [(one.gaps, one.repeats, one.resets) for one in followers] == [(0, 0, [])] * SOCKETS
        assert parent.output.count('"child_ended"') == 2


@pytest.mark.chaos
async def test_a_child_that_is_told_to_stop_drains_and_is_replaced(tmp_path: Path) -> None:
    async with owned(tmp_path, UPCOACH_DRAIN_S="1") as parent, contextlib.AsyncExitStack() as stack:
        server = Server(parent.url)
        stack.callback(server.close)
        person = await server.person()
        followers = [FeedFollower([parent.url], person.token) for _ in range(SOCKETS)]
        await stack.enter_async_context(following(followers))
        names = nodes_of(followers)

        children(parent, "web")[0].terminate()
        await until(lambda: '"code": 0' in parent.output)
        await until(lambda: all(one.live.is_set() for one in followers))

        assert len(nodes_of(followers) & names) == 1
        assert 0 < sum(one.moves for one in followers) < SOCKETS
        assert [one.codes for one in followers] == [[]] * SOCKETS


async def test_a_parent_that_is_told_to_stop_ends_with_all_of_them(tmp_path: Path) -> None:
    async with (
        owned(tmp_path, UPCOACH_DRAIN_S="1") as parent,
        Writer([parent.url]).present() as person,
    ):
        await person.over_rest("POST", "/v1/goals", {"title": "Run"}, None)
        family = psutil.Process(parent.pid).children(recursive=True)

        code = await parent.stop()

        assert len(family) == 5  # two that serve, one that learns, two engines
        assert not [one for one in family if one.is_running()]
        assert (code, parent.output.count('"draining"')) == (0, 3)
        assert parent.output.count('"stopped"') == 4  # those three, and the parent


@pytest.mark.chaos
async def test_children_and_engines_die_with_a_killed_parent(tmp_path: Path) -> None:
    async with owned(tmp_path) as parent:
        family = psutil.Process(parent.pid).children(recursive=True)
        await parent.kill()
        _, alive = await asyncio.to_thread(psutil.wait_procs, family, timeout=10)

        assert alive == []
        await parent.start()  # on the same port and the same data


@pytest.mark.chaos
async def test_each_process_has_metrics_and_the_learner_no_other_port(tmp_path: Path) -> None:
    async with owned(tmp_path) as parent:
        await until(lambda: parent.output.count("/metrics") == 3)
        urls = [word for word in parent.output.split() if word.endswith("/metrics")]
        clients = [RestClient(url.removesuffix("/metrics")) for url in urls]
        answers = [await client.call("GET", "/metrics") for client in clients]
        for client in clients:
            client.close()
        [learner] = children(parent, BACKGROUND)
        listening = [one for one in learner.net_connections() if one.status == "LISTEN"]

    assert [answer.status for answer in answers] == [200] * 3
    assert [one.laddr.port for one in listening] == [int(urls[2].split(":")[2].split("/")[0])]


@pytest.mark.parametrize("name", ["UPCOACH_PORT", "UPCOACH_METRICS_PORT"])
def test_a_port_that_is_taken_stops_the_start(environ: dict[str, str], name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = subprocess.run(
            START,
            env=os.environ | environ | {"UPCOACH_PROCESSES": "2", name: port},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert refused.returncode == 2
    assert f"upcoach: Port {port} on 127.0.0.1 cannot be used (Address" in refused.stderr
