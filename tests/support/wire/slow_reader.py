"""A reader of a WebSocket that takes little at a time."""

import asyncio
import base64
import contextlib
import json
import os
import socket
import struct
from collections.abc import AsyncIterator

from models.base import cancellation

SIP, SIP_S = 4_096, 5.0


class SlowReader:
    """A socket that says hello and then takes a little now and then, until it is told to go on.

    One that took nothing at all for a minute would be given up.
    """

    def __init__(self, url: str, token: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._address = (host, int(port))
        self._token = token
        self._sipping: asyncio.Task[None]
        self._sipped = b""

    async def open(self) -> None:
        """Shake hands (RFC 6455, 4.1) and say hello."""
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(raw, self._address)
        self._reader, self._writer = await asyncio.open_connection(sock=raw, limit=4096)
        key = base64.b64encode(os.urandom(16)).decode()
        self._writer.write(
            f"GET /v1/live HTTP/1.1\r\nHost: {self._address[0]}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            f"Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        await self._reader.readuntil(b"\r\n\r\n")
        hello = {"t": "hello", "v": 1, "token": self._token, "hb": 120, "subs": [{"f": "u:me"}]}
        text = json.dumps(hello).encode()
        self._writer.write(_masked(text))
        self._sipping = asyncio.create_task(self._sip())

    async def _sip(self) -> None:
        """Take some bytes and say a word, every few seconds."""
        while True:
            await asyncio.sleep(SIP_S)
            self._sipped += await self._reader.read(SIP)
            self._writer.write(_masked(b'{"t":"pong"}'))

    async def frames(self) -> AsyncIterator[dict[str, object]]:
        """Every frame that has come and comes."""
        await cancellation.end(self._sipping)
        while True:
            _, size = await self._take(2)
            if size == 126:
                [size] = struct.unpack("!H", await self._take(2))
            elif size == 127:
                [size] = struct.unpack("!Q", await self._take(8))
            for line in (await self._take(size)).splitlines():
                yield json.loads(line)

    async def _take(self, size: int) -> bytes:
        taken, self._sipped = self._sipped[:size], self._sipped[size:]
        return taken + await self._reader.readexactly(size - len(taken))

    async def hurry(self) -> None:
        """Let more come at once from here on, which the caller takes."""
        await cancellation.end(self._sipping)
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)

    async def close(self) -> None:
        """Close the socket, which the server may have done before."""
        await cancellation.end(self._sipping)
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


def _masked(text: bytes) -> bytes:
    """*text* as a client's message (RFC 6455, 5.3), under a mask of zeros."""
    size = len(text)
    if size < 126:
        return struct.pack("!BB4x", 0x81, 0x80 | size) + text
    return struct.pack("!BBH4x", 0x81, 0x80 | 126, size) + text
