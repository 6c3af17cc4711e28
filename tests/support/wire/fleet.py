"""Many sockets that only follow a feed, each as lean as a raw asyncio protocol can be.

A `FeedFollower` knows the whole of a client's rule: it goes on from its number after a cut, leaves
when it is told to `go`, counts every number that it gets, and notes how long it heard nothing.
"""

import asyncio
import base64
import contextlib
import os
import random
import struct
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from handlers.live.base.send_buffer import text_frame

AT_ONCE = 50  # sockets that connect at the same time at the start
RETRY_S = 0.05
DEAF_S = 5.0  # without an answer to hello

_MASKED = 0x80
_CLOSE = 0x88


class FrameLine(msgspec.Struct):
    """What a follower reads of a frame."""

    t: str
    conn: str = ""
    cur: str = ""
    id: str = ""
    seq: int = 0
    first: int = msgspec.field(name="from", default=0)
    to: int = 0
    after: int = 0
    reason: str = ""


_decoder = msgspec.json.Decoder(FrameLine)


class FollowerSocket(asyncio.Protocol):
    """One WebSocket (RFC 6455), for its follower."""

    def __init__(self, follower: "FeedFollower") -> None:
        self._follower = follower
        self._got = b""
        self._upgraded = False
        self._transport: asyncio.Transport
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /v1/live HTTP/1.1\r\nHost: upcoach\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Authorization: Bearer {self._follower.token}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._got += data
        if not self._upgraded:
            head, end, rest = self._got.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head.partition(b"\r\n")[0]:
                self._transport.close()
                return
            self._got = rest
            self._upgraded = True
            self.send(self._follower.hello())
        while self._message():
            pass

    def connection_lost(self, _: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)

    def send(self, frame: Any) -> None:
        """Send *frame*; a mask of zeros changes nothing (RFC 6455, 5.3)."""
        payload = msgspec.json.encode(frame)
        message = bytearray(text_frame(payload))
        message[1] |= _MASKED
        header = len(message) - len(payload)
        self._transport.write(bytes(message[:header]) + struct.pack("!I", 0) + payload)

    def close(self) -> None:
        self._transport.close()

    def _message(self) -> bool:
        """Take one message off what was read, if a whole one is there."""
        got = self._got
        if len(got) < 2:
            return False
        size, start = got[1], 2
        if size >= 126:
            start = 4 if size == 126 else 10
            if len(got) < start:
                return False
            size = int.from_bytes(got[2:start], "big")
        if len(got) < start + size:
            return False
        self._got = got[start + size :]
        self._take(got[0], got[start : start + size])
        return True

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == _CLOSE:
            self._follower.codes.append(int.from_bytes(payload[:2], "big"))
            self._transport.close()
            return
        for line in payload.splitlines():
            self._follower.take(_decoder.decode(line), self)


class FeedFollower:
    """One device's socket, which is always open somewhere."""

    def __init__(self, urls: Sequence[str], token: str) -> None:
        self.token = token
        self._urls = list(urls)
        self._url = random.choice(self._urls)
        self._wire: FollowerSocket | None = None
        self._heard_at = 0.0
        self._cut_at = 0.0
        self.live = asyncio.Event()
        self.epoch = ""
        self.first = 0  # the number after which this follower began
        self.seq = 0
        self.documents: list[str] = []  # of the events, in order
        self.gaps = 0
        self.repeats = 0
        self.resets: list[str] = []
        self.moves = 0  # how often it was told to go elsewhere
        self.codes: list[int] = []  # with which it was closed
        self.silence_s = 0.0  # the longest time between two events
        self.deaf_s = 0.0  # the longest time without a socket that is current
        self.conn = ""

    async def follow(self) -> None:
        """Be connected, until cancelled."""
        try:
            while True:
                await self._connect()
        finally:
            if self._wire is not None:
                self._wire.close()

    def hello(self) -> Any:
        since = f"{self.epoch}.{self.seq}" if self.epoch else "now"
        return {"t": "hello", "v": 1, "subs": [{"f": "u:me", "since": since}]}

    def take(self, line: FrameLine, wire: FollowerSocket) -> None:
        """Act on one frame."""
        match line.t:
            case "ev" | "skip":
                self._apply(line)
            case "go":
                self.moves += 1
                asyncio.get_running_loop().call_later(line.after / 1000, wire.close)
            case "ping":
                wire.send({"t": "pong"})
            case "welcome":
                self.conn = line.conn
            case "subd" if not self.epoch:
                self.epoch, _, seq = line.cur.partition(".")
                self.first = self.seq = int(seq)
            case "live":
                self._hear()
                self.deaf_s = max(
                    self.deaf_s, time.monotonic() - (self._cut_at or time.monotonic())
                )
                self.live.set()
            case "reset" | "unsubd":
                self.resets.append(line.reason or line.t)

    def measure(self) -> None:
        """Begin to measure silence now."""
        self._heard_at = time.monotonic()
        self.silence_s = self.deaf_s = 0.0

    def cut(self) -> None:
        """Drop the socket."""
        if self._wire is not None:
            self._wire.close()

    def _current(self) -> None:
        if self._cut_at:
            self.deaf_s = max(self.deaf_s, time.monotonic() - self._cut_at)
        self.live.set()

    async def _connect(self) -> None:
        """Be connected once, to a node that is not the last one if there is another."""
        loop = asyncio.get_running_loop()
        others = [url for url in self._urls if url != self._url] or self._urls
        self._url = random.choice(others)
        host, _, port = self._url.removeprefix("http://").partition(":")
        try:
            _, self._wire = await loop.create_connection(
                lambda: FollowerSocket(self), host, int(port)
            )
        except OSError:
            await asyncio.sleep(RETRY_S)
            return
        await self._wire.closed
        self._cut_at = time.monotonic()
        self.live.clear()

    def _apply(self, line: FrameLine) -> None:
        first, last = (line.first, line.to) if line.t == "skip" else (line.seq, line.seq)
        if first <= self.seq:
            self.repeats += 1
        elif first > self.seq + 1:
            self.gaps += 1
        else:
            self.seq = last
            self.documents.append(line.id)
            self._hear()

    def _hear(self) -> None:
        now = time.monotonic()
        self.silence_s = max(self.silence_s, now - self._heard_at)
        self._heard_at = now


@contextlib.asynccontextmanager
async def following(followers: Sequence[FeedFollower]) -> AsyncIterator[None]:
    """All *followers* at work, and current at the beginning."""
    gate = asyncio.Semaphore(AT_ONCE)
    working: list[asyncio.Task[None]] = []

    async def start(follower: FeedFollower) -> None:
        async with gate:
            working.append(asyncio.create_task(follower.follow()))
            await asyncio.wait_for(follower.live.wait(), 30)

    try:
        await asyncio.gather(*map(start, followers))
        yield
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
