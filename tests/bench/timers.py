"""What a reminder costs that is due with thousands of others, beside other schedulers' jobs.

All are asked for the same: at the time of a job, insert one notification into MongoDB, majority and
journalled, and have the job due again a day later.  Ours does more: see docs/performance.md.
"""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec

from tests.bench.child import Child, Listener
from tests.bench.cpu import Meter
from tests.bench.memory import MIB, MemoryMeter
from tests.bench.report import Table, median, ms, say
from tests.bench.sides import INSTALLED, PEERS, PYTHON
from tests.support.engines import TestEngines

SIZES: Final = (2_000, 8_000)  # reminders that are due at once
WRITERS: Final = 64
A_MINUTE: Final = 100_000  # reminders that the product is to bear in one minute
OURS: Final = "UpCoach"
BARE: Final = "insert_one"
SCHEDULERS: Final = {  # by the package without which they do not run
    "apscheduler": ("APScheduler 3, MongoDB job store", "apscheduler_jobs.py"),
    "celery": ("Celery beat and worker, Valkey", "celery_jobs.py"),
}
COLUMNS: Final = (
    "",
    "due at once",
    "a second",
    "CPU of one",
    "beside insert_one",
    "with the engines'",
    "beside insert_one",
    "memory before, at most, after",
)

Ask = Callable[[str, int], Awaitable[Any]]


class Turn(msgspec.Struct, frozen=True):
    """What one job took, in seconds, and the memory of who did it, in bytes."""

    seconds: float
    cpu_s: float
    engines_cpu_s: float
    memory: tuple[int, int, int]


class Side(msgspec.Struct, frozen=True):
    """Who does jobs, asked by *ask*; *pids* do them, unless it says so when it prepares."""

    ask: Ask
    pids: Sequence[int]
    engines: Sequence[int]

    async def turn(self, count: int) -> Turn:
        """Have *count* jobs done."""
        prepared = await self.ask("prepare", count)
        pids = prepared.get("pids", self.pids)
        meter, memory = Meter((*pids, *self.engines)), MemoryMeter(pids)
        before = memory.now
        seconds = (await self.ask("run", count))["seconds"]
        used = meter.read()
        return Turn(
            seconds / count,
            sum(used[pid] for pid in pids) / count,
            sum(used[pid] for pid in self.engines) / count,
            (before, memory.peak, memory.now),
        )


async def measure(engines: TestEngines, repeats: int) -> list[Table]:
    """Let everybody have so many jobs done in turn."""
    turns: dict[tuple[str, int], list[Turn]] = {}
    for count in SIZES:
        async with contextlib.AsyncExitStack() as stack:
            sides = {BARE: await stack.enter_async_context(_inserts(engines))}
            sides[OURS] = await stack.enter_async_context(_ours(engines, count))
            for package, (name, script) in SCHEDULERS.items():
                if any(INSTALLED.glob(f"venv/lib/*/site-packages/{package}")):
                    sides[name] = await stack.enter_async_context(_peer(engines, script))
                else:
                    say(f"timers: {name} is not installed; see make bench-peers")
            for repeat in range(repeats):
                for name, side in sides.items():
                    say(f"timers: turn {repeat + 1} of {repeats}, {count:,} of {name}")
                    turns.setdefault((name, count), []).append(await side.turn(count))
    rows = [_row(name, count, some, turns[BARE, count]) for (name, count), some in turns.items()]
    return [
        Table(
            "Reminders that are due at once",
            COLUMNS,
            rows,
            [
                f"{A_MINUTE:,} in one minute are {A_MINUTE / 60:,.0f} a second.",
                f"Medians of {repeats} turns; memory in the last one, of all processes of a side.",
            ],
        )
    ]


@contextlib.asynccontextmanager
async def _inserts(engines: TestEngines) -> AsyncIterator[Side]:
    async with Child("inserts", engines.environ()) as child:

        async def ask(command: str, count: int) -> Any:
            if command == "prepare":
                return {}
            return await child.ask("write", writers=WRITERS, writes=count)

        yield Side(ask, [child.pid], [engines.engines.mongod_pid])


@contextlib.asynccontextmanager
async def _ours(engines: TestEngines, count: int) -> AsyncIterator[Side]:
    async with Child("reminders", engines.environ(UPCOACH_ROLES="schedule")) as child:
        await child.ask("prepare", count=count)

        async def ask(command: str, count: int) -> Any:
            return {} if command == "prepare" else await child.ask("pass_over", count=count)

        yield Side(ask, [child.pid], [engines.engines.mongod_pid, engines.engines.valkey_pid])


@contextlib.asynccontextmanager
async def _peer(engines: TestEngines, script: str) -> AsyncIterator[Side]:
    ours = engines.environ()
    environ = {
        "MONGO_URL": ours["UPCOACH_MONGO_URL"],
        "MONGO_DATABASE": ours["UPCOACH_MONGO_DATABASE"],
        "REDIS_URL": ours["UPCOACH_REDIS_URL"],
    }
    async with Listener((str(PYTHON), str(PEERS / script)), environ) as program:

        async def ask(command: str, count: int) -> Any:
            return await program.say(f"{command} {count}")

        yield Side(ask, [], [engines.engines.mongod_pid, engines.engines.valkey_pid])


def _row(name: str, count: int, turns: Sequence[Turn], bare: Sequence[Turn]) -> list[str]:
    cpu = median(turn.cpu_s for turn in turns)
    whole = median(turn.cpu_s + turn.engines_cpu_s for turn in turns)
    bare_cpu = median(turn.cpu_s for turn in bare)
    bare_whole = median(turn.cpu_s + turn.engines_cpu_s for turn in bare)
    return [
        name,
        f"{count:,}",
        f"{1 / median(turn.seconds for turn in turns):,.0f}",
        ms(cpu),
        f"{cpu / bare_cpu:.1f}",
        ms(whole),
        f"{whole / bare_whole:.1f}",
        ", ".join(f"{size / MIB:,.0f}" for size in turns[-1].memory) + " MiB",
    ]
