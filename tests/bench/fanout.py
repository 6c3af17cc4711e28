"""One feed on a thousand sockets, beside a naive Tornado server and a program that only sends."""

import asyncio
import contextlib
from typing import Any

import msgspec

from tests.bench.child import Child
from tests.bench.cpu import used_s
from tests.bench.report import Table, median, ms, percentile, say, times
from tests.support.engines import TestEngines

SOCKETS = 1_000
EVERY_S = 0.1  # one event, so 10,000 deliveries a second
PACED = 40
OURS, NAIVE, FLOOR = "UpCoach", "naive Tornado", "bare sends"
FLOOD = {OURS: 600, NAIVE: 60, FLOOR: 200}

COLUMNS = (
    "server",
    "deliveries/CPU s",
    "CPU of UpCoach",
    "p50",
    "p99",
    "generator",
    "flood: deliveries/s",
    "deliveries/CPU s",
    "generator",
)


class Turn(msgspec.Struct, frozen=True):
    """What one server did.

    Attributes
    ----------
    cpu_s
        CPU seconds per delivery.
    delays_s
        From the publication to each arrival.
    generator
        The share of a core that the load generator needed.

    """

    cpu_s: float
    per_second: float
    delays_s: list[float]
    generator: float


class Server:
    """A server, who makes it send, and the sockets that listen."""

    def __init__(self, name: str, server: Child, publisher: Child, sockets: Child) -> None:
        self.name = name
        self._server = server
        self._publisher = publisher
        self._sockets = sockets

    async def turn(self, events: int, every_s: float) -> Turn:
        """Have *events* sent to every socket."""
        await self._publisher.ask("prepare", events=events)
        children = (self._server, self._sockets)
        before = [used_s(child.pid) for child in children]
        arrivals, published = await asyncio.gather(
            self._sockets.ask("collect", events=events),
            self._publisher.ask("publish", every_s=every_s),
        )
        server, generator = (
            used_s(child.pid) - used for child, used in zip(children, before, strict=True)
        )
        delays = [
            at - began for began, arrived in zip(published, arrivals, strict=True) for at in arrived
        ]
        seconds = max(map(max, arrivals)) - published[0]
        return Turn(server / len(delays), len(delays) / seconds, delays, generator / seconds)


Turns = dict[str, list[Turn]]


async def measure(engines: TestEngines, repeats: int) -> Table:
    """Let the servers take turns, at a pace and as fast as they can."""
    paced: Turns = {}
    flood: Turns = {}
    async with contextlib.AsyncExitStack() as stack:
        say(f"fanout: opening {SOCKETS} sockets at each of three servers")
        servers = await _servers(engines, stack)
        for repeat in range(repeats):
            for server in servers:
                say(f"fanout: turn {repeat + 1} of {repeats}, {server.name}")
                paced.setdefault(server.name, []).append(await server.turn(PACED, EVERY_S))
                flooded = await server.turn(FLOOD[server.name], 0)
                flood.setdefault(server.name, []).append(flooded)
    return Table(
        f"Fan-out: one feed, {SOCKETS:,} sockets, events of 300 bytes",
        COLUMNS,
        [_row(name, paced, flood) for name in paced],
        [
            f"First {SOCKETS / EVERY_S:,.0f} deliveries/s, then (flood) as many as there can be.",
            "UpCoach reads from Redis, sequences and decrypts; the others are handed the event.",
            "In a flood UpCoach sends what arrived together in one message; the others never do.",
            "p50, p99: publication to arrival. Generator: what it needed of a core, at most 100 %.",
        ],
    )


async def _servers(engines: TestEngines, stack: contextlib.AsyncExitStack) -> list[Server]:
    async def child(name: str, environ: dict[str, str] | None = None) -> Child:
        return await stack.enter_async_context(Child(name, environ))

    environ = engines.environ()
    node, naive, sender = await child("node", environ), await child("naive"), await child("sender")
    ours, its, floor = [await child("sockets") for _ in range(3)]

    person = await node.ask("people", count=1)
    feeder = await child("feeder", environ)
    await ours.ask("connect", count=SOCKETS, **live(person))
    event, _ = await asyncio.gather(
        feeder.ask("begin", user=person["token"].partition(".")[0]), ours.ask("collect", events=1)
    )
    await naive.ask("begin", event=event)
    await its.ask("connect", count=SOCKETS, port=await naive.ask("port"))
    await sender.ask("begin", event=event)
    port = await sender.ask("port")
    await asyncio.gather(
        sender.ask("accept", count=SOCKETS), floor.ask("connect", count=SOCKETS, port=port)
    )
    return [
        Server(OURS, node, feeder, ours),
        Server(NAIVE, naive, naive, its),
        Server(FLOOR, sender, sender, floor),
    ]


def live(person: dict[str, Any]) -> dict[str, Any]:
    """How a socket comes to follow the feed of its owner."""
    hello = {"t": "hello", "v": 1, "token": person["token"], "hb": 120, "subs": [{"f": "u:me"}]}
    return {
        "port": person["port"],
        "path": "/v1/live",
        "hello": msgspec.json.encode(hello).decode(),
        "until": '"t":"live"',
    }


def _row(name: str, paced: Turns, flood: Turns) -> list[str]:
    turns, floods = paced[name], flood[name]
    ratios = [turn.cpu_s / our.cpu_s for turn, our in zip(turns, paced[OURS], strict=True)]
    return [
        name,
        f"{median(1 / turn.cpu_s for turn in turns):,.0f}",
        times(median(ratios)),
        ms(median(percentile(turn.delays_s, 0.5) for turn in turns)),
        ms(median(percentile(turn.delays_s, 0.99) for turn in turns)),
        f"{median(turn.generator for turn in turns):.0%}",
        f"{median(turn.per_second for turn in floods):,.0f}",
        f"{median(1 / turn.cpu_s for turn in floods):,.0f}",
        f"{median(turn.generator for turn in floods):.0%}",
    ]
