"""Web Push: pushes to browsers (RFC 8030), sealed for them alone (RFC 8291), signed (RFC 8292)."""

import base64
import binascii
import datetime as dt
import hashlib
import os
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from upcoach.services.base.delivery import CarrierAway, Undeliverable
from upcoach.services.base.delivery.push_carriers import PushMessage, PushTarget
from upcoach.services.base.fetching import FetchFailed, Poster
from upcoach.services.base.push.answers import check_answer
from upcoach.services.base.push.payloads import encoded_within

MOST_BYTES: Final = 3993  # that every push service takes (RFC 8291, 4)
RECORD_BYTES: Final = 4096  # of a record, at most
LIFE: Final = dt.timedelta(hours=12)  # of a signature; at most a day (RFC 8292, 2)
GONE: Final[frozenset[str | int]] = frozenset({404, 410})  # RFC 8030, 7.3
_LAST_RECORD: Final = b"\x02"  # the delimiter of padding that there is none of
CURVE: Final = ec.SECP256R1()
# The order of the curve (SEC 2, 2.4.2): what keys are less than.
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class VapidKey:
    """The key by which push services know this installation (RFC 8292, 3)."""

    def __init__(self, secret: bytes) -> None:
        scalar = int.from_bytes(secret) % (_ORDER - 1) + 1
        self._key = ec.derive_private_key(scalar, CURVE)
        self.public = encoded(raw_public(self._key.public_key()))

    def authorization(self, endpoint: str, subject: str, at: dt.datetime) -> str:
        """The `Authorization` for the push service of *endpoint*."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((at + LIFE).timestamp()),
            "sub": subject,
        }
        key = ECKey.import_key(self._key)
        token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, key, algorithms=["ES256"])
        return f"vapid t={token}, k={self.public}"


class WebPush:
    """Carries pushes to browsers; *subject* is where push services can reach us."""

    def __init__(self, post: Poster, key: VapidKey, subject: str) -> None:
        self._post = post
        self._key = key
        self._subject = subject

    async def carry(self, target: PushTarget, message: PushMessage, at: dt.datetime) -> None:
        """See `PushCarrier`."""
        plain = encoded_within(MOST_BYTES, message, _form)
        headers = {
            "Authorization": self._key.authorization(target.token, self._subject, at),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(max(0, int((message.until - at).total_seconds()))),
            "Topic": topic_of(message.topic),
            "Urgency": "high",
        }
        try:
            body = sealed(plain, target.p256dh, target.auth)
        except ValueError:
            raise Undeliverable("its keys are none") from None
        try:
            answer = await self._post.post(target.token, body, headers, 0)
        except FetchFailed as failure:
            raise CarrierAway(str(failure)) from None
        check_answer(answer, "", at, gone=GONE)


def sealed(
    plain: bytes,
    p256dh: str,
    auth: str,
    *,
    sender: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """*plain* for the browser with these keys (RFC 8291, 3.4), in one record (RFC 8188, 2).

    Key and salt are made for it, but in a test.  `ValueError` if the browser's keys are none.
    """
    sender = sender or ec.generate_private_key(CURVE)
    salt = salt or os.urandom(16)
    receiver, ours = decoded(p256dh), raw_public(sender.public_key())
    public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, receiver)
    shared = sender.exchange(ec.ECDH(), public)
    secret = _derived(shared, decoded(auth), b"WebPush: info\0" + receiver + ours, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    record = AESGCM(key).encrypt(nonce, plain + _LAST_RECORD, None)
    return salt + RECORD_BYTES.to_bytes(4) + len(ours).to_bytes(1) + ours + record


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """A key from *secret* (HKDF, RFC 5869)."""
    return HKDF(SHA256(), length, salt, info).derive(secret)


def check_keys(p256dh: str, auth: str) -> None:
    """Raise `ValueError` unless these are the keys of a browser's subscription."""
    ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decoded(p256dh))
    if len(decoded(p256dh)) != 65 or len(decoded(auth)) != 16:
        raise ValueError("keys of another length")


def topic_of(text: str) -> str:
    """A name for *text* of the form that push services take (RFC 8030, 5.4)."""
    return encoded(hashlib.sha256(text.encode()).digest())[:32]


def raw_public(key: ec.EllipticCurvePublicKey) -> bytes:
    """*key* as an uncompressed point (SEC 1, 2.3.3)."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encoded(raw: bytes) -> str:
    """*raw* in base64url without padding (RFC 4648, 5)."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decoded(text: str) -> bytes:
    """The bytes of *text* in base64url, with or without padding; or `ValueError`."""
    bare = text.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("no base64url") from None


def _form(message: PushMessage) -> dict[str, Any]:
    return {
        "title": message.title,
        "body": message.body,
        "link": message.link,
        "type": message.type,
        "topic": message.topic,
    }
