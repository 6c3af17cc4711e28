"""Encryption of values: AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D, 8.2.2).

A sealed value is `version | nonce | ciphertext and tag`.  Its *place* (what it is and where it
stands) is authenticated with it, so a value that was moved to another person, document, field or
number does not open.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = b"\x01"
_NONCE = 12


class Unreadable(Exception):
    """The value cannot be opened: its key is destroyed, or it was tampered with or moved."""


def place(*names: str | int) -> bytes:
    """Associated data for a value that stands at *names*; no two places give the same bytes."""
    parts = [str(name).encode() for name in names]
    return b"".join([len(part).to_bytes(4) + part for part in parts])


def seal(key: AESGCM, plain: bytes, where: bytes) -> bytes:
    """Encrypt *plain* so that it opens only with *key* and only *where* it was sealed."""
    nonce = os.urandom(_NONCE)
    return _VERSION + nonce + key.encrypt(nonce, plain, where)


def unseal(key: AESGCM, sealed: bytes, where: bytes) -> bytes:
    """Decrypt what `seal` made, or raise `Unreadable`."""
    if sealed[:1] != _VERSION:
        raise Unreadable
    try:
        return key.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], where)
    except (InvalidTag, ValueError):
        raise Unreadable from None
