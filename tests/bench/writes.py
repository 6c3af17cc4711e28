"""Writes per second, and what one costs, beside bare `insert_one`s."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import msgspec

from tests.bench.child import Child
from tests.bench.cpu import Meter
from tests.bench.report import Table, median, ms, percentile, say, times, us
from tests.support.engines import TestEngines

SHAPES = ((1, 1, 300), (16, 1, 1_000), (50, 1, 2_000), (16, 25, 1_000), (50, 25, 2_000))
PEOPLE = 25
GOAL = 3
IDLE_S = 3.0

COLUMNS = (
    "writers, users",
    "writes/s",
    "insert_one/s",
    "p50",
    "insert_one p50",
    "p99",
    "CPU a write",
    "of it node",
    "mongod",
    "valkey",
    "insert_one",
    "CPU ratio",
)


class Turn(msgspec.Struct, frozen=True):
    """One side's turn in one shape.

    Attributes
    ----------
    cpu_s
        CPU seconds per write, by process.
    took_s
        How long each write took.

    """

    cpu_s: dict[str, float]
    per_second: float
    took_s: list[float]

    @property
    def total_s(self) -> float:
        """CPU seconds per write, everything included."""
        return sum(self.cpu_s.values())


class Side:
    """One way to write: a child, and the processes that work for it."""

    def __init__(self, child: Child, pids: dict[str, int]) -> None:
        self._child = child
        self._pids = pids
        self._idle: dict[str, float] = {}

    async def watch_idle(self) -> None:
        """Learn what the processes use per second when nobody writes."""
        meter = Meter(self._pids.values())
        await asyncio.sleep(IDLE_S)
        used = meter.read()
        self._idle = {name: used[pid] / IDLE_S for name, pid in self._pids.items()}

    async def turn(self, **shape: int) -> Turn:
        """Write once in this shape."""
        meter, began = Meter(self._pids.values()), time.monotonic()
        answer: dict[str, Any] = await self._child.ask("write", **shape)
        used, seconds = meter.read(), answer["seconds"]
        # What the child waited for after the last write is its idle time, not the writes'.
        idle = time.monotonic() - began - seconds
        count = len(answer["took"])
        cpu = {
            name: (used[pid] - self._idle[name] * idle) / count for name, pid in self._pids.items()
        }
        return Turn(cpu, count / seconds, answer["took"])


async def measure(engines: TestEngines, repeats: int) -> list[Table]:
    """Take turns in every shape."""
    environ = engines.environ()
    mongod, valkey = engines.engines.mongod_pid, engines.engines.valkey_pid
    async with Child("node", environ) as node, Child("inserts", environ) as inserts:
        ours = Side(node, {"node": node.pid, "mongod": mongod, "valkey": valkey})
        bare = Side(inserts, {"client": inserts.pid, "mongod": mongod})
        await node.ask("people", count=PEOPLE)
        await inserts.ask("write", writers=16, writes=500)
        await node.ask("write", writers=16, users=PEOPLE, writes=500)
        await ours.watch_idle()
        await bare.watch_idle()
        turns: dict[tuple[int, int], list[tuple[Turn, Turn]]] = {}
        for repeat in range(repeats):
            for writers, users, writes in SHAPES:
                say(f"writes: turn {repeat + 1} of {repeats}, {writers} writers on {users} users")
                await node.ask("newcomers", count=users)
                pair = (
                    await ours.turn(writers=writers, users=users, writes=writes),
                    await bare.turn(writers=writers, writes=writes),
                )
                turns.setdefault((writers, users), []).append(pair)
    table = Table(
        "Writes: a goal, its sealed event and its receipt, published; beside one bare insert_one",
        COLUMNS,
        [_row(shape, pairs) for shape, pairs in turns.items()],
        [
            f"CPU ratio: all CPU of a write / all CPU of an insert_one; goal: {GOAL} at most.",
            f"Medians of {repeats} turns; both w=majority, j=true, one event loop, same document.",
        ],
    )
    return [table]


def _row(shape: tuple[int, int], pairs: Sequence[tuple[Turn, Turn]]) -> list[str]:
    ours = [pair[0] for pair in pairs]
    bare = [pair[1] for pair in pairs]
    return [
        f"{shape[0]}, {shape[1]}",
        f"{median(turn.per_second for turn in ours):,.0f}",
        f"{median(turn.per_second for turn in bare):,.0f}",
        ms(median(percentile(turn.took_s, 0.5) for turn in ours)),
        ms(median(percentile(turn.took_s, 0.5) for turn in bare)),
        ms(median(percentile(turn.took_s, 0.99) for turn in ours)),
        us(median(turn.total_s for turn in ours)),
        *(us(median(turn.cpu_s[name] for turn in ours)) for name in ("node", "mongod", "valkey")),
        us(median(turn.total_s for turn in bare)),
        times(median(our.total_s / its.total_s for our, its in pairs)),
    ]
