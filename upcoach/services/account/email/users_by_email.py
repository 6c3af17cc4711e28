"""A blind index of users by email address."""

import asyncio
import contextlib
import datetime as dt
import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Final

from models.access.scope import Scope
from models.account import User
from models.account.email_addresses import former_spellings, normalised_email
from models.account.user import UNDO
from models.base.errors import Conflict, Refusal, Unavailable
from upcoach.services.base.resources import write_outcome
from upcoach.store.collections.documents import Documents
from upcoach.store.secrets.one_time_tokens import OneTimeTokens
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import UniqueViolation
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

_LOCK: Final = "address"
_LEFT: Final = "address left"
_PATIENCE: Final = dt.timedelta(seconds=30)  # longer than any write takes
_TRIES: Final = 60
_PAUSE_S: Final = 0.05


class UsersByEmail:
    """Finds users by their addresses, and guards the uniqueness of these."""

    def __init__(
        self, documents: Documents, committer: Committer, once: OneTimeTokens, key: bytes
    ) -> None:
        self._documents = documents
        self._committer = committer
        self._once = once
        self._key = key

    async def find(self, email: str) -> User | None:
        """The user of an address, however it is spelt, and whichever build made the account.

        Mails go to the address of the user that is found, never to the one that was asked for: of
        two that mean the same account, another mail server may be behind each.
        """
        address = normalised_email(email)
        async for user in self._holders(email):
            if normalised_email(user.email) == address:
                return user
        return None

    def index(self, email: str) -> str:
        """The blind index of *email*: a keyed hash."""
        return self._hash(normalised_email(email))

    async def reindex(self, email: str) -> None:
        """Index the accounts anew that an earlier build found by a spelling of *email*.

        Two spellings of one address may have an account each, of which one keeps its former index.
        """
        async for user in self._holders(email):
            index = self.index(user.email)
            if index != user.email_index:
                with contextlib.suppress(UniqueViolation):
                    await self._committer.commit(_reindexing(user, index))

    async def _holders(self, email: str) -> AsyncIterator[User]:
        """The users under an index of *email*: those of earlier builds first."""
        for spelling in dict.fromkeys((*former_spellings(email), normalised_email(email))):
            owner = await self._documents.find_owner(User, "email_index", self._hash(spelling))
            if owner is not None:
                yield await self._documents.get(User, owner, owner)

    def _hash(self, address: str) -> str:
        return hmac.digest(self._key, b"email\0" + address.encode(), hashlib.sha256).hex()

    @contextlib.asynccontextmanager
    async def taking(self, email: str) -> AsyncIterator[None]:
        """Lock *email* while the block gives it to an account.

        Raises `UniqueViolation` if another may come back to it.
        """
        async with self._locked(email):
            if await self._once.look(_LEFT, self.index(email), bool):
                raise UniqueViolation(("email_index",))
            await self.reindex(email)
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
            raise Conflict("busy", "Somebody else is using this address right now. Try again.")
        try:
            yield
        finally:
            await self._once.release(_LOCK, name)


def _reindexing(user: User, index: str) -> Write[User]:
    def decide(changes: WriteContext) -> Outcome[User]:
        before = changes.get(User, user.id, user.id)
        if before.email != user.email:  # they have moved meanwhile
            return write_outcome("unchanged", before)
        return write_outcome("updated", changes.update(before, before.reindexed(index, changes.at)))

    reads = (Ref(User, user.id, user.id),)
    return Write(scope=Scope(user=user.id), reads=reads, decide=decide)
