"""Waiting until a condition holds."""

import asyncio
from typing import Any

from tests.support.wire.sockets import PATIENCE_S


def now() -> float:
    """The time as connections are told it."""
    return asyncio.get_running_loop().time()


async def until(condition: Any) -> None:
    """Return when *condition* holds, which the server brings about in its own time."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.005)
