"""Sockets of different people: how fast they open, with the token checked, and what they hold."""

import asyncio
import tempfile
from pathlib import Path

import psutil

from tests.bench.child import Child
from tests.bench.cpu import cores, stay, used_s
from tests.bench.generator import Generator, build
from tests.bench.report import Table, median, say
from tests.bench.sides import live_door
from tests.bench.turns import Opened
from tests.support.engines import TestEngines

SOCKETS = 5_000
SETTLED_S = 5
GOAL_A_SECOND = 3_000
GOAL_KB = 20
COLUMNS = ("sockets that", "opened/s", "CPU to open", "CPU with what follows", "memory")


async def measure(engines: TestEngines, repeats: int) -> list[Table]:
    """Open many sockets on a new node, each of another person, who said hello, or follows too."""
    server_core, other_core = cores()
    for pid in (engines.engines.mongod_pid, engines.engines.valkey_pid):
        stay(pid, other_core)
    found: dict[str, list[tuple[Opened, float]]] = {}
    with tempfile.TemporaryDirectory(prefix="upcoach-bench-") as folder:
        await build(Path(folder))
        for repeat in range(repeats):
            for follow in (False, True):
                name = "follow their feed" if follow else "say hello"
                say(f"connections: turn {repeat + 1} of {repeats}, {SOCKETS} that {name}")
                environ = engines.environ(UPCOACH_TOKEN_MINUTES="60")
                generator = Generator(Path(folder), other_core)
                async with Child("node", environ, server_core) as node, generator.program:
                    found.setdefault(name, []).append(await _open(node, generator, follow=follow))
    rows = [_row(name, some) for name, some in found.items()]
    notes = [
        f"Goals: {GOAL_A_SECOND:,}/s with the token checked, {GOAL_KB} kB each, idle.",
        "What follows: for five seconds, such as telling who is there.",
    ]
    return [Table(f"Connections: {SOCKETS:,} sockets of as many people", COLUMNS, rows, notes)]


async def _open(node: Child, generator: Generator, *, follow: bool) -> tuple[Opened, float]:
    """What it took to open them, and CPU seconds for each with what follows."""
    crowd = await node.ask("crowd", count=SOCKETS)
    await asyncio.sleep(SETTLED_S)
    process = psutil.Process(node.pid)
    held, used = process.memory_info().rss, used_s(node.pid)
    seconds = await generator.open(live_door(crowd, follow=follow), SOCKETS)
    opening = used_s(node.pid) - used
    await asyncio.sleep(SETTLED_S)
    kilobytes = (process.memory_info().rss - held) / 1000 / SOCKETS
    opened = Opened(SOCKETS / seconds, opening / SOCKETS, kilobytes)
    return opened, (used_s(node.pid) - used) / SOCKETS


def _row(name: str, some: list[tuple[Opened, float]]) -> list[str]:
    return [
        name,
        f"{median(opened.per_second for opened, _ in some):,.0f}",
        f"{median(opened.cpu_s for opened, _ in some) * 1e6:,.0f} us",
        f"{median(whole for _, whole in some) * 1e6:,.0f} us",
        f"{median(opened.kilobytes for opened, _ in some):.1f} kB",
    ]
