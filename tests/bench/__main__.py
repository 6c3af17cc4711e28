"""`python -m tests.bench [part ...]`, all of them without one."""

import argparse
import asyncio
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from tests.bench import (
    connections,
    delivery,
    fanout,
    habits,
    logins,
    slots,
    timers,
    webhooks,
    writes,
)
from tests.bench.report import Table, say
from tests.support.engines import TestEngines

PARTS: dict[str, Callable[[TestEngines, int], Awaitable[list[Table]]]] = {
    "writes": writes.measure,
    "delivery": delivery.measure,
    "connections": connections.measure,
    "fanout": fanout.measure,
    "habits": habits.measure,
    "logins": logins.measure,
    "slots": slots.measure,
    "timers": timers.measure,
    "webhooks": webhooks.measure,
}
DESCRIPTORS = 16_384


async def measure(parts: Sequence[str], repeats: int) -> None:
    """Measure on engines of our own, and print what was found."""
    began = time.monotonic()
    tables: list[Table] = []
    with tempfile.TemporaryDirectory(prefix="upcoach-bench-") as folder:
        engines = TestEngines(Path(folder))
        say("starting the engines")
        await asyncio.to_thread(engines.start)
        try:
            for part in parts:
                tables += await PARTS[part](engines, repeats)
        finally:
            await asyncio.to_thread(engines.stop)
    for table in tables:
        say(f"\n{table.text()}")
    say(f"\nThat took {time.monotonic() - began:.0f} s.")


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--repeats", type=int, default=3, help="turns of each side (3)")
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    _raise_limit()
    asyncio.run(measure(arguments.parts or list(PARTS), arguments.repeats))


def _raise_limit() -> None:
    """Let this process and its children hold as many sockets as they need, if the system does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    main()
