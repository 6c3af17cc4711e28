"""MessagePack in pieces: the encoding of a large value as an iterator of bytes.

Records are a row of values, each with its kind, which can be read one at a time.

What is encoded in one go holds the interpreter, also in another thread, for as long as that takes.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

_encoder: Final = msgspec.msgpack.Encoder()
encode: Final = _encoder.encode

_HEAD: Final = struct.Struct("<IB")  # of a record: its length and kind


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


class PieceReader:
    """Reads a value that was encoded in pieces, one at a time.

    Examples
    --------
    >>> reader = PieceReader(msgspec.msgpack.encode({"turn": 70_000, "state": b"abc"}))
    >>> reader.map_length(), reader.text(), reader.number()
    (2, 'turn', 70000)
    >>> reader.text(), bytes(reader.content())
    ('state', b'abc')

    """

    def __init__(self, data: bytes | bytearray) -> None:
        self._data = memoryview(data)
        self._place = 0

    def map_length(self) -> int:
        """The number of entries of a map that begins here."""
        return self._head(small=(0x80, 0x0F), sizes={0xDE: 2, 0xDF: 4})

    def text(self) -> str:
        """The text that comes next."""
        length = self._head(small=(0xA0, 0x1F), sizes={0xD9: 1, 0xDA: 2, 0xDB: 4})
        return str(self._take(length), "utf-8")

    def number(self) -> int:
        """The number, which is not negative, that comes next."""
        return self._head(small=(0x00, 0x7F), sizes={0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8})

    def content(self) -> memoryview:
        """The bytes that come next, not copied."""
        return self._take(self._head(small=(0, 0), sizes={0xC4: 1, 0xC5: 2, 0xC6: 4}))

    def _head(self, *, small: tuple[int, int], sizes: Mapping[int, int]) -> int:
        base, mask = small
        code = self._take(1)[0]
        if mask and code & ~mask == base:
            return code & mask
        if code not in sizes:
            raise ValueError(f"A value that begins with {code:#x} is not expected here.")
        return int.from_bytes(self._take(sizes[code]))

    def _take(self, length: int) -> memoryview:
        taken = self._data[self._place : self._place + length]
        if len(taken) < length:
            raise ValueError("The data ends too early.")
        self._place += length
        return taken


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
