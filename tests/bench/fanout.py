"""The fan-out of our server and of its peers, in one run, each on one core.

Each side has its turn alone: its server on one core; who publishes, the load generator and the
engines on the other.  First a few events tell what a delivery costs, so that a server which cannot
do the common pace is given half of what it can.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import psutil

from tests.bench import figures
from tests.bench.cpu import cores, stay, used_s
from tests.bench.figures import FLOOR, OURS
from tests.bench.generator import GaveUp, Generator, build
from tests.bench.report import Table, say
from tests.bench.sides import CATALOGUE, Side, Stage, ours
from tests.bench.turns import Opened, Turn
from tests.support.engines import TestEngines

PACE = 10_000  # deliveries a second
FEW, MANY = 1_000, 5_000
TRIED, TRIED_PACE, TRIED_S = 5, {"broadcast": 2_000, "unicast": 5_000}, 1
BUSY = 0.85  # the share of a core up to which a server keeps the common pace
PACED_S, PACED_MANY_S, UNICAST_S = 4, 6, 2
FLOOD = {FEW: 6_000, MANY: 1_500}
JOINED = 500  # events that the program in C sends at once: what ours reads at once, at most
SETTLED_S = 3
NS = 1_000_000_000

Found = Turn | Opened
Measured = tuple[str, Found]


class Crowd(msgspec.Struct, frozen=True):
    """A server with its sockets open."""

    side: Side
    generator: Generator
    sockets: int
    opened: Opened

    async def turn(self, how: str, rate: float, seconds: float) -> Turn:
        """Have so many deliveries a second made, of events to everybody or to one each."""
        each = self.sockets if how == "broadcast" else 1
        events = max(TRIED, round(rate * seconds / each))
        return await self._run(how, events, events * each, round(NS * each / rate), rate)

    async def pace(self, how: str) -> float:
        """The common pace, or half of what the server can, found out on a few events."""
        tried = await self.turn(how, TRIED_PACE[how], TRIED_S)
        return PACE if tried.cpu_s * PACE < BUSY else 0.5 / tried.cpu_s

    async def flood(self) -> Turn:
        """Have as many deliveries made as there can be."""
        events = FLOOD[self.sockets]
        return await self._run("flood", events, events * self.sockets, JOINED, 0)

    async def _run(self, how: str, events: int, deliveries: int, measure: int, rate: float) -> Turn:
        await self.side.prepare(how, events)
        await self.generator.begin(deliveries)
        before = used_s(self.side.pid)
        await self.side.publish(how, events, measure)
        arrivals = await self.generator.arrivals()
        used = used_s(self.side.pid) - before
        return Turn(rate, used / deliveries, arrivals)


async def measure(engines: TestEngines, repeats: int) -> list[Table]:
    """Let all of them take turns."""
    server_core, other_core = cores()
    for pid in (engines.engines.mongod_pid, engines.engines.valkey_pid):
        stay(pid, other_core)
    found: dict[str, dict[str, list[Found]]] = {}
    with tempfile.TemporaryDirectory(prefix="upcoach-bench-") as folder:
        await build(Path(folder))
        stage = Stage(engines, Path(folder), server_core, other_core, FEW)
        for repeat in range(repeats):
            for name in _names():
                found.setdefault(name, {})
                say(f"fanout: turn {repeat + 1} of {repeats}, {name}")
                async for what, turn in _turns(name, stage):
                    found[name].setdefault(what, []).append(turn)
    absent = [peer.name for peer in CATALOGUE if not peer.is_installed]
    return figures.tables(found, absent, repeats)


def _names() -> list[str]:
    return [OURS, *(peer.name for peer in CATALOGUE if peer.is_installed)]


async def _turns(name: str, stage: Stage) -> AsyncIterator[Measured]:
    """Everything that is measured of one server; None where it gave up."""
    floods = ((_flood, FEW), (_flood, MANY)) if name in (OURS, FLOOR) else ()
    for measures, sockets in ((_broadcasts, FEW), (_unicasts, FEW), (_many, MANY), *floods):
        try:
            async with _crowd(name, stage, sockets, apart=measures is _unicasts) as crowd:
                async for measured in measures(crowd):
                    yield measured
        except GaveUp as failure:
            say(f"  {failure}")


async def _broadcasts(crowd: Crowd) -> AsyncIterator[Measured]:
    turn = await crowd.turn("broadcast", await crowd.pace("broadcast"), PACED_S)
    yield "broadcast", turn
    yield "half", await crowd.turn("broadcast", 0.5 / turn.cpu_s, PACED_S)


async def _unicasts(crowd: Crowd) -> AsyncIterator[Measured]:
    yield "unicast", await crowd.turn("unicast", await crowd.pace("unicast"), UNICAST_S)


async def _many(crowd: Crowd) -> AsyncIterator[Measured]:
    yield "opened", crowd.opened
    yield "many", await crowd.turn("broadcast", await crowd.pace("broadcast"), PACED_MANY_S)


async def _flood(crowd: Crowd) -> AsyncIterator[Measured]:
    yield "flood" if crowd.sockets == FEW else "flood many", await crowd.flood()


@contextlib.asynccontextmanager
async def _crowd(
    name: str, stage: Stage, sockets: int, *, apart: bool = False
) -> AsyncIterator[Crowd]:
    """A server just started, with so many sockets."""
    peers = {peer.name: peer for peer in CATALOGUE}
    starting = ours(stage, apart=apart) if name == OURS else peers[name].started(stage)
    generator = Generator(stage.folder, stage.other_core)
    async with starting as side, generator.program:
        process = psutil.Process(side.pid)
        held, used = process.memory_info().rss, used_s(side.pid)
        seconds = await generator.open(side.door, sockets)
        opened = Opened(
            per_second=sockets / seconds,
            cpu_s=(used_s(side.pid) - used) / sockets,
            kilobytes=(process.memory_info().rss - held) / 1000 / sockets,
        )
        # What opening sets off behind it, like telling who is there, is no cost of a delivery.
        await asyncio.sleep(SETTLED_S)
        yield Crowd(side, generator, sockets, opened)
