"""Trusted devices, whose users need no TOTP code at login for thirty days.

A device shows `id.secret`, of which we keep a hash.  It is trusted for one account, and for as
long as that account's factors stay as they are.
"""

import hashlib
import hmac
import secrets
from typing import Final

from models.access.scope import Scope
from models.account import Factors, TrustedDevice
from models.account.factors import FACTORS, TRUST
from models.account.session import SessionTerms
from models.base.clock import Clock
from models.base.errors import NotFound
from models.base.ids import new_id
from upcoach.services.base.resources import write_outcome
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

MOST: Final = 20  # of one user


class TrustedDevices:
    """Trusted devices of all users."""

    def __init__(self, documents: Documents, committer: Committer, clock: Clock) -> None:
        self._documents = documents
        self._committer = committer
        self._clock = clock

    async def trust(self, scope: Scope, terms: SessionTerms) -> str:
        """Trust the device of *terms*, while the caller's session is open; return its token."""
        user = scope.user
        devices = await self._documents.page(TrustedDevice, user, limit=2 * MOST)
        device_id, secret = new_id(TrustedDevice.id_prefix), secrets.token_urlsafe(32)

        def decide(changes: WriteContext) -> Outcome[TrustedDevice]:
            factors = changes.get(Factors, user, FACTORS)
            current = changes.find_all(TrustedDevice, user, [device.id for device in devices])
            over = [trusted for trusted in current if not trusted.counts(factors.round, changes.at)]
            lasting = [trusted for trusted in current if trusted not in over]
            for stale in (*over, *lasting[: max(0, len(lasting) - MOST + 1)]):
                changes.delete(stale)
            device = TrustedDevice(
                id=device_id,
                owner=user,
                created_at=changes.at,
                updated_at=changes.at,
                name=terms.device_name,
                device=terms.device,
                secret_hash=_hash(secret),
                round=factors.round,
                expires_at=changes.at + TRUST,
            )
            return write_outcome("created", changes.create(device))

        reads = (Ref(Factors, user, FACTORS), Ref(TrustedDevice, user, device_id))
        await self._committer.commit(Write(scope=scope, reads=reads, decide=decide))
        return f"{device_id}.{secret}"

    async def admits(self, factors: Factors, shown: str) -> bool:
        """Whether *shown* is the token of a device that the owner of *factors* trusts."""
        device_id, _, secret = shown.partition(".")
        if not secret:
            return False
        try:
            device = await self._documents.get(TrustedDevice, factors.owner, device_id)
        except NotFound:
            return False
        is_right = hmac.compare_digest(device.secret_hash, _hash(secret))
        return is_right and device.counts(factors.round, self._clock())

    async def page(self, scope: Scope) -> list[TrustedDevice]:
        """The devices that the caller trusts now."""
        try:
            factors = await self._documents.get(Factors, scope.user, FACTORS)
        except NotFound:
            return []
        devices = await self._documents.page(TrustedDevice, scope.user, limit=2 * MOST)
        return [device for device in devices if device.counts(factors.round, self._clock())]

    async def distrust(self, scope: Scope, device_id: str) -> Outcome[None]:
        """Delete a trusted device."""

        def decide(changes: WriteContext) -> Outcome[None]:
            changes.delete(changes.get_any(TrustedDevice, scope.user, device_id))
            return Outcome(verb="deleted", document=None)

        reads = (Ref(TrustedDevice, scope.user, device_id),)
        return await self._committer.commit(Write(scope=scope, reads=reads, decide=decide))

    def distrusting(self, scope: Scope) -> Write[None]:
        """A write that ends the trust in all devices of the caller."""

        def decide(changes: WriteContext) -> Outcome[None]:
            factors = changes.find(Factors, scope.user, FACTORS)
            if factors is not None:
                changes.update(factors, factors.distrusting_devices(changes.at))
            return Outcome(verb="deleted", document=None)

        return Write(scope=scope, reads=(Ref(Factors, scope.user, FACTORS),), decide=decide)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
