"""What webhooks cost, and whether one that hangs makes others late: 1,000 of as many people."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

import msgspec

from tests.bench.child import Child
from tests.bench.cpu import cores, stay
from tests.bench.report import Table, median, ms, percentile, say, times
from tests.support.engines import TestEngines

MODES: Final = ("hangs", "slow", "fails", "garbage", "gone")  # of one each
WELL: Final = 1_000 - len(MODES)
STEADY: Final = 400  # events
EVERY_S: Final = 0.025
WRITERS: Final = 32
PATIENCE_S: Final = 120.0
SETTLED_S: Final = 3.0  # as long as a write goes on to be worked on, see `tests.bench.node`
STEADILY, AT_ONCE = "one every 25 ms", "one of each at once"
ALL_WELL, ILL = "all well", "with the five"


class Found(msgspec.Struct, frozen=True):
    """What one turn found.

    Attributes
    ----------
    late
        From when each event was decided until it arrived.
    seconds
        From the first event to the last arrival.

    """

    late: Sequence[float]
    seconds: float


class Cost(msgspec.Struct, frozen=True):
    """What each message takes of the sending process: time, CPU seconds, commands to MongoDB."""

    seconds: float
    cpu_s: float
    commands: float = 0


Turns = Mapping[tuple[str, str], Sequence[Found]]


class Stage(msgspec.Struct, frozen=True):
    """The processes that take part."""

    writer: Child
    sender: Child
    receiver: Child
    url: str


async def measure(engines: TestEngines, repeats: int) -> list[Table]:
    """Have events come steadily and at once, with all well, and with one of each that is not."""
    turns: dict[tuple[str, str], list[Found]] = {}
    sent, posts = list[Cost](), list[Cost]()
    async with _stage(engines) as stage:
        count = WELL + 2 * repeats * len(MODES)
        say(f"webhooks: making {count:,} people with one each")
        await stage.writer.ask("seed", count=count, url=stage.url)
        # Others each time: those of before wait for their next try.
        ill = iter(range(WELL, count))
        everybody = list(range(WELL))
        paces: list[tuple[str, list[int], dict[str, float]]] = [
            (STEADILY, everybody[:STEADY], {"every_s": EVERY_S}),
            (AT_ONCE, everybody, {"writers": WRITERS}),
        ]
        await _arrivals(stage, everybody, {}, writers=WRITERS)
        for repeat in range(repeats):
            for how, modes in ((ALL_WELL, ()), (ILL, MODES)):
                say(f"webhooks: turn {repeat + 1} of {repeats}, {how}")
                for when, numbers, options in paces:
                    named = {next(ill): mode for mode in modes}
                    found = await _arrivals(stage, numbers, named, **options)
                    turns.setdefault((when, how), []).append(found)
            sent.append(await _backlog(stage, everybody))
            last = await stage.receiver.ask("last")
            took = await stage.sender.ask("post", url=stage.url, count=WELL, **last)
            posts.append(Cost(took["seconds"] / WELL, took["cpu"] / WELL))
    return [_lateness(turns), _costs(sent, posts)]


@contextlib.asynccontextmanager
async def _stage(engines: TestEngines) -> AsyncIterator[Stage]:
    """The sender on one core, everything else on the other."""
    sender_core, other_core = cores()
    for pid in (engines.engines.mongod_pid, engines.engines.valkey_pid):
        stay(pid, other_core)
    environ = engines.environ(UPCOACH_TOKEN_MINUTES="60")
    sending = environ | {"UPCOACH_ROLES": "schedule"}
    async with (
        Child("webhook_receiver", core=other_core) as receiver,
        Child("webhook_node", environ, other_core) as writer,
        Child("webhook_node", sending, sender_core) as sender,
    ):
        port = await receiver.ask("port")
        yield Stage(writer, sender, receiver, f"http://127.0.0.1:{port}")


async def _arrivals(
    stage: Stage, numbers: list[int], modes: Mapping[int, str], **how: float
) -> Found:
    """Have an event written for each of *numbers*, beside those that *modes* name."""
    await asyncio.sleep(SETTLED_S)
    await stage.receiver.ask("begin", modes=list(modes.items()))
    if modes:
        await stage.writer.ask("write", numbers=list(modes))
        await stage.receiver.ask("came", numbers=list(modes), count=1, patience_s=PATIENCE_S)
    moments = await stage.writer.ask("write", numbers=numbers, **how)
    came = await _came(stage, numbers)
    last = max(came[number] for number in numbers)
    return Found(
        [came[number] - decided for number, decided in moments],
        last - min(decided for _, decided in moments),
    )


async def _backlog(stage: Stage, numbers: list[int]) -> Cost:
    """What it takes to send an event of each of *numbers* that have become due in the meantime."""
    await stage.receiver.ask("begin", modes=[])
    await stage.sender.ask("hold")
    await stage.writer.ask("write", numbers=numbers, writers=WRITERS)
    await asyncio.sleep(SETTLED_S)
    before = await stage.sender.ask("used")
    began = (await stage.sender.ask("go"))["at"]
    came = await _came(stage, numbers)
    after = await stage.sender.ask("used")
    count = len(numbers)
    return Cost(
        (max(came.values()) - began) / count,
        (after["cpu"] - before["cpu"]) / count,
        (after["commands"] - before["commands"]) / count,
    )


async def _came(stage: Stage, numbers: list[int]) -> dict[int, float]:
    """When the first message came to each of *numbers*."""
    options = {"numbers": numbers, "count": 1, "patience_s": PATIENCE_S}
    return {number: some[0] for number, some in await stage.receiver.ask("came", **options)}


def _lateness(turns: Turns) -> Table:
    columns = ("events", "p50", "p99", "p50 beside all well", "p99 beside all well", "last after")
    rows = []
    for (when, how), some in turns.items():
        well = turns[when, ALL_WELL]
        shares = [_late(some, share) for share in (0.5, 0.99)]
        beside = [_late(some, share) / _late(well, share) for share in (0.5, 0.99)]
        last = f"{median(one.seconds for one in some):.2f} s"
        rows.append([f"{when}, {how}", *map(ms, shares), *map(times, beside), last])
    notes = [
        "From when an event is decided until its message arrives at the receiver.",
        f"The five: one webhook each that {', '.join(MODES)}.",
    ]
    return Table(f"Webhooks: {WELL:,} of as many people, and five more", columns, rows, notes)


def _late(some: Sequence[Found], share: float) -> float:
    return median(percentile(one.late, share) for one in some)


def _costs(sent: Sequence[Cost], posts: Sequence[Cost]) -> Table:
    seconds, cpu_s = (median(getattr(one, name) for one in posts) for name in ("seconds", "cpu_s"))
    rows = []
    for what, some in (("webhooks", sent), ("the same posts", posts)):
        mine, my_cpu_s = (median(one.seconds for one in some), median(one.cpu_s for one in some))
        rows.append(
            [
                what,
                f"{1 / mine:,.0f}",
                times(mine / seconds),
                f"{my_cpu_s * 1e3:.2f} ms",
                times(my_cpu_s / cpu_s),
                f"{median(one.commands for one in some):.2f}",
            ]
        )
    columns = ("", "a second", "time beside posts", "CPU each", "beside posts", "commands each")
    notes = [
        "All are due when it begins. The sending process alone on one core, the receiver and the",
        "engines on the other. Posts: the same bytes by the same client, as many at once.",
    ]
    return Table(f"Webhooks: a backlog of one event of each of {WELL:,}", columns, rows, notes)
