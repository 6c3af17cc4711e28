"""Checksums of documents, by which a client verifies that it holds what the database holds.

The sum of a kind is the XOR, over its documents, of the first 64 bits of SHA-256 of the id, a line
feed, and the version in decimal.  So one change costs two hashes, in any order, and the sums go
along with the log: every event carries those that hold after it.
"""

import hashlib
from collections.abc import Collection

import msgspec

Sums = dict[str, int]

EMPTY = msgspec.msgpack.encode({})

_decoder: msgspec.msgpack.Decoder[Sums] = msgspec.msgpack.Decoder(Sums)


def document_digest(document_id: str, version: int) -> int:
    """The share of one document in the checksum of its kind.

    Examples
    --------
    >>> f"{document_digest('gol_1', 2):016x}"
    'd54ceaec9aeec536'

    """
    return int.from_bytes(hashlib.sha256(f"{document_id}\n{version}".encode()).digest()[:8])


def toggle(sums: Sums, kind: str, document_id: str, version: int) -> None:
    """Add a document to *sums*, or remove it: XOR is its own inverse."""
    total = sums.get(kind, 0) ^ document_digest(document_id, version)
    if total:
        sums[kind] = total
    else:
        sums.pop(kind, None)


def pack_sums(sums: Sums) -> bytes:
    """Encode *sums* as they are stored beside an event."""
    return msgspec.msgpack.encode(sums)


def unpack_sums(stored: bytes) -> Sums:
    """Decode what `pack_sums` encoded."""
    return _decoder.decode(stored)


def wire_sums(
    stored: bytes, kinds: Collection[str] | None = None, unseen: Sums | None = None
) -> dict[str, str]:
    """Stored sums as hexadecimal digits, of *kinds* only where no others may be seen.

    *unseen* has, by kind, in what the sums of versions differ that somebody sees.
    """
    totals = unpack_sums(stored)
    for kind, part in (unseen or {}).items():
        totals[kind] = totals.get(kind, 0) ^ part
    return {
        kind: f"{total:016x}"
        for kind, total in totals.items()
        if total and (kinds is None or kind in kinds)
    }
