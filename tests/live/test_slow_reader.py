import asyncio
import base64
import contextlib
import json
import os
import socket
import struct
from collections.abc import AsyncIterator

import psutil
import pytest

from streams.base import background_tasks
from tests.support.server import Server, ServerProcess
from upcoach.client import Client, Device

EVENTS = 100_000
BATCH = 64
NOTE = "x" * 150
SIP, SIP_S = 4_096, 5.0
FLAT = 48 * 1024 * 1024  # the tail in memory, the window, and what the allocator keeps


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
        await background_tasks.end(self._sipping)
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

    async def close(self) -> None:
        """Close the socket, which the server may have done before."""
        await background_tasks.end(self._sipping)
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


def _masked(text: bytes) -> bytes:
    """*text* as a client's message (RFC 6455, 5.3), under a mask of zeros."""
    size = len(text)
    if size < 126:
        return struct.pack("!BB4x", 0x81, 0x80 | size) + text
    return struct.pack("!BBH4x", 0x81, 0x80 | 126, size) + text


async def write_many(device: Device, count: int) -> None:
    """Create one goal and change it again and again, many at a time."""
    for _ in range(count // BATCH + 1):
        body = {"title": "Run", "description": NOTE}
        await asyncio.gather(*(device.mutate("POST", "/v1/goals", body) for _ in range(BATCH)))


def memory_of(process: ServerProcess) -> int:
    return int(psutil.Process(process.pid).memory_info().rss)


@pytest.mark.chaos
async def test_a_socket_that_does_not_read_costs_one_window_and_delays_nobody(
    environ: dict[str, str],
) -> None:
    # So many writes may take longer than a usual token holds.
    async with ServerProcess(environ | {"UPCOACH_TOKEN_MINUTES": "60"}) as process:
        server = Server(process.url)
        person = await server.person()
        slow = SlowReader(process.url, person.token)
        async with Device([process.url], person.token) as phone:
            await phone.until(lambda device: device.live)
            await write_many(phone, 500)  # pools and caches have their size now
            await slow.open()
            before = memory_of(process)

            await write_many(phone, EVENTS)
            head = await newest(person)
            await phone.until(lambda device: device.seq == head)
            grown = memory_of(process) - before

            received = [frame async for frame in until_current(slow, head)]
            numbers = [frame["seq"] for frame in received]
            assert grown < FLAT
            assert numbers == list(range(head - len(numbers) + 1, head + 1))
            assert len(numbers) >= EVENTS
        await slow.close()
        server.close()


async def newest(person: Client) -> int:
    answer = await person.call("GET", "/v1/events?since=now")
    return int(answer.headers["upcoach-cursor"].rpartition(".")[2])


async def until_current(slow: SlowReader, head: int) -> AsyncIterator[dict[str, object]]:
    """The events that *slow* gets until it is current at *head*."""
    async for frame in slow.frames():
        if frame["t"] == "ev":
            yield frame
            if frame["seq"] == head:
                return
