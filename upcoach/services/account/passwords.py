"""Password hashing: Argon2id (RFC 9106) in threads, with a bounded wait.

What is hashed is the password under a pepper, a key that the database does not hold, so whoever has
the database alone cannot even begin to guess.  `3f2a90c1$argon2id$...` names the pepper's key;
without a name there was none.
"""

import asyncio
import concurrent.futures
import enum
import functools
import hashlib
import hmac
import os
import sys
from collections.abc import Callable
from typing import Final, TypeVar

import argon2

from models.account.opaque_string import forms, opaque
from models.base.errors import Forbidden, Unavailable
from upcoach.services.account.hashing_turns import HashingTurns

T = TypeVar("T")

BUSY: Final = "busy"
THREADS: Final = 2
PATIENCE_S: Final = 1.0
KNOWN_PATIENCE_S: Final = 10.0  # of who is logged in: few, and in a hurry to lock others out
YIELDS: Final = 10  # so nice are the threads: the loop goes first, where there are too few cores

# The OWASP cheat sheet's first row (m=46 MiB, t=1, p=1): half the memory of RFC 9106's second
# recommendation at a fifth of its time.
HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)


class PasswordForm(enum.Enum):
    """The form in which a password was hashed: as it is compared today, or as it was typed once."""

    COMPARED = enum.auto()
    FORMER = enum.auto()


class Passwords:
    """Hashes and verifies passwords, two at a time; who waits too long is refused."""

    def __init__(self, key: bytes) -> None:
        self._pepper = hmac.digest(key, b"password pepper\0", hashlib.sha256)
        self._pepper_id = hashlib.sha256(self._pepper).hexdigest()[:8]
        self._threads = concurrent.futures.ThreadPoolExecutor(THREADS, "passwords", _yield)
        self._turns = HashingTurns(THREADS)
        self._decoy = ""

    async def hash(self, password: str, *, is_known: bool = False) -> str:
        """Hash *password*: the PHC string format behind the pepper's id.

        Who *is_known* to be logged in does not wait behind those who try to.
        """
        peppered = self._peppered(opaque(password))
        return self._pepper_id + await self._run(lambda: HASHER.hash(peppered), is_known)

    async def verify(
        self, password_hash: str | None, password: str, *, is_known: bool = False
    ) -> "PasswordForm | None":
        """In which form *password* matches, if it does.

        Without a hash, the same work is done on a decoy.
        """
        pepper_id, _, _ = (password_hash or "").partition("$")
        is_ours = password_hash is not None and pepper_id in ("", self._pepper_id)
        if password_hash is None or not is_ours:
            self._decoy = self._decoy or await self.hash("nobody's password")
            password_hash, pepper_id = self._decoy, self._pepper_id
        phc = password_hash.removeprefix(pepper_id)
        secrets = {
            form: self._peppered(form) if pepper_id else form.encode() for form in forms(password)
        }
        # In one turn: whoever was told that one form is wrong must not be sent away by the next,
        # as if there had been no try.
        right = await self._run(functools.partial(_matching, phc, secrets), is_known)
        if right is None or not is_ours:
            return None
        return PasswordForm.COMPARED if right == opaque(password) else PasswordForm.FORMER

    def is_stale(self, password_hash: str) -> bool:
        """Whether it was made with another pepper, or at another cost, than today's."""
        pepper_id, dollar, rest = password_hash.partition("$")
        return pepper_id != self._pepper_id or HASHER.check_needs_rehash(dollar + rest)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _peppered(self, password: str) -> bytes:
        return hmac.digest(self._pepper, password.encode(), hashlib.sha256)

    async def _run(self, work: Callable[[], T], is_known: bool) -> T:  # noqa: FBT001 - passed on
        try:
            async with asyncio.timeout(KNOWN_PATIENCE_S if is_known else PATIENCE_S):
                await self._turns.acquire(is_known=is_known)
        except TimeoutError:
            raise Unavailable(
                BUSY, "Too many people are logging in right now. Try again shortly."
            ) from None
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._turns.release()


def _yield() -> None:
    if sys.platform == "linux":  # elsewhere it is the process that has a priority, not the thread
        os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0) + YIELDS)


def _matching(phc: str, secrets: dict[str, bytes]) -> str | None:
    """The first form of a password whose secret matches."""
    return next((form for form, secret in secrets.items() if _matches(phc, secret)), None)


def _matches(phc: str, secret: bytes) -> bool:
    try:
        return HASHER.verify(phc, secret)
    except argon2.exceptions.VerifyMismatchError:
        return False


def password_wrong() -> Forbidden:
    """The refusal of whoever shows another password than theirs."""
    return Forbidden("password_wrong", "Wrong password.")
