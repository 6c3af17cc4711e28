"""Data keys: one for each user, wrapped by a key-encryption key that MongoDB never sees.

`KeyRing.create` makes a user's key, `destroy` makes everything sealed with it unreadable for good
(erasing an account is not built yet, so only tests do that).
Keys are held in memory for five minutes, which is how long a destroyed key may live on in another
process.
"""

import collections
import os
import time
from collections.abc import Iterable, Mapping

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from upcoach.store.base.database import Bson, Database
from upcoach.store.base.indexes import CollectionSpec
from upcoach.store.base.sealing import DataKey, Unreadable

HELD_S = 300.0
HELD = 100_000
PORTION = 1_000  # keys of one query, when a node that starts loads those of all its feeds

COLLECTION = "keys"
COLLECTIONS = (CollectionSpec(COLLECTION),)


class MasterKeys(msgspec.Struct, frozen=True):
    """The key-encryption keys by id; the *current* one wraps new data keys."""

    current: str
    keys: Mapping[str, bytes]

    def derived(self, master: str, purpose: bytes) -> DataKey:
        """The key for *purpose* that is made from *master*.

        A key of its own: the master key itself is for AES key wrap (RFC 3394), and nothing else.
        """
        return DataKey(HKDF(hashes.SHA256(), 32, salt=None, info=purpose).derive(self.keys[master]))

    def __repr__(self) -> str:
        return f"MasterKeys(current={self.current!r})"


class KeyRing:
    """The data keys of users, loaded in batches and looked up without waiting."""

    def __init__(self, database: Database, masters: MasterKeys) -> None:
        self._database = database
        self._masters = masters
        self._held: collections.OrderedDict[str, tuple[float, DataKey]] = collections.OrderedDict()

    def create(self, owner: str) -> Bson:
        """Make *owner*'s key, and return the document that must be inserted with the user."""
        plain = os.urandom(32)
        self._hold(owner, DataKey(plain))
        master = self._masters.keys[self._masters.current]
        wrapped = aes_key_wrap(master, plain)
        return {"_id": owner, "master": self._masters.current, "wrapped": wrapped}

    async def load(self, owners: Iterable[str]) -> None:
        """Load the keys of *owners*; those that do not exist are left out."""
        now = time.monotonic()
        missing = [owner for owner in set(owners) if not self._is_fresh(owner, now)]
        for start in range(0, len(missing), PORTION):
            await self._load(missing[start : start + PORTION])

    async def _load(self, owners: list[str]) -> None:
        gone = set(owners)
        async with self._database.connection():
            cursor = self._database[COLLECTION].find({"_id": {"$in": owners}})
            async for stored in cursor:
                master = self._masters.keys.get(stored["master"])
                if master is None:
                    continue
                gone.discard(stored["_id"])
                self._hold(stored["_id"], DataKey(aes_key_unwrap(master, stored["wrapped"])))
        # Not before it is known: whoever opens something just now has loaded the key long ago.
        for owner in gone:
            self._held.pop(owner, None)

    def __getitem__(self, owner: str) -> DataKey:
        """The key of *owner*, loaded before; raises `Unreadable` when there is none."""
        held = self._held.get(owner)
        if held is None:
            raise Unreadable
        return held[1]

    def holds(self, owner: str) -> bool:
        """Whether *owner*'s key is loaded and fresh."""
        return self._is_fresh(owner, time.monotonic())

    async def destroy(self, owner: str) -> None:
        """Delete *owner*'s key: everything sealed with it is unreadable from then on."""
        self._held.pop(owner, None)
        async with self._database.connection():
            await self._database[COLLECTION].delete_one({"_id": owner})

    async def rewrap(self) -> int:
        """Wrap every key with the current master key, and return how many were not.

        Beside a running installation, whose nodes must hold both master keys: a key is wrapped by
        the one or by the other, and read with either.
        """
        current, count = self._masters.current, 0
        master = self._masters.keys[current]
        old = [name for name in self._masters.keys if name != current]
        async with self._database.connection():
            cursor = self._database[COLLECTION].find({"master": {"$in": old}})
            async for stored in cursor:
                plain = aes_key_unwrap(self._masters.keys[stored["master"]], stored["wrapped"])
                change = {"$set": {"master": current, "wrapped": aes_key_wrap(master, plain)}}
                # Only what is still so: a key that was destroyed just now must not come back.
                await self._database[COLLECTION].update_one(stored, change)
                count += 1
        return count

    def _is_fresh(self, owner: str, now: float) -> bool:
        held = self._held.get(owner)
        return held is not None and held[0] >= now

    def _hold(self, owner: str, key: DataKey) -> None:
        self._held[owner] = (time.monotonic() + HELD_S, key)
        self._held.move_to_end(owner)
        while len(self._held) > HELD:
            self._held.popitem(last=False)
