"""What a carrier of pushes is given, and what it may answer."""

import datetime as dt
from typing import Protocol

import msgspec

from models.base.messages.push import PushPlatform


class PushTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A device that takes pushes, as its push service knows it.

    Attributes
    ----------
    name
        What its owner calls it.
    token
        The token by which APNs or FCM knows the app on the device; of browsers the endpoint, a URL.
    p256dh, auth
        The keys of a browser's subscription (RFC 8291, 2).

    """

    platform: PushPlatform
    name: str
    token: str
    p256dh: str = ""
    auth: str = ""


class PushMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A push as a device gets it; see `models.base.messages.push.PushRequest`."""

    id: str
    topic: str
    title: str
    body: str
    link: str
    type: str
    until: dt.datetime


class TokenGone(Exception):
    """The push service knows the device no more: nothing will ever reach it by this token."""


class PushCarrier(Protocol):
    """Carries pushes to the devices of a platform."""

    async def carry(self, target: PushTarget, message: PushMessage, at: dt.datetime) -> None:
        """Carry *message*, whose id is the same however often it is tried.

        Raises `TokenGone`, `CarrierAway`, or `Undeliverable`.
        """
