"""The push services of the settings: what carries pushes to which platform."""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from joserfc.errors import JoseError

from config.setting_rows import SettingsError
from config.settings import Settings
from models.base.messages.push import PushPlatform
from upcoach.node.process.http2_client import Http2Client
from upcoach.node.process.outbound import Outbound
from upcoach.services.base.delivery.push_carriers import PushCarrier
from upcoach.services.base.delivery.pushing import Pushing
from upcoach.services.base.push.apns import Apns, ApnsKey
from upcoach.services.base.push.fcm import Fcm, ServiceAccount
from upcoach.services.base.push.push_folder import PushFolder
from upcoach.services.base.push.web_push import VapidKey, WebPush
from upcoach.store.outbox.push_outbox import PushOutbox

_PLATFORMS: Final[tuple[PushPlatform, ...]] = ("web", "ios", "android")


class PushServices:
    """The carriers that the settings name; a folder takes the rest, in development.

    *outbound* goes to servers of the operator, *chosen* to URLs that browsers have brought.
    """

    def __init__(self, settings: Settings, outbound: Outbound, chosen: Outbound) -> None:
        self.folder = PushFolder(settings.push_folder) if _is_development(settings) else None
        self._settings = settings
        self._outbound = outbound
        self._chosen = chosen
        self._http2 = Http2Client()

    def pushing(self, outbox: PushOutbox) -> Pushing:
        """What the services are given."""
        carriers: dict[PushPlatform, PushCarrier] = {}
        if self.folder is not None:
            carriers = dict.fromkeys(_PLATFORMS, self.folder)
        carriers |= self._configured()
        key = _vapid_key(self._settings)
        return Pushing(
            outbox=outbox,
            carriers=carriers,
            web_key="" if key is None else key.public,
            check_url=self._chosen.check,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._http2.close()

    def _configured(self) -> dict[PushPlatform, PushCarrier]:
        settings, carriers = self._settings, dict[PushPlatform, PushCarrier]()
        if settings.vapid_key:
            key = VapidKey(settings.vapid_key)
            carriers["web"] = WebPush(self._chosen, key, _contact(settings))
        if settings.fcm:
            account = _read("FCM", settings.fcm, ServiceAccount)
            with _key_of("FCM"):
                carriers["android"] = Fcm(self._outbound, self._outbound, account)
        if settings.apns:
            names = _read("APNS", settings.apns, ApnsKey)
            with _key_of("APNS"):
                carriers["ios"] = Apns(self._http2, names)
        return carriers


def check_push_services(settings: Settings) -> None:
    """Refuse push services that are wrong, before anything is started for them."""
    nowhere = Outbound(loopback=False)
    PushServices(settings, nowhere, nowhere)._configured()  # noqa: SLF001


@contextlib.contextmanager
def _key_of(name: str) -> Iterator[None]:
    """Say of a key that cannot sign what is wrong, in the words of the library that signs."""
    try:
        yield
    except (JoseError, ValueError, TypeError) as flaw:
        raise SettingsError(f"The key of UPCOACH_{name} cannot sign: {flaw}") from None


def _read(name: str, row: Mapping[str, Any], form: type[Any]) -> Any:
    try:
        return msgspec.convert(row, form)
    except msgspec.ValidationError as flaw:
        raise SettingsError(f"UPCOACH_{name} is wrong: {flaw}") from None


def _vapid_key(settings: Settings) -> VapidKey | None:
    if settings.vapid_key:
        return VapidKey(settings.vapid_key)
    if not _is_development(settings):
        return None
    # Browsers subscribe with a key, also where what they would be sent goes to a folder.
    return VapidKey(hashlib.sha256(b"upcoach vapid" + settings.index_key).digest())


def _contact(settings: Settings) -> str:
    """Where push services can reach us (RFC 8292, 2.1): what mails come from."""
    return f"mailto:{settings.mail_from.rpartition('<')[2].rstrip('>')}"


def _is_development(settings: Settings) -> bool:
    return settings.environment == "development"
