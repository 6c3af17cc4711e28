"""Password hashes: Argon2id (RFC 9106), off the loop, with a bound on those who wait."""

import asyncio
import concurrent.futures
from collections.abc import Callable
from typing import Final, TypeVar

import argon2

from models.errors import Unavailable

T = TypeVar("T")

THREADS: Final = 2
PATIENCE_S: Final = 1.0

# The OWASP cheat sheet's first row (m=46 MiB, t=1, p=1): half the memory of RFC 9106's second
# recommendation at a fifth of its time.
HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)


class Passwords:
    """Hashes and verifies, two at a time; who waits for longer than a second is sent away."""

    def __init__(self) -> None:
        self._threads = concurrent.futures.ThreadPoolExecutor(THREADS, "passwords")
        self._turns = asyncio.Semaphore(THREADS)
        self._decoy = ""

    async def hash(self, password: str) -> str:
        """The hash of *password*, in PHC string format."""
        return await self._run(lambda: HASHER.hash(password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether *password* is the one; without a hash, the same work for nothing."""
        if password_hash is None:
            password_hash = self._decoy = self._decoy or await self.hash("nobody's password")
            await self._run(lambda: _matches(self._decoy, password))
            return False
        return await self._run(lambda: _matches(password_hash, password))

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._turns.acquire()
        except TimeoutError:
            raise Unavailable("busy", "Too many log in at once. Try again shortly.") from None
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._turns.release()


def _matches(password_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(password_hash, password)
    except argon2.exceptions.VerifyMismatchError:
        return False
