"""A blind index of users by email address."""

import asyncio
import contextlib
import datetime as dt
import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Final

from models.account import User
from models.account.user import UNDO, normalised_email
from models.base.errors import Conflict, Refusal, Unavailable
from upcoach.store.collections.documents import Documents
from upcoach.store.secrets.one_time_tokens import OneTimeTokens
from upcoach.store.write.errors import UniqueViolation

_LOCK: Final = "address"
_LEFT: Final = "address left"
_PATIENCE: Final = dt.timedelta(seconds=30)  # longer than any write takes
_TRIES: Final = 60
_PAUSE_S: Final = 0.05


class UsersByEmail:
    """Finds users by their addresses, and guards the uniqueness of these."""

    def __init__(self, documents: Documents, once: OneTimeTokens, key: bytes) -> None:
        self._documents = documents
        self._once = once
        self._key = key

    async def find(self, email: str) -> User | None:
        """The user of an address, however it is spelt.

        Mails go to the address of the user that is found, never to the one that was asked for: of
        two that mean the same account, another mail server may be behind each.
        """
        owner = await self._documents.find_owner(User, "email_index", self.index(email))
        if owner is None:
            return None
        return await self._documents.get(User, owner, owner)

    def index(self, email: str) -> str:
        """The blind index of *email*: a keyed hash."""
        address = normalised_email(email).encode()
        return hmac.digest(self._key, b"email\0" + address, hashlib.sha256).hex()

    @contextlib.asynccontextmanager
    async def taking(self, email: str) -> AsyncIterator[None]:
        """Lock *email* while the block gives it to an account.

        Raises `UniqueViolation` if another may come back to it.
        """
        async with self._locked(email):
            if await self._once.look(_LEFT, self.index(email), bool):
                raise UniqueViolation(("email_index",))
            yield

    @contextlib.asynccontextmanager
    async def leaving(self, email: str, *, reserves: bool) -> AsyncIterator[None]:
        """Lock *email* while the block takes it from an account.

        If it *reserves* the address, nobody else gets it for a while, from before the block on.
        """
        async with self._locked(email):
            if reserves:
                await self._once.keep(_LEFT, True, UNDO, self.index(email))
            try:
                yield
            except Unavailable:
                raise  # it may have been left
            except (Refusal, UniqueViolation):
                if reserves:
                    await self.free(email)
                raise

    async def free(self, email: str) -> None:
        """End the reservation of *email*."""
        await self._once.take(_LEFT, self.index(email), bool)

    @contextlib.asynccontextmanager
    async def _locked(self, email: str) -> AsyncIterator[None]:
        """Hold a lock on *email* that all nodes share."""
        name = self.index(email)
        for _ in range(_TRIES):
            if await self._once.claim(_LOCK, name, _PATIENCE):
                break
            await asyncio.sleep(_PAUSE_S)
        else:
            raise Conflict("busy", "Others ask for this address just now. Try again.")
        try:
            yield
        finally:
            await self._once.release(_LOCK, name)
