"""What the Python peers share: the event, and publishing at the pace that is asked for.

A peer prints the port it serves, `{"port": 1234}`, and takes commands, one a line:
`broadcast EVENTS INTERVAL_NS` sends each event to everybody, `unicast EVENTS INTERVAL_NS` each to
another user.  Each command is answered by `{}` when all is published.
"""

import asyncio
import json
import socket
import sys
import time
from collections.abc import Awaitable, Callable

USERS = 1_000
PADDING = "." * 140

Send = Callable[[dict[str, object]], Awaitable[None]]
SendTo = Callable[[int, dict[str, object]], Awaitable[None]]


def event() -> dict[str, object]:
    """A change of a goal, published now."""
    return {
        "t": "ev",
        "seq": 1058,
        "type": "goal.updated",
        "id": "goal_0193a1c27f3a",
        "ver": 7,
        "title": f"<>{time.monotonic_ns():016x}{PADDING}",
        "at": "2026-11-23T18:59:59.870Z",
    }


def listen() -> socket.socket:
    """A listening socket; its port is printed."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(json.dumps({"port": listening.getsockname()[1]}), flush=True)
    return listening


async def obey(broadcast: Send, unicast: SendTo) -> None:
    """Publish what standard input asks for, until it ends."""

    async def everybody(_: int) -> None:
        await broadcast(event())

    async def one(number: int) -> None:
        await unicast(number % USERS, event())

    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        command, events, interval_ns = line.decode().split()
        publish = everybody if command == "broadcast" else one
        await _pace(publish, int(events), int(interval_ns))
        print("{}", flush=True)


async def _pace(publish: Callable[[int], Awaitable[None]], events: int, interval_ns: int) -> None:
    begin = time.monotonic_ns()
    for number in range(events):
        early = begin + number * interval_ns - time.monotonic_ns()
        if early > 0:
            await asyncio.sleep(early / 1e9)
        await publish(number)
