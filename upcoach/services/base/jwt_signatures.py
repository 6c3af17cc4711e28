"""Verification of JSON Web Tokens that others sign: proofs and assertions."""

import datetime as dt
from typing import Annotated, Any, Final

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key

LEEWAY: Final = dt.timedelta(seconds=30)  # by which clocks may differ
LONGEST: Final = 8_192
# Seconds since 1970 (RFC 7519, 2), none of which is too large to be compared with a clock.
NumericDate = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
NAME: Final = 256  # characters of a `jti`
_KINDS: Final = {"ES256": "EC", "Ed25519": "OKP", "PS256": "RSA", "RS256": "RSA"}
_RSA_BITS: Final = 2_048
_MODULUS: Final = range(342, 2_732)  # characters: of those bits, and of 16,384 (RFC 7518, 6.3.1.1)


class BadSignature(Exception):
    """The token's signature is invalid, or it cannot be decoded."""


def header_of(token: str) -> dict[str, Any]:
    """The unverified header of *token*."""
    try:
        return dict(jws.extract_compact(_raw(token)).headers())
    except (JoseError, ValueError, TypeError, AttributeError):
        raise BadSignature from None


def payload_of(token: str, key: Key, alg: str) -> bytes:
    """Verify *token* with *key*, and return its payload."""
    try:
        return jws.deserialize_compact(_raw(token), key, algorithms=[alg]).payload
    except (JoseError, ValueError, TypeError, AttributeError):
        raise BadSignature from None


def public_key(jwk: Any, alg: str) -> Key:
    """Import the key *jwk*, which must be public and fit *alg*."""
    if not isinstance(jwk, dict) or jwk.get("kty") != _KINDS.get(alg):
        raise BadSignature
    if jwk["kty"] == "RSA" and len(str(jwk.get("n"))) not in _MODULUS:
        raise BadSignature
    try:
        key = import_key(jwk)
        fits = _fits(key, alg)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise BadSignature from None
    if not fits or key.is_private:
        raise BadSignature
    return key


def read(payload: bytes, kind: type[msgspec.Struct]) -> Any:
    """Decode the claims of *payload* as a *kind*."""
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise BadSignature from None


def _raw(token: str) -> bytes:
    if len(token) > LONGEST or not token.isascii():
        raise BadSignature
    return token.encode()


def _fits(key: Key, alg: str) -> bool:
    match key:
        case ECKey():
            return alg == "ES256" and key.curve_name == "P-256"
        case OKPKey():
            return alg == "Ed25519" and key.curve_name == "Ed25519"
        case RSAKey():
            return key.raw_value.key_size >= _RSA_BITS
        case _:
            return False
