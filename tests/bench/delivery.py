"""From a commit to a client's socket on an idle system, beside the commit and the stream alone."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench.child import Child
from tests.bench.generator import Generator, build
from tests.bench.report import Table, ms, percentile, say, times
from tests.bench.sides import live_door
from tests.support.engines import TestEngines

WRITES = 200
EVERY_S = 0.02
AUDIENCES = (1, 1_000)
COLUMNS = ("from ... to ...", "p50", "p99", "p50 beside insert_one", "beside the stream")


async def measure(engines: TestEngines, repeats: int) -> list[Table]:
    """Write now and then, and watch each event arrive; *repeats* times as many."""
    environ = engines.environ(UPCOACH_TOKEN_MINUTES="60")
    rows: dict[str, list[float]] = {}
    async with Child("node", environ) as node, Child("inserts", environ) as inserts:
        person = await node.ask("people", count=1)
        await node.ask("write", writers=16, users=1, writes=300)
        say("delivery: insert_one, and the stream alone")
        await inserts.ask("write", writers=1, writes=100)
        bare = (await inserts.ask("write", writers=1, writes=WRITES))["took"]
        hop = await inserts.ask("hop", entries=WRITES, every_s=EVERY_S)
        with tempfile.TemporaryDirectory(prefix="upcoach-bench-") as folder:
            await build(Path(folder))
            for audience in AUDIENCES:
                say(f"delivery: {audience} sockets")
                generator = Generator(Path(folder))
                async with generator.program:
                    await generator.open(live_door(person), audience)
                    for _ in range(repeats):
                        writes = WRITES // repeats
                        await generator.begin(writes * audience, lasts=True)
                        pause = _pause(audience)
                        moments = await node.ask("pace", writes=writes, every_s=pause)
                        _add(rows, audience, moments, (await generator.arrivals()).lasts)
    measures = {"insert_one: asked to answered": bare, "stream: XADD to XREAD": hop}
    table = Table(
        "Delivery: on an idle system a goal is written and its event arrives at sockets",
        COLUMNS,
        [_row(name, delays, bare, hop) for name, delays in (measures | rows).items()],
        ["Decided: the time that the event bears. Answered: the writer knows of the commit."],
    )
    return [table]


def _pause(audience: int) -> float:
    return EVERY_S if audience == 1 else EVERY_S * 5


def _add(
    rows: dict[str, list[float]],
    audience: int,
    moments: Sequence[dict[str, float]],
    lasts: Sequence[float],
) -> None:
    for moment, last in zip(moments, lasts, strict=True):
        if audience == 1:
            rows.setdefault("write: asked to answered", []).append(
                moment["answered"] - moment["asked"]
            )
        to = "the socket" if audience == 1 else f"the last of {audience:,} sockets"
        for since in ("decided", "answered"):
            rows.setdefault(f"{since} to {to}", []).append(last - moment[since])


def _row(name: str, delays: list[float], bare: list[float], hop: list[float]) -> list[str]:
    p50 = percentile(delays, 0.5)
    return [
        name,
        ms(p50),
        ms(percentile(delays, 0.99)),
        times(p50 / percentile(bare, 0.5)),
        times(p50 / percentile(hop, 0.5)),
    ]
