"""Draining: the connections of a node that stops are sent elsewhere (live protocol, rule 14).

Whoever keeps connections open for long (sockets, streams, long polls) holds them in a set and hands
that set to `drain`.  Everybody is told at once when to leave, each at another moment, so that the
other nodes get them evenly; who comes in the meantime is told too; who stays is ended.
"""

import asyncio
import random
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Final, Protocol

from models.wire.close_codes import CloseCode

LEAVING: Final = 0.8  # of the drain time; the rest is for those who are late
PORTION: Final = 200  # goodbyes in one turn of the loop
LOOK_S: Final = 0.02
CLOSING_S: Final = 2.0  # for the last answers and the closing handshakes


class DrainableConnection(Protocol):
    """A connection that can be sent elsewhere."""

    def go(self, after_ms: int, reason: str) -> None:
        """Ask the client to connect elsewhere in *after_ms*."""

    def close(self, code: int, reason: str) -> None:
        """Answer what is under way, and close."""


async def drain(connections: AbstractSet[DrainableConnection], drain_s: float) -> None:
    """Send *connections* elsewhere within *drain_s*, and close those that are left."""
    loop = asyncio.get_running_loop()
    end = loop.time() + drain_s
    announced: set[DrainableConnection] = set()
    while connections and (left_s := end - loop.time()) > 0:
        new = connections - announced
        announced.update(new)
        await _announce(new, left_s * LEAVING)
        await asyncio.sleep(LOOK_S)
    for connection in tuple(connections):
        connection.close(CloseCode.DRAINING, "draining")
    closed = loop.time() + CLOSING_S
    while connections and loop.time() < closed:  # noqa: ASYNC110 - the set tells nobody
        await asyncio.sleep(LOOK_S)


async def _announce(new: Iterable[DrainableConnection], within_s: float) -> None:
    """Tell each of *new* to leave, each at a moment of its own within *within_s*."""
    connections = list(new)
    random.shuffle(connections)
    share_ms = 1000 * within_s / max(1, len(connections))
    for number, connection in enumerate(connections):
        after_ms = share_ms * (number + random.random())  # noqa: S311 - spread, not secret
        connection.go(int(after_ms), "drain")
        if number % PORTION == PORTION - 1:
            await asyncio.sleep(0)
