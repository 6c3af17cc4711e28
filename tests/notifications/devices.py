"""Registering devices for pushes."""

from typing import Final

from models.base.merge_patch import Json
from tests.support.server.push_service import BrowserSubscription
from tests.support.wire.answers import done
from upcoach.client import RestClient

DEVICES: Final = "/v1/push-devices"
DEVICE: Final = f"{DEVICES}/{{id}}"
WEB_KEY: Final = f"{DEVICES}/web-key"
BROWSER: Final = BrowserSubscription()


def subscription(endpoint: str) -> Json:
    """What a browser gives its page."""
    return {"endpoint": endpoint, "p256dh": BROWSER.p256dh, "auth": BROWSER.auth}


def phone(token: str, **more: str) -> Json:
    """The registration of an Android phone."""
    return {"platform": "android", "token": token, **more}


async def registered(person: RestClient, body: Json) -> str:
    """The id of the device that *person* registers."""
    device: Json = (await done(person.call("POST", DEVICES, body))).body
    return str(device["id"])
