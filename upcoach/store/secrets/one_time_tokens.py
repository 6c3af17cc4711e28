"""One-time tokens: authorization codes, links in mails, challenges.

And names that can be claimed once: the ids of DPoP proofs, which must not come twice.

What is taken is gone before anybody looks at it, so of many who show the same token one gets the
value, whatever they do with it (RFC 9700, 4.5).  The links of mails are held by a block, and used
up by what it has done: an outage costs nobody the only way back to their account.

The database holds a hash of the token and a value that is sealed under a key made from the token:
who reads the database can use neither.
"""

import contextlib
import datetime as dt
import hashlib
import secrets
from collections.abc import AsyncIterator, Collection
from typing import Any, Final, TypeVar

import msgspec
from pymongo.errors import DuplicateKeyError

from models.base.clock import Clock
from models.base.errors import Invalid, Unavailable
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.indexes import CollectionSpec, Index
from upcoach.store.base.sealing import DataKey, associated_data, seal, unseal

T = TypeVar("T")

COLLECTION: Final = "once"
TOKEN_BYTES: Final = 32
HELD: Final = dt.timedelta(seconds=30)  # longer than any write takes
COLLECTIONS: Final = (
    CollectionSpec(COLLECTION, (Index(name="until", keys=("until",), kept=dt.timedelta(0)),)),
)


class OneTimeTokens:
    """Values by one-time tokens."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def keep(
        self, purpose: str, value: Any, life: dt.timedelta, token: str | None = None
    ) -> str:
        """Store *value* for *life* under *token*, or a new one of 256 bits; return the token."""
        token = token or secrets.token_urlsafe(TOKEN_BYTES)
        sealed = seal(
            _key(token), msgspec.msgpack.encode(value), associated_data(COLLECTION, purpose)
        )
        until = self._clock() + life
        stored = {"_id": _name(purpose, token), "value": sealed, "until": until}
        async with self._database.connection():
            await self._database[COLLECTION].replace_one(
                {"_id": stored["_id"]}, stored, upsert=True
            )
        return token

    async def take(self, purpose: str, token: str, kind: type[T]) -> T | None:
        """Consume *token* and return its value; None when there is none."""
        async with self._database.connection():
            stored = await self._database[COLLECTION].find_one_and_delete(
                {"_id": _name(purpose, token)}
            )
        return self._opened(stored, purpose, token, kind)

    @contextlib.asynccontextmanager
    async def taking(self, purpose: str, token: str, kind: type[T]) -> AsyncIterator[T | None]:
        """Consume *token* by a block that is given its value; None when there is none.

        Of many who show the same, one gets the value meanwhile.  A block that fails, but for an
        `Invalid` one, has not used it: the token is given back, after `HELD` at the latest.
        """
        name, holder, now = _name(purpose, token), secrets.token_hex(8), self._clock()
        free = {"_id": name, "held": {"$not": {"$gt": now}}}
        async with self._database.connection():
            stored = await self._database[COLLECTION].find_one_and_update(
                free, {"$set": {"held": now + HELD, "holder": holder}}
            )
        collection, ours = self._database[COLLECTION], {"_id": name, "holder": holder}
        try:
            yield self._opened(stored, purpose, token, kind)
        except BaseException as failure:
            with contextlib.suppress(Unavailable):
                async with self._database.connection():
                    if isinstance(failure, Invalid):
                        await collection.delete_one(ours)
                    else:
                        await collection.update_one(ours, {"$unset": {"held": "", "holder": ""}})
            raise
        # What is done is done: a token that stays is refused by what it has changed.
        with contextlib.suppress(Unavailable):
            async with self._database.connection():
                await collection.delete_one(ours)

    async def look(self, purpose: str, token: str, kind: type[T]) -> T | None:
        """The value of *token*, without consuming it; None when there is none."""
        async with self._database.connection():
            stored = await self._database[COLLECTION].find_one({"_id": _name(purpose, token)})
        return self._opened(stored, purpose, token, kind)

    async def claim(self, purpose: str, name: str, life: dt.timedelta) -> bool:
        """Claim *name* for *life*; false if an earlier claim still holds."""
        now = self._clock()
        over = {"_id": _name(purpose, name), "until": {"$lte": now}}
        async with self._database.connection():
            try:
                # MongoDB removes what is over when it gets round to it.
                await self._database[COLLECTION].replace_one(
                    over, {"until": now + life}, upsert=True
                )
            except DuplicateKeyError:
                return False
        return True

    async def claim_any(
        self, purpose: str, names: Collection[str], life: dt.timedelta
    ) -> str | None:
        """Claim the first of *names* that is free, and return it; None when all are claimed."""
        ids = {_name(purpose, name): name for name in names}
        held = {"_id": {"$in": list(ids)}, "until": {"$gt": self._clock()}}
        async with self._database.connection():
            cursor = self._database[COLLECTION].find(held, {"_id": 1})
            taken = {ids[stored["_id"]] async for stored in cursor}
        for name in names:
            if name not in taken and await self.claim(purpose, name, life):
                return name
        return None

    async def release(self, purpose: str, name: str) -> None:
        """Release the claim of *name*."""
        async with self._database.connection():
            await self._database[COLLECTION].delete_one({"_id": _name(purpose, name)})

    def _opened(self, stored: Bson | None, purpose: str, token: str, kind: type[T]) -> T | None:
        if stored is None or stored["until"] <= self._clock():
            return None
        plain = unseal(_key(token), stored["value"], associated_data(COLLECTION, purpose))
        return msgspec.msgpack.decode(plain, type=kind)


def _name(purpose: str, token: str) -> str:
    return f"{purpose}:{hashlib.sha256(token.encode(errors='surrogatepass')).hexdigest()}"


def _key(token: str) -> DataKey:
    # Tokens have 256 random bits, or are stretched by whoever makes shorter ones.
    return DataKey(hashlib.sha256(b"once\0" + token.encode(errors="surrogatepass")).digest())
