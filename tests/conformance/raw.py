"""A WebSocket client that can say anything: frames are bytes, and nothing is put right."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Iterable
from typing import Final, NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
PATIENCE_S: Final = 20.0
MASK: Final = b"\x37\xfa\x21\x3d"
KEY: Final = "dGhlIHNhbXBsZSBub25jZQ=="
HEADERS: Final = {
    "Host": "127.0.0.1",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}


class Received(NamedTuple):
    """One frame of the server."""

    opcode: int
    payload: bytes
    flags: int = 0

    @property
    def code(self) -> int | None:
        """The code of a close frame; None if it has none, or is no close frame."""
        if self.opcode != CLOSE or not self.payload:
            return None
        return int.from_bytes(self.payload[:2])


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    flags: int = 0,
    mask: bytes | None = MASK,
    size: int | None = None,
) -> bytes:
    """A frame of a client; *size* is what it says about its length."""
    size = len(payload) if size is None else size
    masked = 0 if mask is None else 0x80
    head = bytes([fin << 7 | flags << 4 | opcode])
    if size < 126:
        head += bytes([masked | size])
    elif size < 1 << 16:
        head += struct.pack("!BH", masked | 126, size)
    else:
        head += struct.pack("!BQ", masked | 127, size)
    return head + payload if mask is None else head + mask + masking(payload, mask)


def masking(payload: bytes, mask: bytes = MASK) -> bytes:
    """*payload* under *mask*, or without it again (RFC 6455, 5.3)."""
    key = (mask * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload) ^ int.from_bytes(key)).to_bytes(len(payload))


def closing(code: int, reason: bytes = b"") -> bytes:
    """A close frame."""
    return frame(CLOSE, struct.pack("!H", code) + reason)


def fragments(opcode: int, *payloads: bytes) -> list[bytes]:
    """One message in several frames."""
    last = len(payloads) - 1
    return [
        frame(opcode if number == 0 else CONTINUATION, payload, fin=number == last)
        for number, payload in enumerate(payloads)
    ]


def octets(content: bytes, count: int = 1) -> list[bytes]:
    """*content* in pieces of *count* bytes."""
    return [content[start : start + count] for start in range(0, len(content), count)]


def request(path: str = "/", headers: dict[str, str] | None = None) -> bytes:
    """An opening handshake; a header of *headers* that is empty is left out."""
    lines = {**HEADERS, **(headers or {})}
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"GET {path} HTTP/1.1\r\n{text}\r\n".encode()


class Raw:
    """One connection, bytes both ways."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, *pieces: bytes) -> None:
        """Send each of *pieces* in a segment of its own; a server that is gone takes none."""
        with contextlib.suppress(ConnectionError):
            await self.send_surely(*pieces)

    async def send_surely(self, *pieces: bytes) -> None:
        """The same, but a server that is gone is an error."""
        for piece in pieces:
            self._writer.write(piece)
            await self._writer.drain()
            await asyncio.sleep(0)

    async def head(self) -> tuple[int, dict[str, str]]:
        """The status and the headers of an HTTP answer."""
        async with asyncio.timeout(PATIENCE_S):
            text = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = text.strip().split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}

    async def content(self, size: int) -> bytes:
        """*size* bytes of an HTTP answer's body."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._reader.readexactly(size)

    async def receive(self) -> Received | None:
        """The next frame; None when the server has closed in order."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                first = (await self._reader.readexactly(1))[0]
            except asyncio.IncompleteReadError:
                return None
            size = (await self._reader.readexactly(1))[0]
            assert first & 0x80, "no answer is fragmented"
            assert not size & 0x80, "a server does not mask"
            if size >= 126:
                size = int.from_bytes(await self._reader.readexactly(2 if size == 126 else 8))
            return Received(first & 0xF, await self._reader.readexactly(size), first >> 4 & 0x7)

    async def rest(self) -> list[Received]:
        """All frames up to the end, which is in order: a reset would be raised."""
        frames = []
        while (received := await self.receive()) is not None:
            frames.append(received)
        return frames

    def hang_up(self) -> None:
        """Cut the connection."""
        self._writer.close()


@contextlib.asynccontextmanager
async def connected(port: int) -> AsyncIterator[Raw]:
    """A connection on which nothing was said yet."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    raw = Raw(reader, writer)
    try:
        yield raw
    finally:
        raw.hang_up()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def upgraded(port: int, path: str = "/", **headers: str) -> AsyncIterator[Raw]:
    """A connection that speaks WebSocket."""
    async with connected(port) as raw:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        await raw.send(request(path, given))
        status, _ = await raw.head()
        assert status == 101
        yield raw


async def answers(port: int, pieces: Iterable[bytes]) -> list[Received]:
    """What comes back up to the end of a connection on which *pieces* are sent."""
    async with upgraded(port) as raw:
        await raw.send(*pieces)
        return await raw.rest()
