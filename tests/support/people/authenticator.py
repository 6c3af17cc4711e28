"""An authenticator in software: it makes passkeys, keeps them, and signs with them (WebAuthn, 6).

Each answer can be bent in one place, as a careless browser or a thief would: `Tampering`.
"""

import base64
import hashlib
import json
import secrets
from typing import Any, Final

import cbor2
import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from models.base.merge_patch import Json

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
SYNCED: Final = PRESENT | VERIFIED | ELIGIBLE | BACKED_UP


class Tampering(msgspec.Struct, frozen=True, kw_only=True):
    """How an answer differs from the right one.

    Attributes
    ----------
    client
        Fields of the client data that say something else.
    response, credential
        Fields of the answer that say something else, once it is signed.
    count
        How often the key was used, as the authenticator says.

    """

    flags: int | None = None
    domain: str | None = None
    count: int | None = None
    client: Json = {}
    response: Json = {}
    credential: Json = {}
    other_key: bool = False


UNTAMPERED: Final = Tampering()


class StoredPasskey(msgspec.Struct):
    """A passkey, with its secret half."""

    credential: bytes
    key: ec.EllipticCurvePrivateKey
    handle: bytes
    count: int = 0


class Authenticator:
    """A phone that holds passkeys for one origin; it counts their uses if it is told to."""

    def __init__(self, origin: str, *, counts: bool = False) -> None:
        self.origin = origin
        self.kept: list[StoredPasskey] = []
        self._counts = counts

    def make(self, options: Json, tampering: Tampering = UNTAMPERED) -> Json:
        """A new passkey, as `navigator.credentials.create` answers."""
        key = ec.generate_private_key(ec.SECP256R1())
        kept = StoredPasskey(secrets.token_bytes(32), key, plain(options["user"]["id"]))
        self.kept.append(kept)
        attested = (
            bytes(16) + len(kept.credential).to_bytes(2) + kept.credential + cbor2.dumps(_cose(key))
        )
        signed = self._signed(kept, options["rp"]["id"], tampering, ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": signed})
        client = self._client("webauthn.create", options, tampering)
        answer = {"clientDataJSON": text(client), "attestationObject": text(attestation)}
        more = {"transports": ["internal"], "publicKeyAlgorithm": -7}
        return _credential(kept, answer | more | tampering.response, tampering)

    def show(
        self, options: Json, kept: StoredPasskey | None = None, tampering: Tampering = UNTAMPERED
    ) -> Json:
        """The newest passkey, or *kept*, as `navigator.credentials.get` answers."""
        kept = kept or self.kept[-1]
        kept.count += self._counts
        signed = self._signed(kept, options["rpId"], tampering)
        client = self._client("webauthn.get", options, tampering)
        key = ec.generate_private_key(ec.SECP256R1()) if tampering.other_key else kept.key
        signed_data = signed + hashlib.sha256(client).digest()
        answer = {
            "clientDataJSON": text(client),
            "authenticatorData": text(signed),
            "signature": text(key.sign(signed_data, ec.ECDSA(hashes.SHA256()))),
            "userHandle": text(kept.handle),
        }
        return _credential(kept, answer | tampering.response, tampering)

    def _signed(
        self, kept: StoredPasskey, domain: str, tampering: Tampering, more: int = 0
    ) -> bytes:
        flags = (SYNCED if tampering.flags is None else tampering.flags) | more
        count = kept.count if tampering.count is None else tampering.count
        named = hashlib.sha256((tampering.domain or domain).encode()).digest()
        return named + bytes([flags]) + count.to_bytes(4)

    def _client(self, kind: str, options: Json, tampering: Tampering) -> bytes:
        right = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps(right | {"crossOrigin": False} | tampering.client).encode()


def text(raw: bytes) -> str:
    """*raw* in base64url."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def plain(encoded: str) -> bytes:
    """What *encoded* in base64url holds."""
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))


def _cose(key: ec.EllipticCurvePrivateKey) -> dict[int, Any]:
    numbers = key.public_key().public_numbers()
    return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}


def _credential(kept: StoredPasskey, answer: Json, tampering: Tampering) -> Json:
    name = text(kept.credential)
    right: Json = {"id": name, "rawId": name, "type": "public-key", "response": answer}
    beside = {"authenticatorAttachment": "platform", "clientExtensionResults": {}}
    return right | beside | tampering.credential
