"""Whoever asks whether a node is ready is answered, and costs its engines nothing."""

import asyncio
import re
from typing import Final

from tornado.httpclient import AsyncHTTPClient

from config.settings import Settings
from tests.support.engines import TestEngines, paused
from tests.support.server import Server, serving
from tests.support.server.redis_away import without_redis
from upcoach.node import app

MANY: Final = 100
AWAY: Final = "Redis does not answer."


async def pings(server: Server) -> dict[str, int]:
    """How often each engine was asked whether it answers."""
    redis = (await server.node._redis.writer.info("commandstats")).get("cmdstat_ping", {})
    mongodb = await server.node.database.client.admin.command("serverStatus")
    return {
        "redis": redis.get("calls", 0),
        "mongodb": int(mongodb["metrics"]["commands"]["ping"]["total"]),
    }


async def test_a_node_without_redis_says_so_and_stays_ready(engines: TestEngines) -> None:
    async with without_redis(engines) as (server, _):
        answer = await server.client().call("GET", "/readyz")
        figures = await scraped(server)

    assert answer.status == 200
    assert answer.body == {
        "ready": True,
        "checks": {"mongodb": "ok", "schema": "ok", "node": "ok", "redis": AWAY},
    }
    assert figures == {"mongodb": 1, "schema": 1, "node": 1, "redis": 0}


async def test_a_redis_that_hangs_holds_no_balancer_up(settings: Settings) -> None:
    async with serving(settings) as server:
        client = server.client()
        with paused("valkey"):
            async with asyncio.timeout(1):  # what the samples wait
                answer = await client.call("GET", "/readyz")

    assert (answer.status, answer.body["checks"]["redis"]) == (200, "No answer within 0.5 s.")


async def scraped(server: Server) -> dict[str, float]:
    """What the operators' port says of the checks."""
    async with app.listening(server.node.metrics_application, "127.0.0.1", 0) as port:
        text = (await AsyncHTTPClient().fetch(f"http://127.0.0.1:{port}/metrics")).body.decode()
    return {
        name: float(value)
        for name, value in re.findall(
            r'^upcoach_check_passing{check="(\w+)"} (\S+)$', text, re.MULTILINE
        )
    }


async def test_many_who_ask_at_once_ask_each_engine_once(settings: Settings) -> None:
    async with serving(settings) as server:
        client = server.client()
        await client.call("GET", "/readyz")
        before = await pings(server)

        answers = await asyncio.gather(*(client.call("GET", "/readyz") for _ in range(MANY)))
        after = await pings(server)

    assert [answer.status for answer in answers] == [200] * MANY
    assert answers[-1].body["checks"].keys() == {"mongodb", "redis", "schema", "node"}
    # Once a second, and their own drivers and the pools ask now and then.
    assert {name: after[name] - count < MANY // 4 for name, count in before.items()} == {
        "redis": True,
        "mongodb": True,
    }
