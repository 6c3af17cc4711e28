"""People whose devices wander between nodes and transports, and write, while things break.

Everything that is decided by chance is decided by one seed; what the machines make of it in time is
not, so a seed repeats the story, not every interleaving.
"""

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import msgspec

from models.base.ids import new_id
from models.base.merge_patch import Json
from tests.support.engines import TestEngines, redis_of
from tests.support.people.chaos import Writer, assert_quiet, assert_whole
from tests.support.server import ServerProcess
from tests.support.wire.slow_reader import SlowReader
from upcoach.client import RestClient, SyncDevice
from upcoach.client.driver import TRANSPORTS

PAUSE_S = 0.05
PATIENCE_S = 60.0

Blow = Callable[[], Awaitable[None]]


class Wanderer:
    """One device that writes at random, to whatever its own documents say is there."""

    def __init__(self, device: SyncDevice, dice: random.Random) -> None:
        self.device = device
        self.statuses: set[int] = set()
        self._dice = dice

    async def write(self, stop: asyncio.Event) -> None:
        """Write until told to stop, never without an answer to the write before."""
        while not stop.is_set():
            answer = await self.device.mutate(*self._write())
            self.statuses.add(answer["status"])
            await asyncio.sleep(self._dice.random() * PAUSE_S)

    def _write(self) -> tuple[str, str, Json | None, int | None]:
        goals = self.device.documents.get("goal", {})
        habits = self.device.documents.get("habit", {})
        goal = self._one(goals)
        habit = self._one(habits)
        match self._dice.choice("cccpppdhee"):
            case "p" if goal is not None:
                # The version may be old by now: then the write merges, or is a conflict.
                field = self._dice.choice(["title", "description"])
                patch = {field: f"{self._dice.random()}"}
                return "PATCH", f"/v1/goals/{goal['id']}", patch, goal["version"]
            case "d" if goal is not None:
                return "DELETE", f"/v1/goals/{goal['id']}", None, None
            case "h" if len(habits) < 3:
                return "POST", "/v1/habits", {"id": new_id("hab"), "name": "Read"}, None
            case "h" if habit is not None:
                return "DELETE", f"/v1/habits/{habit['id']}", None, None
            case "e" if habit is not None:
                day = f"2026-01-{self._dice.randint(1, 28):02}"
                path = f"/v1/habits/{habit['id']}/entries/{day}"
                return "PUT", path, {"note": f"{self._dice.random()}"}, None
        return "POST", "/v1/goals", {"title": f"{self._dice.random()}"}, None

    def _one(self, documents: dict[str, Json]) -> Json | None:
        return documents[self._dice.choice(sorted(documents))] if documents else None


class Journey:
    """Some people, two nodes, and what happens to them."""

    def __init__(self, engines: TestEngines, seed: int, people: int = 2) -> None:
        self.environ = engines.environ()
        self.nodes = [ServerProcess(dict(self.environ)) for _ in range(2)]
        self._engines = engines
        self._dice = random.Random(seed)
        self._count = people
        self._people: list[Writer] = []
        self._wanderers: list[Wanderer] = []
        self._slow: list[SlowReader] = []
        self.story: list[str] = []

    @contextlib.asynccontextmanager
    async def under_way(self) -> AsyncIterator[None]:
        """Write; at the end stop, and see that all is well."""
        stop = asyncio.Event()
        async with contextlib.AsyncExitStack() as stack:
            await asyncio.gather(*(stack.enter_async_context(node) for node in self.nodes))
            for _ in range(self._count):
                person = Writer([node.url for node in self.nodes])
                self._people.append(await stack.enter_async_context(person.present()))
                self._wanderers += [
                    Wanderer(device, random.Random(self._dice.random()))
                    for device in person.devices
                ]
                slow = SlowReader(self.nodes[0].url, person.token)
                await slow.open()
                self._slow.append(slow)
            writing = [asyncio.create_task(wanderer.write(stop)) for wanderer in self._wanderers]
            try:
                yield
                stop.set()
                async with asyncio.timeout(PATIENCE_S):
                    await asyncio.gather(*writing)
                await self._check()
            except BaseException:
                print(*self.story, *(node.output for node in self.nodes), sep="\n")
                print(*(_shown(wanderer.device) for wanderer in self._wanderers), sep="\n")
                raise
            finally:
                for task in writing:
                    task.cancel()
                for slow in self._slow:
                    await slow.close()

    async def step(self) -> None:
        """Let one thing happen, and wait until everybody has got an answer after it."""
        name, blow = self._dice.choice(self._blows())
        self.story.append(name)
        answered = [asyncio.create_task(self._answered(wanderer)) for wanderer in self._wanderers]
        await blow()
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*answered)

    def _blows(self) -> Sequence[tuple[str, Blow]]:
        return (
            *[("hop", self._hop)] * 6,
            *[("cut", self._cut)] * 3,
            ("kill a node", self._kill_node),
            ("stop a node", self._stop_node),
            ("empty Redis", self._empty_redis),
            ("kill Valkey", self._kill_valkey),
            ("kill mongod", self._kill_mongod),
        )

    async def _answered(self, wanderer: Wanderer) -> None:
        """Wait until the device has been current after now."""
        seq = wanderer.device.seq
        await wanderer.device.until(lambda device: device.live and device.seq > seq, PATIENCE_S)

    async def _hop(self) -> None:
        for wanderer in self._wanderers:
            node = self._dice.choice(self.nodes)
            wanderer.device.hop(self._dice.choice(sorted(TRANSPORTS)), node.url)

    async def _cut(self) -> None:
        for wanderer in self._wanderers:
            wanderer.device.cut()

    async def _kill_node(self) -> None:
        node = self._dice.choice(self.nodes)
        assert_quiet(node)
        await node.kill()
        await node.start()

    async def _stop_node(self) -> None:
        node = self._dice.choice(self.nodes)
        assert await node.stop() == 0
        assert_quiet(node)
        await node.start()

    async def _empty_redis(self) -> None:
        with redis_of(self.environ) as redis:
            redis.flushall()

    async def _kill_valkey(self) -> None:
        os.kill(self._engines.engines.valkey_pid, signal.SIGKILL)

    async def _kill_mongod(self) -> None:
        os.kill(self._engines.engines.mongod_pid, signal.SIGKILL)

    async def _check(self) -> None:
        """Every device equals the database, and got each number once."""
        for person in self._people:
            documents, head = await person.snapshot()
            for device in person.devices:
                await current(device, head)
                first = min(device.applied, default=head + 1)

                assert {
                    kind: by_id for kind, by_id in device.documents.items() if by_id
                } == documents
                assert device.applied == dict.fromkeys(range(first, head + 1), 1)
                assert device.gaps == 0
        assert set().union(*(wanderer.statuses for wanderer in self._wanderers)) <= {
            *(200, 201, 204),
            *(404, 409, 412),
        }
        await assert_whole(self.environ)
        for node in self.nodes:
            assert_quiet(node)
            assert await reported(node, "upcoach_gap_reports_total") == 0


def _shown(device: SyncDevice) -> str:
    return f"{device.state} over {device.transport}, live {device.live}, at {device.seq}"


async def current(device: SyncDevice, head: int) -> None:
    """Return when *device* has come to the number *head*."""
    await device.until(lambda follower: follower.live and follower.seq >= head, PATIENCE_S)


async def reported(node: ServerProcess, metric: str) -> float:
    """What *node* says of *metric*."""
    client = RestClient(node.metrics_url)
    try:
        answer = await client.call("GET", "/metrics")
    finally:
        client.close()
    lines: list[Any] = answer.body.decode().splitlines()
    [line] = [line for line in lines if line.startswith(f"{metric} ")]
    return float(msgspec.json.decode(line.split()[1]))
