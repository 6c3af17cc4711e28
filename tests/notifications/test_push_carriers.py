"""Pushes as the services of browsers, of Google and of Apple get them, and what these answer."""

import base64
import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from structlog.testing import capture_logs

from tests.notifications.carriers import (
    BROWSER,
    EC,
    LONG,
    MESSAGE,
    NOON,
    RSA,
    SERVICES,
    SUBJECT,
    VAPID,
    apple,
    fcm_error,
    google,
    reason,
    web,
)
from tests.support.server.push_service import BrowserSubscription
from upcoach.node.process.outbound import Outbound
from upcoach.services.base.delivery import CarrierAway, Undeliverable
from upcoach.services.base.delivery.push_carriers import (
    PushTarget,
    TokenGone,
)
from upcoach.services.base.push import apns, fcm
from upcoach.services.base.push.answers import LONGEST_WAIT
from upcoach.services.base.push.web_push import WebPush, decoded, sealed


def test_the_example_of_the_standard_is_sealed_and_opened() -> None:
    private = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
    key = ec.derive_private_key(int.from_bytes(decoded(private)), ec.SECP256R1())
    browser = BrowserSubscription(key, decoded("BTBZMqHH6r4Tts7J_aSIgg"))
    body = decoded(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )

    plain = b"When I grow up, I want to be a watermelon"
    assert browser.opened(body) == plain

    ours = int.from_bytes(decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
    sender = ec.derive_private_key(ours, ec.SECP256R1())
    salt = decoded("DGv6ra1nlYgDCS1FRnbzlw")
    keys = browser.p256dh, "BTBZMqHH6r4Tts7J_aSIgg"
    assert sealed(plain, *keys, sender=sender, salt=salt) == body


async def test_a_browser_gets_a_push_that_it_alone_can_open() -> None:
    async with web() as (service, carrier, target):
        await carrier.carry(target, MESSAGE, NOON)

    [sent] = service.sent
    assert sent.path == "/push/abc"
    assert json.loads(BROWSER.opened(sent.body)) == {
        "title": MESSAGE.title,
        "body": MESSAGE.body,
        "link": MESSAGE.link,
        "type": MESSAGE.type,
        "topic": MESSAGE.topic,
    }
    expected = {"ttl": "14400", "urgency": "high", "content-encoding": "aes128gcm"}
    assert {name: sent.headers[name] for name in expected} == expected
    topic = sent.headers["topic"]
    assert len(topic) <= 32
    assert topic == base64.urlsafe_b64encode(decoded(topic)).decode().rstrip("=")


async def test_a_push_service_knows_us_by_our_signature() -> None:
    async with web() as (service, carrier, target):
        await carrier.carry(target, MESSAGE, NOON)

    scheme, _, rest = service.sent[0].headers["authorization"].partition(" ")
    given = dict(part.split("=", 1) for part in rest.split(", "))
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(given["k"]))
    token = jwt.decode(given["t"], ECKey.import_key(point), algorithms=["ES256"])
    assert (scheme, given["k"]) == ("vapid", VAPID.public)
    assert token.claims == {
        "aud": target.token.removesuffix("/push/abc"),
        "exp": int((NOON + dt.timedelta(hours=12)).timestamp()),
        "sub": SUBJECT,
    }


async def test_google_gets_a_push_with_a_token_that_it_gave_for_an_hour() -> None:
    async with google() as (service, carrier, target):
        await carrier.carry(target, MESSAGE, NOON + dt.timedelta(minutes=58))
        service.answers.append((200, {}, b'{"access_token": "ya30", "expires_in": 3600}'))
        await carrier.carry(target, MESSAGE, NOON + dt.timedelta(minutes=59))
        service.answers.append((401, {}, b"{}"))
        with pytest.raises(CarrierAway):
            await carrier.carry(target, MESSAGE, NOON + dt.timedelta(minutes=60))

    paths = [sent.path for sent in service.sent]
    send = "/v1/projects/upcoach-1/messages:send"
    assert paths == ["/token", send, send, "/token", send, send]
    form = parse_qs(service.sent[0].body.decode())
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    key = RSAKey.import_key(RSA.public_key())
    token = jwt.decode(form["assertion"][0], key, algorithms=["RS256"])
    at = int(NOON.timestamp())
    assert token.header == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    assert token.claims == {
        "iss": "push@upcoach-1.iam",
        "scope": "https://www.googleapis.com/auth/firebase.messaging",
        "aud": service.sent[0].headers["host"].join(("http://", "/token")),
        "iat": at,
        "exp": at + 3600,
    }
    assert [sent.headers.get("authorization") for sent in service.sent[1::3]] == [
        "Bearer ya29",
        "Bearer ya30",
    ]
    message = json.loads(service.sent[1].body)["message"]
    assert message["token"] == "fcm:abc"
    assert message["notification"] == {"title": MESSAGE.title, "body": MESSAGE.body}
    assert message["data"]["link"] == MESSAGE.link
    assert message["android"]["ttl"] == "14400s"
    assert message["android"]["notification"]["tag"] == MESSAGE.topic


async def test_apple_gets_a_push_over_http_2_with_a_token_of_ours() -> None:
    async with apple() as (service, carrier, target):
        for minutes in (0, 30, 41):
            await carrier.carry(target, MESSAGE, NOON + dt.timedelta(minutes=minutes))

    sent = service.sent[0]
    assert sent.path == f"/3/device/{'ab' * 32}"
    assert json.loads(sent.body) == {
        "aps": {
            "alert": {"title": MESSAGE.title, "body": MESSAGE.body},
            "sound": "default",
            "thread-id": "habit_reminder",
        },
        "link": MESSAGE.link,
        "type": MESSAGE.type,
    }
    expected = {
        "apns-id": MESSAGE.id.removeprefix("psh_"),
        "apns-topic": "org.upcoach",
        "apns-push-type": "alert",
        "apns-expiration": str(int(MESSAGE.until.timestamp())),
        "apns-collapse-id": MESSAGE.topic,
    }
    assert {name: sent.headers[name] for name in expected} == expected
    tokens = [one.headers["authorization"].removeprefix("bearer ") for one in service.sent]
    assert [token == tokens[0] for token in tokens] == [True, True, False]
    token = jwt.decode(tokens[0], ECKey.import_key(EC.public_key()), algorithms=["ES256"])
    assert token.header["kid"] == "KEY1"
    assert token.claims == {"iss": "TEAM", "iat": int(NOON.timestamp())}


Answer = tuple[int, Mapping[str, str], bytes]
OUTCOMES: Final[list[tuple[str, Answer, type[Exception] | None]]] = [
    *(("web", (status, {}, b""), None) for status in (200, 201, 202, 204)),
    *(("web", (status, {}, b""), TokenGone) for status in (404, 410)),
    *(("web", (status, {}, b""), CarrierAway) for status in (429, 500, 502, 503)),
    *(("web", (status, {}, b""), Undeliverable) for status in (301, 400, 401, 403, 413)),
    ("google", (404, {}, fcm_error("UNREGISTERED")), TokenGone),
    ("google", (403, {}, fcm_error("SENDER_ID_MISMATCH")), Undeliverable),
    ("google", (400, {}, fcm_error("INVALID_ARGUMENT")), Undeliverable),
    ("google", (404, {}, fcm_error("NOT_FOUND")), Undeliverable),  # of a project that is none
    ("google", (404, {}, b"<html>"), Undeliverable),
    ("google", (400, {}, b"[[[["), Undeliverable),
    ("google", (429, {}, fcm_error("QUOTA_EXCEEDED")), CarrierAway),
    ("google", (503, {}, b"<html>"), CarrierAway),
    ("apple", (200, {}, b""), None),
    ("apple", (410, {}, reason("Unregistered")), TokenGone),
    ("apple", (400, {}, reason("BadDeviceToken")), Undeliverable),
    ("apple", (400, {}, reason("DeviceTokenNotForTopic")), Undeliverable),
    ("apple", (400, {}, reason("PayloadEmpty")), Undeliverable),
    ("apple", (403, {}, reason("ExpiredProviderToken")), CarrierAway),
    ("apple", (429, {}, reason("TooManyRequests")), CarrierAway),
    ("apple", (503, {}, b"nothing"), CarrierAway),
]


@pytest.mark.parametrize(("name", "answer", "outcome"), OUTCOMES)
async def test_each_answer_of_a_push_service_is_understood(
    name: str, answer: Any, outcome: type[Exception] | None
) -> None:
    async with SERVICES[name]() as (service, carrier, target):
        service.answers.append(answer)
        if outcome is None:
            await carrier.carry(target, MESSAGE, NOON)
            return
        with pytest.raises(outcome):
            await carrier.carry(target, MESSAGE, NOON)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("google", (403, {}, fcm_error("SENDER_ID_MISMATCH"))),
        ("google", (404, {}, b"<html>")),
        ("apple", (400, {}, reason("BadDeviceToken"))),
        ("apple", (400, {}, reason("DeviceTokenNotForTopic"))),
    ],
)
async def test_what_may_be_a_wrong_setting_is_in_the_log(name: str, answer: Any) -> None:
    async with SERVICES[name]() as (service, carrier, target):
        service.answers.append(answer)
        with capture_logs() as lines, pytest.raises(Undeliverable):
            await carrier.carry(target, MESSAGE, NOON)

    [line] = lines
    assert (line["event"], line["log_level"]) == ("push_device_not_ours", "warning")
    assert target.token not in str(line)


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize(
    ("asked", "wait_s"),
    [
        ("90", 90),
        ("9" * 20, LONGEST_WAIT.total_seconds()),
        ("Mon, 05 Jan 2026 12:01:00 GMT", 60),
        ("Mon, 05 Jan 2026 11:00:00 GMT", 0),
        ("Mon, 05 Jan 2026 12:01:00 +99999999999999999999", 0),
        ("soon", 0),
    ],
)
async def test_a_push_service_says_how_long_it_is_left_alone(
    name: str, asked: str, wait_s: float
) -> None:
    async with SERVICES[name]() as (service, carrier, target):
        service.answers.append((429, {"retry-after": asked}, b""))
        with pytest.raises(CarrierAway) as away:
            await carrier.carry(target, MESSAGE, NOON)

    assert away.value.wait == dt.timedelta(seconds=wait_s)


@pytest.mark.parametrize("name", SERVICES)
async def test_a_long_text_is_cut_to_what_the_service_takes(name: str) -> None:
    async with SERVICES[name]() as (service, carrier, target):
        await carrier.carry(target, LONG, NOON)

    body = service.sent[-1].body
    if name == "web":
        assert len(body) <= 4096
        body = BROWSER.opened(body)
    assert len(body) <= {"web": 3993, "google": fcm.MOST_BYTES, "apple": apns.MOST_BYTES}[name]
    assert "…" in json.dumps(json.loads(body), ensure_ascii=False)
    assert len(body) > 2_500


@pytest.mark.parametrize("name", ["web", "apple"])
async def test_a_push_service_that_is_not_there_is_tried_again(name: str) -> None:
    async with SERVICES[name]() as (_, carrier, target):
        pass
    with pytest.raises(CarrierAway):
        await carrier.carry(target, MESSAGE, NOON)


async def test_no_push_goes_where_no_request_may() -> None:
    carrier = WebPush(Outbound(loopback=False), VAPID, SUBJECT)
    target = PushTarget(
        platform="web",
        name="",
        token="https://10.0.0.1/push",
        p256dh=BROWSER.p256dh,
        auth=BROWSER.auth,
    )
    with pytest.raises(CarrierAway, match="not on the public internet"):
        await carrier.carry(target, MESSAGE, NOON)
