"""Signing keys and their rotation: one signs, several verify.

The public halves are published (`jwks`) before their first use and after their last, so that nobody
who checks our tokens elsewhere meets a key that they cannot know.  A key in wrong hands is replaced
at once, and revoked for each node as soon as it knows: whoever has it could sign anything.
"""

import asyncio
import contextlib
import datetime as dt
import json
import math
import time
from collections.abc import Callable, Collection
from typing import Final

import msgspec
from joserfc.jwk import ECKey, OKPKey, import_key

from models.base.clock import Clock
from models.base.errors import Unavailable
from models.base.merge_patch import Json
from models.base.periodic_jobs import PeriodicJob
from upcoach.store.secrets.signing import SigningStore, StoredKey

Key = ECKey | OKPKey

KEYS_EVERY_S: Final = 10.0  # how long a key that another node made at once is not known here
ALGORITHMS: Final = ("ES256", "Ed25519")
AHEAD: Final = dt.timedelta(hours=24)  # how long a key is published before it is used
KEPT: Final = dt.timedelta(hours=2)  # how long after the last token that it signed, at least
LOOK_S: Final = 1.0  # between two looks for keys that are not known: anybody can make them up


class SigningKeys:
    """The keys of this installation, as this node knows them.

    Attributes
    ----------
    on_revoked
        Called with the ids of keys that were revoked.

    """

    def __init__(self, store: SigningStore, clock: Clock) -> None:
        self.on_revoked: Callable[[Collection[str]], None] = lambda _: None
        self._store = store
        self._clock = clock
        self._looking = asyncio.Lock()
        self._looked_at = -math.inf
        self._revoked: frozenset[str] = frozenset()
        self._stored: list[StoredKey] = []
        self._keys: dict[str, Key] = {}

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic reload of keys."""
        return (PeriodicJob(name="keys", every_s=KEYS_EVERY_S, run=self.load),)

    async def load(self) -> None:
        """Load the keys; an installation without one gets one.

        So does one whose keys are all revoked, which two who replace them at once bring about.
        """
        self._know(await self._store.load())
        if not self._stored:
            await self._store.add_first(generate_key("ES256", self._clock()), len(self._revoked))
            self._know(await self._store.load())

    async def look_again(self) -> None:
        """Reload the keys for a token with an unknown one, unless that was done just now."""
        async with self._looking:
            if time.monotonic() < self._looked_at + LOOK_S:
                return
            self._looked_at = time.monotonic()
            with contextlib.suppress(Unavailable):
                await self.load()

    async def rotate(self, alg: str, *, at_once: bool = False) -> str:
        """Generate the next key, and return its id.

        It is used from tomorrow on.  *at_once* is for when the key in use is in wrong hands: all
        others end, those too that were to come.
        """
        key = generate_key(alg, self._clock() + (dt.timedelta(0) if at_once else AHEAD))
        await self._store.add(key)
        if at_once:
            await self._store.revoke_others(key.id, self._clock())
        await self.load()
        return key.id

    @property
    def current(self) -> tuple[str, Key]:
        """The algorithm and the key that sign now: the newest in use, or the first to come.

        That one is for a node whose clock is behind that of whoever made the only key.
        """
        now = self._clock()
        newest = [self._stored[0], *(key for key in self._stored if key.starts_at <= now)][-1]
        return newest.alg, self._keys[newest.id]

    def find(self, key_id: str) -> tuple[str, Key] | None:
        """The algorithm and the key *key_id* that may have signed a token that still holds."""
        for alive in self._alive():
            if alive.id == key_id:
                return alive.alg, self._keys[key_id]
        return None

    def is_revoked(self, key_id: str) -> bool:
        """Whether the key *key_id* is revoked."""
        return key_id in self._revoked

    def jwks(self) -> Json:
        """The public keys (RFC 7517, 5)."""
        public = [self._keys[key.id].as_dict(private=False, alg=key.alg) for key in self._alive()]
        return {"keys": public}

    def _alive(self) -> list[StoredKey]:
        now = self._clock()
        return [
            key
            for key, following in zip(self._stored, [*self._stored[1:], None], strict=True)
            if following is None or now < following.starts_at + KEPT
        ]

    def _know(self, stored: list[StoredKey]) -> None:
        trusted = [key for key in stored if key.revoked_at is None]
        self._keys = {key.id: self._keys.get(key.id) or _read(key) for key in trusted}
        self._stored = trusted
        revoked = frozenset(key.id for key in stored if key.revoked_at is not None)
        new, self._revoked = revoked - self._revoked, revoked
        if new:
            self.on_revoked(new)


def generate_key(alg: str, starts_at: dt.datetime) -> StoredKey:
    """Generate a key for *alg*, named by its thumbprint (RFC 7638)."""
    key: Key = ECKey.generate_key("P-256") if alg == "ES256" else OKPKey.generate_key("Ed25519")
    name = key.thumbprint()
    private = key.as_dict(private=True, kid=name, use="sig", alg=alg)
    return StoredKey(id=name, alg=alg, private=json.dumps(private).encode(), starts_at=starts_at)


def _read(stored: StoredKey) -> Key:
    key = import_key(msgspec.json.decode(stored.private))
    assert isinstance(key, ECKey | OKPKey)
    return key
