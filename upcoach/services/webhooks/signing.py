"""Standard Webhooks (https://www.standardwebhooks.com): keys, identifiers and signatures.

What is signed is the identifier, the time in seconds and the payload, with a full stop between
each: by HMAC-SHA256 under a secret that both sides know (`v1`), and by Ed25519 (`v1a`).
"""

import asyncio
import base64
import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.base.ids import derived_id, new_id
from models.webhooks import WebhookKeys

SECRET_BYTES: Final = 32  # of 24 to 64
SECRET, PRIVATE_KEY, PUBLIC_KEY = "whsec_", "whsk_", "whpk_"
MESSAGE_PREFIX: Final = "msg"
SMALL: Final = 64 * 1024  # bytes, which are signed in less time than a thread takes


def new_keys() -> WebhookKeys:
    """Fresh keys of an endpoint."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    return WebhookKeys(
        secret=SECRET + _base64(secrets.token_bytes(SECRET_BYTES)),
        # Both halves, as libsodium has it and Standard Webhooks with it.
        private_key=PRIVATE_KEY + _base64(private.private_bytes_raw() + public),
        public_key=PUBLIC_KEY + _base64(public),
    )


def message_id(webhook: str, cursor: str) -> str:
    """The identifier of the event at *cursor* for a webhook: the same in every attempt."""
    return derived_id(MESSAGE_PREFIX, webhook, cursor)


def new_message_id() -> str:
    """The identifier of a message that is of no event."""
    return new_id(MESSAGE_PREFIX)


async def sign(
    keys: Iterable[tuple[str, str]], message: str, at: dt.datetime, payload: bytes
) -> dict[str, str]:
    """See `signed_headers`; a large payload is signed in a thread, as it would hold up the loop."""
    if len(payload) <= SMALL:
        return signed_headers(keys, message, at, payload)
    return await asyncio.to_thread(signed_headers, keys, message, at, payload)


def signed_headers(
    keys: Iterable[tuple[str, str]], message: str, at: dt.datetime, payload: bytes
) -> dict[str, str]:
    """The headers of a message, signed with each of *keys*: a secret and a private key."""
    timestamp = int(at.timestamp())
    content = f"{message}.{timestamp}.".encode() + payload
    signatures = [
        signature
        for secret, private_key in keys
        for signature in (_v1(secret, content), _v1a(private_key, content))
    ]
    return {
        "Content-Type": "application/json",
        "Webhook-Id": message,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": " ".join(signatures),
    }


def _v1(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET))
    return f"v1,{_base64(hmac.digest(key, content, hashlib.sha256))}"


def _v1a(private_key: str, content: bytes) -> str:
    raw = base64.b64decode(private_key.removeprefix(PRIVATE_KEY))
    return f"v1a,{_base64(Ed25519PrivateKey.from_private_bytes(raw[:32]).sign(content))}"


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
