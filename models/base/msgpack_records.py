"""Records of MessagePack one after the other, which can be read one at a time.

Each is a length of four bytes, a kind of one, and a value.  What is decoded in one go holds the
interpreter, also in another thread, for as long as that takes.
"""

import struct
from collections.abc import Iterator
from typing import Any, Final

from models.base.msgpack_pieces import encode

_HEAD: Final = struct.Struct("<IB")


def record(kind: int, value: Any) -> bytes:
    """A *value* as a record."""
    body = encode(value)
    return _HEAD.pack(len(body), kind) + body


def records(data: bytes | memoryview) -> Iterator[tuple[int, memoryview]]:
    r"""The kind and the undecoded value of each record.

    Examples
    --------
    >>> [(kind, bytes(body)) for kind, body in records(record(1, None) + record(2, [7]))]
    [(1, b'\xc0'), (2, b'\x91\x07')]

    """
    whole, place = memoryview(data), 0
    while place < len(whole):
        length, kind = _HEAD.unpack_from(whole, place)
        place += _HEAD.size
        yield kind, whole[place : place + length]
        place += length
