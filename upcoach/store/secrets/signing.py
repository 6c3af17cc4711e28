"""The collection of signing keys: private keys sealed under the installation's master key."""

import contextlib
import datetime as dt
from typing import Final

import msgspec
from pymongo.errors import DuplicateKeyError

from upcoach.store.base.database import Bson, Database
from upcoach.store.base.indexes import CollectionSpec
from upcoach.store.base.sealing import DataKey, associated_data, seal, unseal
from upcoach.store.secrets.keyring import MasterKeys

COLLECTION: Final = "signing_keys"
COLLECTIONS: Final = (CollectionSpec(COLLECTION),)


class StoredKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key pair as a JWK (RFC 7517) in JSON, and from when on it signs.

    Attributes
    ----------
    revoked_at
        When it was found to be compromised: nothing that it has signed is valid.

    """

    id: str
    alg: str
    private: bytes
    starts_at: dt.datetime
    revoked_at: dt.datetime | None = None


class SigningStore:
    """All signing keys, of which one is used at a time."""

    def __init__(self, database: Database, masters: MasterKeys) -> None:
        self._database = database
        self._masters = masters

    async def load(self) -> list[StoredKey]:
        """Every key whose master key is at hand, in the order in which they are used."""
        return [
            StoredKey(
                id=stored["kid"],
                alg=stored["alg"],
                private=unseal(
                    self._sealing_key(stored["master"]),
                    stored["private"],
                    associated_data(COLLECTION, stored["kid"]),
                ),
                starts_at=stored["starts_at"],
                revoked_at=stored.get("revoked_at"),
            )
            for stored in await self._stored()
        ]

    async def add_first(self, key: StoredKey, revoked: int) -> None:
        """Insert *key* if there are none but *revoked* ones: of several nodes, one succeeds."""
        with contextlib.suppress(DuplicateKeyError):
            await self._add(key, f"first after {revoked}" if revoked else "first")

    async def add(self, key: StoredKey) -> None:
        """Insert *key*."""
        await self._add(key, key.id)

    async def revoke_others(self, key_id: str, at: dt.datetime) -> None:
        """Revoke all keys but *key_id*: what they have signed, or will sign, is invalid."""
        others = {"kid": {"$ne": key_id}, "revoked_at": None}
        async with self._database.connection():
            await self._database[COLLECTION].update_many(others, {"$set": {"revoked_at": at}})

    async def _add(self, key: StoredKey, name: str) -> None:
        master = self._masters.current
        sealed = seal(self._sealing_key(master), key.private, associated_data(COLLECTION, key.id))
        stored = {
            "_id": name,
            "kid": key.id,
            "alg": key.alg,
            "master": master,
            "private": sealed,
            "starts_at": key.starts_at,
        }
        async with self._database.connection():
            await self._database[COLLECTION].insert_one(stored)

    async def rewrap(self) -> int:
        """Seal every key under the current master key, and return how many were not."""
        stale = [key for key in await self._stored() if key["master"] != self._masters.current]
        for stored in stale:
            where = associated_data(COLLECTION, stored["kid"])
            private = unseal(self._sealing_key(stored["master"]), stored["private"], where)
            master = self._masters.current
            sealed = seal(self._sealing_key(master), private, where)
            async with self._database.connection():
                await self._database[COLLECTION].update_one(
                    {"_id": stored["_id"]}, {"$set": {"master": master, "private": sealed}}
                )
        return len(stale)

    async def _stored(self) -> list[Bson]:
        async with self._database.connection():
            keys = await self._database[COLLECTION].find(sort=[("starts_at", 1)]).to_list()
        return [stored for stored in keys if stored["master"] in self._masters.keys]

    def _sealing_key(self, master: str) -> DataKey:
        return self._masters.derived(master, b"upcoach signing keys")
