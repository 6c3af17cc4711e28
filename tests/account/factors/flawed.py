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


# What can be wrong with what an authenticator says of a new key.
WRONG: Final[dict[str, Callable[[dict[str, Any]], None]]] = {
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
