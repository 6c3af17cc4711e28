"""The end of a process whose engines are slow: in time, and what matters most first."""

import asyncio
import contextlib
import time
from typing import Any, NamedTuple

import pytest
import structlog
from pymongo import MongoClient

from models.wire.events import user_feed
from tests.support.engines import TestEngines, paused
from tests.support.server import serving
from tests.support.wire.sockets import talking
from upcoach.node.process import shutdown
from upcoach.node.process.shutdown import ShutdownStep

STUCK_S = 60.0


class End(NamedTuple):
    """How a node ended."""

    given_up: set[str]
    took_s: float
    allowed_s: float
    checkpoints: int


async def test_a_step_that_hangs_leaves_the_others_what_is_kept_for_them() -> None:
    loop = asyncio.get_running_loop()
    taken: list[str] = []

    async def hang() -> None:
        await asyncio.sleep(STUCK_S)

    async def work() -> None:
        taken.append("begun")
        await asyncio.sleep(0.1)
        taken.append("done")

    steps = [
        ShutdownStep("hang", hang, 0.1),
        ShutdownStep("work", work, 1.0),
        ShutdownStep("hang", hang, 0.1),
    ]
    began = loop.time()

    await shutdown.run_steps(steps, began + 2)

    assert taken == ["begun", "done"]
    assert loop.time() - began < 2 + 2 * shutdown.HEED_S


async def test_a_step_that_fails_ends_none_of_the_others() -> None:
    done = asyncio.Event()

    async def fail() -> None:
        raise KeyError

    async def work() -> None:
        done.set()

    await shutdown.run_steps(
        [ShutdownStep("fail", fail, 1), ShutdownStep("work", work, 1)], time.monotonic() + 9
    )

    assert done.is_set()


async def test_a_step_that_meets_what_was_cancelled_ends_none_of_the_others() -> None:
    done, shared = asyncio.Event(), asyncio.get_running_loop().create_future()
    shared.cancel()

    async def share() -> None:
        await shared

    async def work() -> None:
        done.set()

    with structlog.testing.capture_logs() as lines:
        await shutdown.run_steps(
            [ShutdownStep("share", share, 1), ShutdownStep("work", work, 1)], time.monotonic() + 9
        )

    assert done.is_set()
    assert [(line["event"], line["what"]) for line in lines] == [("drain_failed", "share")]


async def test_who_gives_up_the_end_leaves_no_step_behind() -> None:
    begun, heeded = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        begun.set()
        try:
            await asyncio.sleep(STUCK_S)
        finally:
            heeded.set()

    end = asyncio.create_task(
        shutdown.run_steps([ShutdownStep("hang", hang, 1)], time.monotonic() + STUCK_S)
    )
    await begun.wait()
    end.cancel()
    await asyncio.wait([end])

    async with asyncio.timeout(1):
        await heeded.wait()


@pytest.mark.chaos
async def test_a_node_whose_mongodb_is_stuck_publishes_and_is_over_in_time(
    engines: TestEngines,
) -> None:
    told = await ended(engines, "mongod")

    assert {"audit"} <= told.given_up <= {"audit", "consumers", "positions", "arrivals"}
    assert told.took_s < told.allowed_s
    assert not told.checkpoints


@pytest.mark.chaos
async def test_a_node_whose_redis_is_stuck_signs_its_audit_log_and_is_over_in_time(
    engines: TestEngines,
) -> None:
    told = await ended(engines, "valkey")

    assert {"relay"} <= told.given_up <= {"relay", "consumers", "errands"}
    assert told.took_s < told.allowed_s
    assert told.checkpoints == 1


async def ended(engines: TestEngines, program: str) -> End:
    """Have a node end, with something to publish and to sign, while an engine is stuck."""
    settings = engines.settings(UPCOACH_ROLES="web,learn")
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(settings))
        person, node = await server.person(), server.node
        made = await person.call("POST", "/v1/goals", {"title": "Run"})
        events = await node.log.page(user_feed(made.body["owner"]), 0, 100)
        await stack.enter_async_context(talking(server, person))  # and does not go when asked
        allowed_s = shutdown.reserved_s(node._last_steps()) + 4 * shutdown.CLOSING_S
        with paused(program), structlog.testing.capture_logs() as lines:
            node.relay.publish(events)
            began = loop.time()
            await node.drain(None, 25, began + allowed_s)
            await stack.aclose()
            took_s = loop.time() - began
    with MongoClient[dict[str, Any]](settings.mongo_url) as client:
        checkpoints = client[settings.mongo_database]["audit_checkpoints"].count_documents({})
    given_up = {line["what"] for line in lines if line["event"] == "drain_given_up"}
    print(f"{program}: {took_s:.1f} s of {allowed_s}, given up: {given_up}")
    return End(given_up, took_s, allowed_s, checkpoints)
