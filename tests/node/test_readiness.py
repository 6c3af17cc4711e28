"""Whoever asks whether a node is ready is answered, and costs its engines nothing."""

import asyncio
from typing import Final

from config.settings import Settings
from tests.support.server import Server, serving

MANY: Final = 100


async def pings(server: Server) -> dict[str, int]:
    """How often each engine was asked whether it answers."""
    redis = (await server.node._redis.writer.info("commandstats")).get("cmdstat_ping", {})
    mongodb = await server.node.database.client.admin.command("serverStatus")
    return {
        "redis": redis.get("calls", 0),
        "mongodb": int(mongodb["metrics"]["commands"]["ping"]["total"]),
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
