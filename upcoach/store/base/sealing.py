"""Encryption of values: AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D, 8.2.2).

A sealed value is `version | nonce | ciphertext and tag`.  What it is and where it stands (the
associated data) is authenticated with it, so a value that was moved to another person, document,
field or number does not open.

Words that a sealed document is found by are kept as keyed hashes under the same person's key: once
that is destroyed, nobody can find out either which words there were.
"""

import hashlib
import hmac
import os
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = b"\x01"
_NONCE = 12
_NAME = 8  # bytes; in the vocabulary of one person, no two words of 64 bits meet


class DataKey:
    """A person's data key: encrypts their documents, and hashes the words these are found by."""

    def __init__(self, secret: bytes) -> None:
        self.cipher = AESGCM(secret)
        # A key of its own for another purpose (NIST SP 800-108, 4.1 with one block).
        self._words = hmac.digest(secret, b"\x01words\x00", "sha256")

    def blind(self, word: str) -> bytes:
        """The keyed hash of *word* under which it stands in the database (a blind index)."""
        return hmac.digest(self._words, word.encode(), "sha256")[:_NAME]

    def blind_all(self, words: Iterable[str]) -> list[bytes]:
        """The same for all of *words*: what each begins with is hashed once (RFC 2104, 4)."""
        inner, outer = (hashlib.sha256(_padded(self._words, byte)) for byte in (0x36, 0x5C))
        return [_name_of(word, inner.copy(), outer.copy()) for word in words]


def _name_of(word: str, inner: "hashlib._Hash", outer: "hashlib._Hash") -> bytes:
    inner.update(word.encode())
    outer.update(inner.digest())
    return outer.digest()[:_NAME]


def _padded(key: bytes, byte: int) -> bytes:
    """*key* in a block of SHA-256, each byte with *byte* (RFC 2104, 2)."""
    return bytes(one ^ byte for one in key.ljust(hashlib.sha256().block_size, b"\0"))


class Unreadable(Exception):
    """The value cannot be opened: its key is destroyed, or it was tampered with or moved."""


def associated_data(*names: str | int) -> bytes:
    """Associated data for a value that stands at *names*; no two places give the same bytes."""
    return b"".join(map(_part, names))


def _part(name: str | int) -> bytes:
    part = str(name).encode()
    return len(part).to_bytes(4) + part


def seal(key: DataKey, plain: bytes, where: bytes) -> bytes:
    """Encrypt *plain* so that it opens only with *key* and only *where* it was sealed."""
    nonce = os.urandom(_NONCE)
    return _VERSION + nonce + key.cipher.encrypt(nonce, plain, where)


def unseal(key: DataKey, sealed: bytes, where: bytes) -> bytes:
    """Decrypt what `seal` made, or raise `Unreadable`."""
    if sealed[:1] != _VERSION:
        raise Unreadable
    try:
        return key.cipher.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], where)
    except (InvalidTag, ValueError):
        raise Unreadable from None
