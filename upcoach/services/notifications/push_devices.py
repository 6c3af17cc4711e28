"""Push devices: registered, changed, listed and deleted by their person."""

import hmac
from collections.abc import Iterable
from typing import Final

from models.access.scope import Scope
from models.account import OWN_CLIENT, Session
from models.base.errors import Forbidden, NotFound, invalid_field
from models.base.ids import new_id
from models.notifications.push_device import (
    MOST,
    MOST_OF_LOGIN,
    NewPushDevice,
    PushDevice,
    PushDeviceDraft,
    WebSubscription,
    check_address,
    token_of,
)
from upcoach.services.base.delivery.pushing import Pushing
from upcoach.services.base.fetching import FetchFailed
from upcoach.services.base.push.web_push import check_keys
from upcoach.services.base.resources import write_outcome
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Listing, Ref
from upcoach.store.write.requests import Write

_PURPOSE: Final = b"upcoach push token"


class PushDevices:
    """The devices of people that take pushes."""

    def __init__(
        self, documents: Documents, committer: Committer, pushing: Pushing, secret: bytes
    ) -> None:
        self._documents = documents
        self._committer = committer
        self._pushing = pushing
        self._key = hmac.digest(secret, _PURPOSE, "sha256")

    @property
    def offered_web_key(self) -> str:
        """The public key with which browsers subscribe; empty where none can."""
        return self._pushing.web_key

    @property
    def web_key(self) -> str:
        """The same; `NotFound` where none can."""
        if not self.offered_web_key:
            raise NotFound("web_push_off", "This server pushes to no browsers.")
        return self.offered_web_key

    async def page(self, scope: Scope) -> list[PushDevice]:
        """The caller's devices, in the order in which they were first registered."""
        return await self._documents.page(PushDevice, scope.user, limit=2 * MOST)

    async def get(self, scope: Scope, device_id: str) -> PushDevice:
        """One of the caller's devices."""
        return await self._documents.get(PushDevice, scope.user, device_id)

    async def register(self, scope: Scope, draft: NewPushDevice) -> Outcome[PushDevice]:
        """Register a device; with a token that the caller has registered it is the same one.

        The device has been theirs from then on: where somebody else had registered it, theirs goes.
        """
        check_address(draft, draft.platform, is_new=True)
        self._check(draft.subscription)
        name, token_hash = new_id(PushDevice.id_prefix), self._hash(token_of(draft))

        def decide(changes: WriteContext) -> Outcome[PushDevice]:
            _require_own_app(changes, scope)
            devices = changes.all(PushDevice, scope.user)
            for device in devices:
                if device.token_hash == token_hash:
                    again = device.registered_again(draft, scope.session, changes.at)
                    return write_outcome("updated", changes.update(device, again))
            for device in _making_room(devices, scope.session):
                changes.delete(device)
            made = PushDevice.registered(
                draft,
                device_id=name,
                owner=scope.user,
                session=scope.session,
                token_hash=token_hash,
                at=changes.at,
            )
            return write_outcome("created", changes.create(made))

        reads = (Ref(PushDevice, scope.user, name), Ref(Session, scope.user, scope.session))
        done = await self._committer.commit(
            Write(scope=scope, reads=reads, lists=(_listing(scope),), decide=decide)
        )
        await self._take_from_others(scope, token_hash)
        return done

    async def change(
        self, scope: Scope, device_id: str, draft: PushDeviceDraft
    ) -> Outcome[PushDevice]:
        """Change a device; a new token takes the place of the former."""
        self._check(draft.subscription)
        token = token_of(draft)

        def decide(changes: WriteContext) -> Outcome[PushDevice]:
            _require_own_app(changes, scope)
            device = changes.get(PushDevice, scope.user, device_id)
            token_hash = self._hash(token) if token else device.token_hash
            after = device.changed(draft, token_hash, scope.session, changes.at)
            for other in changes.all(PushDevice, scope.user):
                if other.id != device_id and other.token_hash == token_hash:
                    changes.delete(other)
            return write_outcome("updated", changes.update(device, after))

        reads = (Ref(PushDevice, scope.user, device_id), Ref(Session, scope.user, scope.session))
        done = await self._committer.commit(
            Write(scope=scope, reads=reads, lists=(_listing(scope),), decide=decide)
        )
        if token:
            await self._take_from_others(scope, self._hash(token))
        return done

    async def delete(self, scope: Scope, device_id: str) -> Outcome[None]:
        """Delete a device, which takes no pushes from then on."""

        def decide(changes: WriteContext) -> Outcome[None]:
            changes.delete(changes.get_any(PushDevice, scope.user, device_id))
            return Outcome(verb="deleted", document=None)

        reads = (Ref(PushDevice, scope.user, device_id),)
        return await self._committer.commit(Write(scope=scope, reads=reads, decide=decide))

    async def drop(self, device: PushDevice) -> None:
        """Delete *device* as it was read: not if it has another token, or session, by now."""

        def decide(changes: WriteContext) -> Outcome[None]:
            now = changes.find(PushDevice, device.owner, device.id)
            if now is None or now.version != device.version:
                return Outcome(verb="unchanged", document=None)
            changes.delete(now)
            return Outcome(verb="deleted", document=None)

        reads = (Ref(PushDevice, device.owner, device.id),)
        write = Write(scope=Scope(user=device.owner), reads=reads, decide=decide)
        await self._committer.commit(write)

    async def _take_from_others(self, scope: Scope, token_hash: str) -> None:
        """Delete the device with this token of whoever had it before."""
        wanted = {"token_hash": token_hash}
        for owner in await self._documents.owners_where(PushDevice, wanted):
            if owner != scope.user:
                for device in await self._documents.page(PushDevice, owner, limit=2 * MOST):
                    if device.token_hash == token_hash:
                        await self.drop(device)

    def _check(self, subscription: WebSubscription | None) -> None:
        """Refuse a subscription to which no push could go, or should."""
        if subscription is None:
            return
        try:
            self._pushing.check_url(subscription.endpoint)
        except FetchFailed as failure:
            words = f"No push can go to this endpoint: {failure}."
            raise invalid_field("/subscription/endpoint", "endpoint_refused", words) from None
        try:
            check_keys(subscription.p256dh, subscription.auth)
        except ValueError:
            words = "These are no keys of a subscription (RFC 8291, 2)."
            raise invalid_field("/subscription/p256dh", "push_keys_wrong", words) from None

    def _hash(self, token: str) -> str:
        return hmac.digest(self._key, token.encode(), "sha256").hex()


def _listing(scope: Scope) -> Listing:
    return Listing(PushDevice, scope.user, {"owner": scope.user})


def _making_room(devices: Iterable[PushDevice], session: str) -> list[PushDevice]:
    """Those of *devices* that go when a *session* registers one more: the oldest."""
    by_age = sorted(devices, key=lambda device: device.registered_at)
    of_login = [device for device in by_age if device.session == session]
    # A stolen login does not push out the devices of the others.
    if len(of_login) >= MOST_OF_LOGIN:
        return of_login[: len(of_login) - MOST_OF_LOGIN + 1]
    return by_age[: max(0, len(by_age) - MOST + 1)]


def _require_own_app(changes: WriteContext, scope: Scope) -> None:
    """Refuse apps of others: what is pushed says more than they may know."""
    if changes.get(Session, scope.user, scope.session).client != OWN_CLIENT:
        raise Forbidden("push_own_apps_only", "Only our own apps can register a device for pushes.")
