"""Reading every partition in one loop, and noticing when Redis has lost something."""

import asyncio
import secrets
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import structlog
from redis.asyncio import Redis

from models.errors import Unavailable
from models.events import Event
from streams.redis import MARKER, STREAMS, RedisError, event_from

BLOCK_MS = 1_000
PORTION = 500
RETRY_S = 0.25

Answer = Iterable[tuple[bytes, Sequence[tuple[bytes, dict[bytes, bytes]]]]]

_log = structlog.get_logger(__name__)


class Follower(Protocol):
    """Somebody whom the reader serves."""

    async def take(self, events: Sequence[Event]) -> None:
        """Get what arrived, in the order of each stream; it may repeat and be out of order."""

    async def recover(self) -> None:
        """Compare with the log: events may have been missed that nothing else will reveal."""


class StreamReader:
    """Follows all streams from their present end, for all followers of this process."""

    def __init__(self, redis: "Redis", followers: Sequence[Follower]) -> None:
        self._redis = redis
        self._followers = followers
        self._positions: dict[str, bytes | str] = {}
        self._complete = False  # whether nothing can have been missed since the positions were set
        self._marker = b""
        self._checked = 0.0
        self.connected = asyncio.Event()

    async def recent(self, count: int) -> list[Event]:
        """The last *count* events of each stream, in order; reading goes on after them."""
        events = await self._take_position(count)
        self._complete = True
        return events

    async def _take_position(self, count: int) -> list[Event]:
        """See `recent`."""
        pipeline = self._redis.pipeline(transaction=False)
        for stream in STREAMS:
            pipeline.xrevrange(stream, count=count)
        tails = await pipeline.execute()
        events: list[Event] = []
        for stream, tail in zip(STREAMS, tails, strict=True):
            self._positions[stream] = tail[0][0] if tail else "0-0"
            events.extend(event_from(fields) for _, fields in reversed(tail))
        return events

    async def run(self) -> None:
        """Work until cancelled; while Redis is away, keep trying."""
        while True:
            try:
                await self._follow()
            except (RedisError, Unavailable) as failure:
                # What was read and not handed on is found in the log when we are back.
                if self.connected.is_set():
                    _log.warning("streams_lost", reason=str(failure))
                self.connected.clear()
                await asyncio.sleep(RETRY_S)

    async def _follow(self) -> None:
        complete, self._complete = self._complete, False
        if not self._positions:
            await self._take_position(1)
        self._marker = await self._read_marker()
        if not complete:
            await self._recover()
        self.connected.set()
        while True:
            await self._take(await self._read())
            await self._check_marker()

    async def _read(self) -> Answer:
        """What is new in any stream; empty after a second without."""
        positions: Any = self._positions
        answer: Any = await self._redis.xread(positions, count=PORTION, block=BLOCK_MS)
        return answer or ()

    async def _take(self, answer: Answer) -> None:
        events: list[Event] = []
        for stream, entries in answer:
            self._positions[stream.decode()] = entries[-1][0]
            events.extend(event_from(fields) for _, fields in entries)
        if events:
            for follower in self._followers:
                await follower.take(events)

    async def _recover(self) -> None:
        for follower in self._followers:
            await follower.recover()

    async def _check_marker(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._checked < BLOCK_MS / 1000:
            return
        self._checked = now
        marker = await self._read_marker()
        if marker != self._marker:
            _log.warning("streams_emptied")
            self._marker = marker
            # An emptied Redis numbers its entries by its clock, which may be behind: start over.
            self._positions = dict.fromkeys(STREAMS, "0-0")
            await self._recover()

    async def _read_marker(self) -> bytes:
        """The marker, made if it is not there: whoever empties Redis removes it."""
        await self._redis.set(MARKER, secrets.token_hex(8), nx=True)
        marker: Any = await self._redis.get(MARKER)
        return bytes(marker or b"")
