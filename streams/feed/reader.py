"""The reader of all partitions, in one loop; it notices when Redis has lost something.

While more than a thousand events a second arrive, the reader waits a millisecond before it asks for
more: each read then brings several, and what a read costs is shared among them.
"""

import asyncio
import secrets
from collections.abc import Sequence
from typing import Any, Protocol

import structlog
from redis.asyncio import Redis

from models.base.errors import Unavailable
from models.wire.events import Event
from streams.redis.connection import (
    MARKER,
    STREAMS,
    RedisError,
    event_from_fields,
    event_from_reply,
)
from streams.redis.xread import START, Fields, StreamPositions
from upcoach.store.base.outage_log import OutageLog

BLOCK_MS = 1_000
READ_COUNT = 500
RETRY_S = 0.25
GATHER_S = 0.001
BUSY_EVENTS_PER_S = 1_000  # events a second above which reads are gathered
BURST = 20  # events that are not yet a lasting rate

_log = structlog.get_logger(__name__)


class Follower(Protocol):
    """Somebody to whom the reader hands events."""

    async def take(self, events: Sequence[Event]) -> None:
        """Take the *events* that arrived, in the order of each stream; they may repeat."""

    async def recover(self) -> None:
        """Compare with the log: events may have been missed that nothing else will reveal."""


class BurstDetector:
    """Tells a sustained rate of events from a burst (a leaky bucket).

    Examples
    --------
    >>> rate = BurstDetector()
    >>> [rate.is_high(15, now) for now in (0.0, 0.005, 0.010, 1.0)]
    [False, True, True, False]

    """

    def __init__(self) -> None:
        self._level = 0.0
        self._at = 0.0

    def is_high(self, events: int, now: float) -> bool:
        """Whether the rate is high, counting *events* that came just *now*."""
        self._level = max(0.0, self._level - (now - self._at) * BUSY_EVENTS_PER_S) + events
        self._at = now
        if self._level <= BURST:
            return False
        self._level = min(self._level, 2.0 * BURST)
        return True


class StreamReader:
    """Reads all streams from their present end, for all followers of this process."""

    def __init__(self, redis: "Redis", followers: Sequence[Follower]) -> None:
        self._redis = redis
        self._followers = followers
        self._streams = StreamPositions(redis, STREAMS, count=READ_COUNT, block_ms=BLOCK_MS)
        self._placed = False  # whether the streams are read from a position
        self._rate = BurstDetector()
        self._complete = False  # whether nothing can have been missed since the positions were set
        self._marker = b""
        self._checked = 0.0
        self._outage = OutageLog(_log, begins="streams_lost", ends="streams_back")
        self.connected = asyncio.Event()

    async def recent(self, count: int) -> list[Event]:
        """The last *count* events of each stream, in order; reading continues after them."""
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
        positions: dict[str, bytes] = {}
        for stream, tail in zip(STREAMS, tails, strict=True):
            positions[stream] = tail[0][0] if tail else START
            events.extend(event_from_fields(fields) for _, fields in reversed(tail))
        self._streams.go_on_after(positions)
        self._placed = True
        return events

    async def run(self) -> None:
        """Read until cancelled; while Redis is away, keep trying."""
        while True:
            try:
                await self._follow()
            except (RedisError, Unavailable) as failure:
                # What was read and not handed on is found in the log when we are back.
                self._outage.failed(failure)
                self.connected.clear()
                await asyncio.sleep(RETRY_S)

    async def _follow(self) -> None:
        complete, self._complete = self._complete, False
        if not self._placed:
            await self._take_position(1)
        async with self._streams:
            marker = await self._read_marker()
            if self._marker not in (b"", marker):
                self._streams.go_on_after(dict.fromkeys(STREAMS, START))
            self._marker = marker
            if not complete:
                await self._recover()
            self.connected.set()
            self._outage.succeeded()
            while True:
                await self._take(await self._streams.read())
                await self._check_marker()

    async def _take(self, entries: Sequence[Fields]) -> None:
        if not entries:
            return
        events = [event_from_reply(fields) for fields in entries]
        for follower in self._followers:
            await follower.take(events)
        if self._rate.is_high(len(events), asyncio.get_running_loop().time()):
            await asyncio.sleep(GATHER_S)

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
            self._streams.go_on_after(dict.fromkeys(STREAMS, START))
            await self._recover()

    async def _read_marker(self) -> bytes:
        """The marker, made if it is not there: whoever empties Redis removes it."""
        new = secrets.token_hex(8).encode()
        existing: Any = await self._redis.set(MARKER, new, nx=True, get=True)
        return bytes(existing or new)
