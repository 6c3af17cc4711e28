"""Engines for a command: those that run on the data folder, or else its own."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from upcoach.embedded.engines import Engines
from upcoach.embedded.errors import EngineError, FolderInUse
from upcoach.embedded.guests import Addresses, guest_addresses

PATIENCE_S: Final = 60.0  # with an owner whose engines still start, or stop
POLL_S: Final = 0.05


@contextlib.asynccontextmanager
async def joined(data: Path, *, mongo: bool, redis: bool) -> AsyncIterator[Addresses]:
    """The wanted engines of *data*, whoever runs them; `EngineError` if they are not to be had."""
    async with contextlib.AsyncExitStack() as stack:
        yield await _enter(stack, data, mongo=mongo, redis=redis)


async def _enter(
    stack: contextlib.AsyncExitStack, data: Path, *, mongo: bool, redis: bool
) -> Addresses:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        addresses = stack.enter_context(guest_addresses(data))
        if addresses is not None:
            return _fitting(addresses, data, mongo=mongo, redis=redis)
        await stack.aclose()
        try:
            engines = Engines(data, mongo=mongo, redis=redis, passing=True)
            return (await stack.enter_async_context(engines)).addresses
        except FolderInUse:  # by somebody who does not let us in yet, or not any more
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(POLL_S)


def _fitting(addresses: Addresses, data: Path, *, mongo: bool, redis: bool) -> Addresses:
    needs = {
        "UPCOACH_MONGO_URL": (mongo, addresses.mongo_url),
        "UPCOACH_REDIS_URL": (redis, addresses.redis_url),
    }
    for name, (wanted, url) in needs.items():
        if wanted and url is None:
            raise EngineError(
                f"The server (pid {addresses.pid}) on the data folder {data} was given {name}; "
                "set the same here."
            )
    return addresses
