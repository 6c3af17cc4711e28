"""The trial of the client for browsers and Node, wherever it runs."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final

from config.settings import Settings
from tests.support.laws.snapshots import snapshot
from tests.support.server import serving
from upcoach import client
from upcoach.client import RestClient

CLIENT: Final = Path(client.__file__).parent / "upcoach.mjs"
HERE: Final = Path(__file__).parent
TRANSPORTS: Final = ("websocket", "sse", "poll", "rest")
LAST: Final = "The end"
WRITES: Final = 20
PATIENCE_S: Final = 60.0

# Starts a walk at a URL, for a person; what it says is put into the queue.
Walk = Callable[[str, RestClient, "asyncio.Queue[str]"], AbstractAsyncContextManager[None]]


async def assert_it_loses_nothing_and_writes_once(settings: Settings, walk: Walk) -> None:
    """Let a device walk while its person writes, and compare what it holds with the database."""
    said: asyncio.Queue[str] = asyncio.Queue()
    async with serving(settings) as server:
        person = await server.person()
        async with walk(server.url, person, said), asyncio.timeout(PATIENCE_S):
            for number in range(WRITES):
                await person.call("POST", "/v1/goals", {"title": f"Goal {number}"})
            ready = await said.get()
            await person.call("POST", "/v1/goals", {"title": LAST})
            held = json.loads(await said.get())
        documents, cursor = await snapshot(person)

    first = held["applied"][0][0]
    assert ready == "ready"
    assert held.pop("documents") == documents
    assert held == {
        "seq": int(cursor.partition(".")[2]),
        "gaps": 0,
        "repeats": 0,
        "resets": [],
        "mismatches": 0,
        "statuses": [201] * len(TRANSPORTS),
        "applied": [[number, 1] for number in range(first, held["seq"] + 1)],
    }
    assert len(documents["goal"]) == WRITES + 1 + len(TRANSPORTS)
