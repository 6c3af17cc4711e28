"""What the page of notifications shows of the devices that get pushes."""

import functools
import hashlib
from collections.abc import Collection, Sequence
from typing import Any, Final

from handlers.pages.rendering import script_of
from models.account import LIFETIMES, Session
from models.base.messages.push import PushPlatform
from models.base.text.counting import counted
from models.base.time import moment_in_words
from models.notifications import PushDevice
from upcoach.services.base.push.web_push import encoded

DEVICES: Final = "/account/notifications/devices"
WORKER: Final = "/account/notifications/worker.js"
SCRIPT: Final = script_of("push")
_UNNAMED: Final[dict[PushPlatform, str]] = {
    "web": "A browser",
    "ios": "An iPhone or iPad",
    "android": "An Android device",
}


def push_values(
    devices: Sequence[PushDevice],
    sessions: Collection[str],
    *,
    own: Session,
    web_key: str,
    tz: str,
) -> dict[str, Any]:
    """The values of the template: of *devices*, those of *sessions* that last.

    A browser knows itself by the hash of its endpoint, which is a secret, and stays here.
    """
    lasting = [device for device in devices if device.session in sessions]
    of_browser = [
        device for device in lasting if device.platform == "web" and device.session == own.id
    ]
    return {
        "devices": [_row(device, own) for device in lasting],
        "devices_action": DEVICES,
        "in_words": functools.partial(moment_in_words, tz=tz),
        "web_key": web_key,
        "worker": WORKER,
        "registered": {_digest(device.token): device.id for device in of_browser},
        "lasts": _lasts(own),
        "push_script": SCRIPT,
    }


def _row(device: PushDevice, own: Session) -> dict[str, Any]:
    return {
        "id": device.id,
        "name": device.name or _UNNAMED[device.platform],
        "current": device.session == own.id,
        "since": device.registered_at,
    }


def _digest(endpoint: str) -> str:
    return encoded(hashlib.sha256(endpoint.encode()).digest())


def _lasts(session: Session) -> str:
    """How long a browser gets pushes: a device lasts as long as the session it is registered in."""
    lifetime = LIFETIMES[session.app]
    idle = counted(int(lifetime.idle.total_seconds()) // 3_600, "hour")
    whole = counted(int(lifetime.whole.total_seconds()) // 3_600, "hour")
    if lifetime.whole.days > 1:
        whole = counted(lifetime.whole.days, "day")
    return (
        f"They come while you are logged in here: until you log out, or have not used your account "
        f"in this browser for {idle}, and for {whole} at most."
    )
