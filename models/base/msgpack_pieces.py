"""MessagePack in pieces: the encoding of a large value as an iterator of bytes.

What is encoded in one go holds the interpreter, also in another thread, for as long as that takes.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import msgspec

_encoder: Final = msgspec.msgpack.Encoder()
encode: Final = _encoder.encode


def array_pieces(items: Collection[Any]) -> Iterator[bytes]:
    """Encode an array of *items*, a piece each.

    Examples
    --------
    >>> b"".join(array_pieces(["a", 7])) == msgspec.msgpack.encode(["a", 7])
    True

    """
    yield array_head(len(items))
    for item in items:
        yield encode(item)


def map_pieces(entries: Mapping[str, Any]) -> Iterator[bytes]:
    """Encode a map of *entries*, a piece each.

    Examples
    --------
    >>> entries = {f"habit {number}": number for number in range(70_000)}
    >>> b"".join(map_pieces(entries)) == msgspec.msgpack.encode(entries)
    True

    """
    yield map_head(len(entries))
    for name, value in entries.items():
        yield encode(name) + encode(value)


def array_head(length: int) -> bytes:
    """The header of an array of *length* items."""
    return _head(length, small=0x90, up_to=16, sizes=((2, 0xDC), (4, 0xDD)))


def map_head(length: int) -> bytes:
    """The header of a map of *length* entries."""
    return _head(length, small=0x80, up_to=16, sizes=((2, 0xDE), (4, 0xDF)))


def bytes_head(length: int) -> bytes:
    """The header of *length* bytes.

    Examples
    --------
    >>> lengths = [0, 1, 255, 256, 65_535, 65_536]
    >>> all(bytes_head(n) + bytes(n) == msgspec.msgpack.encode(bytes(n)) for n in lengths)
    True

    """
    return _head(length, small=0, up_to=0, sizes=((1, 0xC4), (2, 0xC5), (4, 0xC6)))


def _head(length: int, *, small: int, up_to: int, sizes: tuple[tuple[int, int], ...]) -> bytes:
    if length < up_to:
        return bytes((small | length,))
    size, code = next((size, code) for size, code in sizes if length < 1 << 8 * size)
    return bytes((code,)) + length.to_bytes(size)
