"""Constant response time of a login, which would tell otherwise who has an account.

This pads the search for the user; without one, `Passwords.verify` hashes against a decoy.  Both are
joined in `Accounts.log_in`.
"""

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

T = TypeVar("T")

# Longer than the reads take, of which an address that nobody has needs fewer: some 5 ms.
EVEN_S: Final = 0.025


async def in_constant_time(work: Awaitable[T]) -> T:
    """Await *work*, and return its result after a constant time."""
    loop = asyncio.get_running_loop()
    due = loop.time() + EVEN_S
    try:
        return await work
    finally:
        await asyncio.sleep(due - loop.time())
