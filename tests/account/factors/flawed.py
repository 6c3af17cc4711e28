"""Factors that are none, and what asks for one."""

from collections.abc import Callable
from typing import Any, Final

import cbor2

from tests.support.people.authenticator import BACKED_UP, ELIGIBLE, PRESENT, VERIFIED, Bent, text
from tests.support.people.passkeys import APP, ORIGIN

# Each is one lie in a login that is otherwise right.
LIES: Final[dict[str, Bent]] = {
    "another origin": Bent(client={"origin": "https://evil.example"}),
    "a deeper origin": Bent(client={"origin": "http://sub.upcoach.test"}),
    "another scheme": Bent(client={"origin": "https://upcoach.test"}),
    "an origin with a port": Bent(client={"origin": f"{ORIGIN}:81"}),
    "an origin with a path": Bent(client={"origin": f"{ORIGIN}/"}),
    "no origin": Bent(client={"origin": ""}),
    "an app of another key": Bent(client={"origin": APP}),
    "another type": Bent(client={"type": "webauthn.create"}),
    "a challenge of their own": Bent(client={"challenge": text(bytes(32))}),
    "no challenge": Bent(client={"challenge": ""}),
    "a challenge that is no text": Bent(client={"challenge": 5}),
    "another domain": Bent(domain="evil.example"),
    "a parent domain": Bent(domain="test"),
    "nobody verified": Bent(flags=PRESENT | ELIGIBLE | BACKED_UP),
    "nobody present": Bent(flags=VERIFIED | ELIGIBLE | BACKED_UP),
    "no flags": Bent(flags=0),
    "backed up without being able to": Bent(flags=PRESENT | VERIFIED | BACKED_UP),
    "another key": Bent(other_key=True),
    "no signature": Bent(response={"signature": ""}),
    "a signature of nothing": Bent(response={"signature": text(bytes(70))}),
    "other data than signed": Bent(response={"authenticatorData": text(bytes(37))}),
    "short data": Bent(response={"authenticatorData": text(bytes(10))}),
    "client data that is no JSON": Bent(response={"clientDataJSON": text(b"{")}),
    "client data that is a list": Bent(response={"clientDataJSON": text(b"[]")}),
    "client data that is no text": Bent(response={"clientDataJSON": text(b"\xff\xfe")}),
    "half a byte": Bent(response={"clientDataJSON": "A"}),
    "another user": Bent(response={"userHandle": text(bytes(64))}),
    "no user": Bent(response={"userHandle": ""}),
    "an unknown credential": Bent(credential={"id": text(bytes(32)), "rawId": text(bytes(32))}),
    "no credential": Bent(credential={"id": ""}),
}
UNREAD: Final[dict[str, Bent]] = {
    "a signature that is a number": Bent(response={"signature": 5}),
    "a user in other letters": Bent(response={"userHandle": "a+b/="}),
    "a huge signature": Bent(response={"signature": "A" * 16_385}),
    "an answer that is no object": Bent(credential={"response": []}),
    "another type of credential": Bent(credential={"type": "password"}),
    "an id that is an object": Bent(credential={"id": {"$ne": ""}}),
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
