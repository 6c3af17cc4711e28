"""The carriers of pushes, each beside a service of ours in the place of the real one."""

import contextlib
import datetime as dt
import json
from collections.abc import AsyncIterator
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.support.server.push_service import BrowserSubscription, PushService
from upcoach.node.process.http2_client import Http2Client
from upcoach.node.process.outbound import Outbound
from upcoach.services.base.delivery.push_carriers import (
    PushCarrier,
    PushMessage,
    PushTarget,
)
from upcoach.services.base.push.apns import Apns, ApnsKey
from upcoach.services.base.push.fcm import Fcm, ServiceAccount
from upcoach.services.base.push.web_push import VapidKey, WebPush

NOON: Final = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
SUBJECT: Final = "https://upcoach.test"
BROWSER: Final = BrowserSubscription()
VAPID: Final = VapidKey(b"1" * 32)
MESSAGE: Final = PushMessage(
    id="psh_01a20c66-99df-75bd-8f37-3328887fd989",
    topic="ntf_01a20c66-99df-75bd-8f37-3328887fd989",
    title="Zeit für „Laufen“ 🏃",
    body="Seven o'clock.",
    link="/habits/hab_1",
    type="habit_reminder",
    until=NOON + dt.timedelta(hours=4),
)
LONG: Final = MESSAGE.__class__(
    **{name: getattr(MESSAGE, name) for name in MESSAGE.__struct_fields__}
    | {"body": "🏃“\n" * 2_000}
)


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


RSA: Final = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC: Final = ec.generate_private_key(ec.SECP256R1())


@contextlib.asynccontextmanager
async def web() -> AsyncIterator[tuple[PushService, PushCarrier, PushTarget]]:
    """A push service of browsers, what carries to it, and a browser."""
    service = PushService()
    async with service.listening() as origin:
        outbound = Outbound(loopback=True)
        target = PushTarget(
            platform="web",
            name="",
            token=f"{origin}/push/abc",
            p256dh=BROWSER.p256dh,
            auth=BROWSER.auth,
        )
        yield service, WebPush(outbound, VAPID, SUBJECT), target
        outbound.close()


@contextlib.asynccontextmanager
async def google() -> AsyncIterator[tuple[PushService, PushCarrier, PushTarget]]:
    """The same of FCM, which has given an access token already."""
    service = PushService()
    async with service.listening() as origin:
        outbound = Outbound(loopback=True)
        account = ServiceAccount(
            project_id="upcoach-1",
            client_email="push@upcoach-1.iam",
            private_key=pem(RSA),
            private_key_id="k1",
            token_uri=f"{origin}/token",
        )
        carrier = Fcm(outbound, outbound, account, api=origin)
        service.answers.append((200, {}, b'{"access_token": "ya29", "expires_in": 3600}'))
        target = PushTarget(platform="android", name="", token="fcm:abc")
        await carrier.carry(target, MESSAGE, NOON)
        yield service, carrier, target
        outbound.close()


@contextlib.asynccontextmanager
async def apple() -> AsyncIterator[tuple[PushService, PushCarrier, PushTarget]]:
    """The same of APNs, over HTTP/2."""
    service, client = PushService(), Http2Client(cleartext=True)
    async with service.listening_http2() as origin:
        key = ApnsKey(team="TEAM", key_id="KEY1", topic="org.upcoach", key=pem(EC))
        target = PushTarget(platform="ios", name="", token="ab" * 32)
        yield service, Apns(client, key, api=origin), target
        await client.close()


SERVICES: Final = {"web": web, "google": google, "apple": apple}


def fcm_error(code: str) -> bytes:
    return json.dumps({"error": {"details": [{"@type": "x"}, {"errorCode": code}]}}).encode()


def reason(word: str) -> bytes:
    return json.dumps({"reason": word}).encode()
