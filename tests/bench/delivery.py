"""From a commit to a client's socket on an idle system, beside the commit and the stream alone."""

import asyncio
from collections.abc import Sequence

from tests.bench.child import Child
from tests.bench.fanout import live
from tests.bench.report import Table, ms, percentile, say, times
from tests.support.engines import TestEngines

WRITES = 200
EVERY_S = 0.02
AUDIENCES = (1, 1_000)
COLUMNS = ("from ... to ...", "p50", "p99", "p50 beside insert_one", "beside the stream")


async def measure(engines: TestEngines, repeats: int) -> Table:
    """Write now and then, and watch each event arrive; *repeats* times as many."""
    environ = engines.environ()
    rows: dict[str, list[float]] = {}
    async with Child("node", environ) as node, Child("inserts", environ) as inserts:
        person = await node.ask("people", count=1)
        await node.ask("write", writers=16, users=1, writes=300)
        say("delivery: insert_one, and the stream alone")
        await inserts.ask("write", writers=1, writes=100)
        bare = (await inserts.ask("write", writers=1, writes=WRITES))["took"]
        hop = await inserts.ask("hop", entries=WRITES, every_s=EVERY_S)
        for audience in AUDIENCES:
            say(f"delivery: {audience} sockets")
            async with Child("sockets") as sockets:
                await sockets.ask("connect", count=audience, **live(person))
                for _ in range(repeats):
                    moments, arrivals = await asyncio.gather(
                        node.ask("pace", writes=WRITES // repeats, every_s=_pause(audience)),
                        sockets.ask("collect", events=WRITES // repeats),
                    )
                    _add(rows, audience, moments, arrivals)
    measures = {"insert_one: asked to answered": bare, "stream: XADD to XREAD": hop}
    return Table(
        "Delivery: on an idle system a goal is written and its event arrives at sockets",
        COLUMNS,
        [_row(name, delays, bare, hop) for name, delays in (measures | rows).items()],
        ["Decided: the time that the event bears. Answered: the writer knows of the commit."],
    )


def _pause(audience: int) -> float:
    return EVERY_S if audience == 1 else EVERY_S * 5


def _add(
    rows: dict[str, list[float]],
    audience: int,
    moments: Sequence[dict[str, float]],
    arrivals: Sequence[list[float]],
) -> None:
    for moment, arrived in zip(moments, arrivals, strict=True):
        last = max(arrived)
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
