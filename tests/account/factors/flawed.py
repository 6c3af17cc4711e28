"""Factors that are none, and what asks for one."""

from collections.abc import Callable
from typing import Any, Final

import cbor2

from tests.support.people.authenticator import (
    BACKED_UP,
    ELIGIBLE,
    PRESENT,
    VERIFIED,
    Tampering,
    text,
)
from tests.support.people.passkeys import APP, ORIGIN

DEEP: Final = b'{"a":' + b"[" * 9_000  # deeper than a reader of JSON goes

# Each is one lie in a login that is otherwise right.
LIES: Final[dict[str, Tampering]] = {
    "another origin": Tampering(client={"origin": "https://evil.example"}),
    "a deeper origin": Tampering(client={"origin": "http://sub.upcoach.test"}),
    "another scheme": Tampering(client={"origin": "https://upcoach.test"}),
    "an origin with a port": Tampering(client={"origin": f"{ORIGIN}:81"}),
    "an origin with a path": Tampering(client={"origin": f"{ORIGIN}/"}),
    "no origin": Tampering(client={"origin": ""}),
    "an app of another key": Tampering(client={"origin": APP}),
    "another type": Tampering(client={"type": "webauthn.create"}),
    "a challenge of their own": Tampering(client={"challenge": text(bytes(32))}),
    "no challenge": Tampering(client={"challenge": ""}),
    "a challenge that is no text": Tampering(client={"challenge": 5}),
    "another domain": Tampering(domain="evil.example"),
    "a parent domain": Tampering(domain="test"),
    "nobody verified": Tampering(flags=PRESENT | ELIGIBLE | BACKED_UP),
    "nobody present": Tampering(flags=VERIFIED | ELIGIBLE | BACKED_UP),
    "no flags": Tampering(flags=0),
    "backed up without being able to": Tampering(flags=PRESENT | VERIFIED | BACKED_UP),
    "another key": Tampering(other_key=True),
    "no signature": Tampering(response={"signature": ""}),
    "a signature of nothing": Tampering(response={"signature": text(bytes(70))}),
    "other data than signed": Tampering(response={"authenticatorData": text(bytes(37))}),
    "short data": Tampering(response={"authenticatorData": text(bytes(10))}),
    "client data that is no JSON": Tampering(response={"clientDataJSON": text(b"{")}),
    "client data that is a list": Tampering(response={"clientDataJSON": text(b"[]")}),
    "client data that is no text": Tampering(response={"clientDataJSON": text(b"\xff\xfe")}),
    "client data that goes deep": Tampering(response={"clientDataJSON": text(DEEP)}),
    "half a byte": Tampering(response={"clientDataJSON": "A"}),
    "another user": Tampering(response={"userHandle": text(bytes(64))}),
    "no user": Tampering(response={"userHandle": ""}),
    "an unknown credential": Tampering(
        credential={"id": text(bytes(32)), "rawId": text(bytes(32))}
    ),
    "no credential": Tampering(credential={"id": ""}),
}
UNREAD: Final[dict[str, Tampering]] = {
    "a signature that is a number": Tampering(response={"signature": 5}),
    "a user in other letters": Tampering(response={"userHandle": "a+b/="}),
    "a huge signature": Tampering(response={"signature": "A" * 16_385}),
    "an answer that is no object": Tampering(credential={"response": []}),
    "another type of credential": Tampering(credential={"type": "password"}),
    "an id that is an object": Tampering(credential={"id": {"$ne": ""}}),
}


def _large_id(attestation: dict[str, Any]) -> None:
    data = attestation["authData"]
    attestation["authData"] = data[:53] + (1_024).to_bytes(2) + bytes(1_024) + data[87:]


def _weak_algorithm(attestation: dict[str, Any]) -> None:
    data = attestation["authData"]
    key = cbor2.loads(data[87:])
    attestation["authData"] = data[:87] + cbor2.dumps(key | {3: -65535})


def _of_key(**key: Any) -> Callable[[dict[str, Any]], None]:
    """An attestation of another key, by the names of COSE (RFC 9053)."""
    names = {"kty": 1, "alg": 3, "crv": -1, "x": -2, "y": -3, "n": -1, "e": -2}
    cose = cbor2.dumps({names[name]: value for name, value in key.items()})

    def change(attestation: dict[str, Any]) -> None:
        attestation["authData"] = attestation["authData"][:87] + cose

    return change


_POINT: Final = {"x": b"x" * 32, "y": b"y" * 32}

# What can be wrong with what an authenticator says of a new key.
WRONG: Final[dict[str, Callable[[dict[str, Any]], None]]] = {
    "a point beside its curve": _of_key(kty=2, alg=-7, crv=1, **_POINT),
    "a point of a byte": _of_key(kty=2, alg=-7, crv=1, x=b"x", y=b"y"),
    "an unknown curve": _of_key(kty=2, alg=-7, crv=99, **_POINT),
    "a number for a point": _of_key(kty=2, alg=-7, crv=1, x=1, y=2),
    "an RSA key of 1": _of_key(kty=3, alg=-257, n=b"\x01", e=b"\x01"),
    "an even RSA key": _of_key(kty=3, alg=-257, n=b"\xff" * 255 + b"\xfe", e=b"\x02"),
    "a point as an RSA key": _of_key(kty=2, alg=-257, crv=1, **_POINT),
    "half an Ed25519 key": _of_key(kty=1, alg=-8, crv=6, x=b"z" * 31),
    "an Ed25519 key that takes any signature": _of_key(kty=1, alg=-8, crv=6, x=b"\x01" + bytes(31)),
    "no key": lambda said: said.update(authData=said["authData"][:37]),
    "half a key": lambda said: said.update(authData=said["authData"][:-20]),
    "more than a key": lambda said: said.update(authData=said["authData"] + b"\x00"),
    "nothing": lambda said: said.clear(),
    "an unknown statement": lambda said: said.update(fmt="compound"),
    "a statement beside none": lambda said: said.update(attStmt={"sig": b"x", "alg": -7}),
    "a forged statement": lambda said: said.update(fmt="packed", attStmt={"sig": b"x", "alg": -7}),
    "a statement that is no map": lambda said: said.update(attStmt=5),
    "data that are a number": lambda said: said.update(authData=5),
    "a credential of a thousand bytes": _large_id,
    "SHA-1": _weak_algorithm,
}

# What may not be done by whoever finds an open phone.
GUARDED = {
    ("POST", "/v1/auth/totp/enrol"),
    ("POST", "/v1/auth/totp/confirm"),
    ("POST", "/v1/auth/totp/disable"),
    ("POST", "/v1/auth/recovery-codes"),
    ("POST", "/v1/auth/passkeys/options"),
    ("POST", "/v1/auth/passkeys"),
    ("DELETE", "/v1/auth/passkeys/{id}"),
}
