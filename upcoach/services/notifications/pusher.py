"""Sends pushes in the background, from the outbox: to all devices of a person, each by itself."""

import asyncio
import contextlib
import datetime as dt
import functools
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec
import structlog

from models.account import Session, SessionState
from models.base.clock import Clock
from models.base.ids import derived_uuid
from models.base.messages.push import PushRequest
from models.base.periodic_jobs import PeriodicJob
from models.notifications.push_device import PushDevice
from upcoach.services.base.delivery import CarrierAway, Later, OutboxWorker
from upcoach.services.base.delivery.push_carriers import PushMessage, PushTarget, TokenGone
from upcoach.services.base.delivery.pushing import Pushing
from upcoach.services.notifications.push_devices import PushDevices
from upcoach.store.base.shared_calls import SharedCalls, by_key
from upcoach.store.collections.documents import Documents
from upcoach.store.collections.push_failures import PushFailures
from upcoach.store.outbox.outbox import Pending, Tries
from upcoach.store.secrets.refresh_generations import RefreshGenerations
from upcoach.store.write.refs import Ref

# A push service that hangs holds up one of these.  Whose pushes failed before have few of them:
# a browser's endpoint is whatever its client has named, and may hang for ever.
PLACES: Final[Mapping[Tries, int]] = MappingProxyType({"first": 24, "later": 8})
MOST_OF_ONE: Final = 4  # of them, that one person's pushes take
NEXT: Final = dt.timedelta(seconds=1)  # is looked again whether one of these is free
TRIED_FOR: Final = dt.timedelta(hours=1)  # a push that comes later still tells of little
# A browser that has failed so often in a row, for so long, is deleted: a push service that is away,
# or a network of ours, comes back before.
MOST_FAILURES: Final = 20
FAILING_FOR: Final = dt.timedelta(days=3)

_Asked = tuple[str, PushRequest, str]

_log = structlog.get_logger(__name__)


class Pusher:
    """Has the pushes in the outbox carried to the devices of people."""

    def __init__(
        self,
        documents: Documents,
        rotations: RefreshGenerations,
        failures: PushFailures,
        devices: PushDevices,
        pushing: Pushing,
        clock: Clock,
    ) -> None:
        self._failures = failures
        self._devices = devices
        self._outbox = pushing.outbox
        self._carriers = pushing.carriers
        self._clock = clock
        self._worker = OutboxWorker("push", pushing.outbox, self._deliver, PLACES, TRIED_FOR)
        self._busy = Counter[str]()  # the places that each person's pushes take
        self._devices_of = SharedCalls(by_key(functools.partial(documents.of_owners, PushDevice)))
        self._state = SharedCalls(by_key(documents.state))
        self._last_used = SharedCalls(by_key(rotations.last_used))
        self._added = SharedCalls(self._add)

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic delivery."""
        return self._worker.periodic_jobs

    async def _deliver(self, pending: Pending[PushRequest]) -> None:
        request = pending.request
        if self._clock() >= request.until:
            return
        if not request.device:
            await self._divide(pending)
            return
        with self._place(request.owner):
            device = await self._state(Ref(PushDevice, request.owner, request.device))
            if isinstance(device, PushDevice) and await self._is_open(device):
                await self._carry(pending, device)

    @contextlib.contextmanager
    def _place(self, owner: str) -> Iterator[None]:
        """Take one of the places of *owner*; `Later` if all are taken."""
        if self._busy[owner] >= MOST_OF_ONE:
            raise Later(NEXT)
        self._busy[owner] += 1
        try:
            yield
        finally:
            self._busy[owner] -= 1
            if not self._busy[owner]:
                del self._busy[owner]

    async def _divide(self, pending: Pending[PushRequest]) -> None:
        """Ask for a push to each device, under a name that follows from both."""
        devices = await self._devices_of(pending.request.owner)
        is_open = await asyncio.gather(*map(self._is_open, devices))
        await asyncio.gather(
            *(
                self._added((_name(pending.id, device.id), pending.request, device.id))
                for device in itertools.compress(devices, is_open)
            )
        )

    async def _add(self, asked: Sequence[_Asked]) -> list[None]:
        """Add the pushes *asked* for: of which, under which name, and to which device."""
        await self._outbox.add_named(
            (name, msgspec.structs.replace(request, device=device))
            for name, request, device in asked
        )
        return [None] * len(asked)

    async def _is_open(self, device: PushDevice) -> bool:
        """Whether the session of *device* lasts; otherwise the device is deleted."""
        session, used = await asyncio.gather(
            self._state(Ref(Session, device.owner, device.session)),
            self._last_used(device.session),
        )
        is_open = isinstance(session, Session) and (
            session.state(self._clock(), used) is SessionState.ACTIVE
        )
        if not is_open:
            await self._devices.drop(device)
        return is_open

    async def _carry(self, pending: Pending[PushRequest], device: PushDevice) -> None:
        carrier = self._carriers.get(device.platform)
        if carrier is None:  # off, until it is configured
            return
        try:
            message = _message(pending.id, pending.request)
            await carrier.carry(_target(device), message, self._clock())
        except TokenGone as gone:
            _log.info("push_device_gone", device=device.id, why=str(gone))
            await self._devices.drop(device)
        except CarrierAway as away:
            if device.platform == "web":
                await self._count_failure(device)
            words = f"{device.platform}: {away}"
            raise CarrierAway(words, away.wait, setting=away.setting) from None
        else:
            if device.platform == "web":
                await self._failures.end(device.token_hash)

    async def _count_failure(self, device: PushDevice) -> None:
        """Delete a browser whose endpoint fails for ever: it may be any that its client named."""
        at = self._clock()
        failures = await self._failures.add(device.token_hash, at)
        if failures.times >= MOST_FAILURES and at - failures.since >= FAILING_FOR:
            _log.info("push_device_failing", device=device.id, failures=failures.times)
            await self._devices.drop(device)


def _name(push: str, device: str) -> str:
    """The id of a *push* to one device, which follows from both, and sorts by its time, too.

    Examples
    --------
    >>> _name("psh_01a20c66-99df-75bd-8f37-3328887fd989", "psd_1")
    'psh_01a20c66-99df-8f18-bab0-c8af53ed0f93'

    """
    milliseconds = len("psh_00000000-0000-")
    return push[:milliseconds] + derived_uuid(push, device)[len("00000000-0000-") :]


def _target(device: PushDevice) -> PushTarget:
    return PushTarget(
        platform=device.platform,
        name=device.name or "",
        token=device.token,
        p256dh=device.p256dh,
        auth=device.auth,
    )


def _message(name: str, request: PushRequest) -> PushMessage:
    return PushMessage(
        id=name,
        topic=request.topic,
        title=request.title,
        body=request.body,
        link=request.link,
        type=request.type,
        until=request.until,
    )
