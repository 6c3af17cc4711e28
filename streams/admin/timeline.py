"""The timeline of all users' events, as operators see it: types and ids, no contents.

A watcher is a position in each of the Redis streams.  There are few of them, so each reads by
itself, at the pace of its own transport.  The streams keep the recent past only: whoever stands
below it, or before an emptied Redis, is told to begin again (`reset`, reason `retention`).
"""

import asyncio
import base64
import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from models.base.errors import Invalid
from models.wire.events import Event, feed_owner
from models.wire.frames import Frame, OperatorEvent, Reset, Subd, Timeline, encode
from streams.base.transport import Transport
from streams.redis.connection import MARKER, STREAMS, RedisError, event_from_fields

FEED: Final = "admin:events"
READ_COUNT: Final = 100  # entries of each stream in one read
BLOCK_MS: Final = 1_000
GATHER_S: Final = 0.1
RETRY_S: Final = 0.5
MOVE_S: Final = 15.0  # how often a watcher to whom nothing is shown hears its cursor

_ENTRY: Final = struct.Struct("!QI")
_ZERO: Final = (0, 0)

EntryId = tuple[int, int]


class PositionGone(Exception):
    """The streams do not hold what comes after a position any more."""


class TimelinePosition(msgspec.Struct, frozen=True):
    """A position in each stream, and the marker of the Redis that gave it."""

    marker: str
    entries: tuple[EntryId, ...]

    def __str__(self) -> str:
        packed = b"".join(_ENTRY.pack(*entry) for entry in self.entries)
        return f"{self.marker}~{base64.urlsafe_b64encode(packed).decode()}"

    @classmethod
    def parse(cls, text: str) -> "TimelinePosition":
        """Read a cursor, or raise `Invalid`."""
        marker, _, packed = text.partition("~")
        try:
            entries = tuple(_ENTRY.iter_unpack(base64.urlsafe_b64decode(packed)))
        except (ValueError, struct.error):
            entries = ()
        read = cls(marker, entries)
        if len(entries) != len(STREAMS) or str(read) != text:
            raise Invalid("cursor_malformed", "This is not a cursor that the server gave out.")
        return read


class TimelineFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter of timeline events: by kind, by user, or none."""

    kinds: Collection[str] | None = None
    user: str | None = None

    def passes(self, event: Event) -> bool:
        """Whether *event* passes the filter."""
        is_kind = self.kinds is None or event.kind in self.kinds
        return is_kind and (self.user is None or feed_owner(event.feed) == self.user)


class TimelineStreams:
    """All streams as one, with positions in them."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    async def places(self, since: str | None) -> TimelinePosition:
        """The position that *since* names, or `PositionGone`; without one, the present end."""
        marker, states = await self._states(STREAMS)
        if not marker:
            # Nobody has noticed yet that Redis was emptied; no position would hold for long.
            raise RedisError("the streams have no marker")
        if since is None or since == "now":
            return TimelinePosition(marker, tuple(state.last for state in states))
        if since == "0":
            return TimelinePosition(marker, tuple(state.begin for state in states))
        places = TimelinePosition.parse(since)
        pairs = zip(places.entries, states, strict=True)
        if places.marker != marker or not all(state.goes_on_from(entry) for entry, state in pairs):
            raise PositionGone
        return places

    async def after(self, places: TimelinePosition) -> tuple[TimelinePosition, list[Event]]:
        """The events within a second after *places*, and the next position; or `PositionGone`."""
        positions: Any = {
            name: _text(entry) for name, entry in zip(STREAMS, places.entries, strict=True)
        }
        answer: Any = await self._redis.xread(positions, count=READ_COUNT, block=BLOCK_MS)
        arrived = {name.decode(): new for name, new in answer or ()}
        marker, states = await self._states(arrived)
        entries = dict(zip(STREAMS, places.entries, strict=True))
        events: list[Event] = []
        for (name, new), state in zip(arrived.items(), states, strict=True):
            if not state.goes_on_from(entries[name]):
                raise PositionGone
            entries[name] = _entry_id(new[-1][0])
            events.extend(event_from_fields(fields) for _, fields in new)
        if marker != places.marker:
            raise PositionGone
        return TimelinePosition(marker, tuple(entries.values())), events

    async def _states(self, names: Iterable[str]) -> tuple[str, list["_StreamRange"]]:
        """The marker, and the range of entries that each stream of *names* holds."""
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.get(MARKER)
        for name in names:
            pipeline.xinfo_stream(name)
        marker, *infos = await pipeline.execute(raise_on_error=False)
        for reply in (marker, *infos):
            if isinstance(reply, RedisError) and not isinstance(reply, ResponseError):
                raise reply
        return (marker or b"").decode(), [_StreamRange.of(info) for info in infos]


class _StreamRange(msgspec.Struct, frozen=True):
    """The entries that a stream holds: from just behind *begin* to *last*."""

    begin: EntryId
    last: EntryId

    @classmethod
    def of(cls, info: Mapping[str, Any] | ResponseError) -> "_StreamRange":
        if isinstance(info, ResponseError):  # nothing was ever published there
            return cls(_ZERO, _ZERO)
        last = _entry_id(info["last-generated-id"])
        first = info["first-entry"]
        if first is None:
            return cls(last, last)
        if info["entries-added"] == info["length"]:
            return cls(_ZERO, last)
        return cls(_before(_entry_id(first[0])), last)

    def goes_on_from(self, entry: EntryId) -> bool:
        """Whether nothing is missing behind *entry*."""
        return self.begin <= entry <= self.last


class TimelineWatch:
    """One watcher's place in the timeline."""

    def __init__(
        self,
        streams: TimelineStreams,
        transport: Transport,
        name: str,
        filter_: TimelineFilter,
        since: str | None,
    ) -> None:
        self._streams = streams
        self._transport = transport
        self._name = name
        self._filter = filter_
        self._since = since
        self._is_lost = False
        self._is_subscribed = False
        self._sent_at = 0.0
        self._watching: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Start watching."""
        self._watching = asyncio.create_task(self._watch())

    def close(self) -> None:
        """Stop watching."""
        if self._watching is not None:
            self._watching.cancel()

    async def _watch(self) -> None:
        while True:
            try:
                await self._follow(await self._begin())
            except PositionGone:
                self._is_lost = True
            except RedisError:
                await asyncio.sleep(RETRY_S)

    async def _begin(self) -> TimelinePosition:
        """Where to begin, or to go on after Redis was away."""
        places = await self._streams.places(None if self._is_lost else self._since)
        if self._is_lost:
            self._send(Reset(f=self._name, reason="retention", cur=str(places)))
        elif not self._is_subscribed:
            self._send(Subd(f=self._name, cur=str(places), mode="resume"))
        self._is_lost, self._is_subscribed, self._since = False, True, str(places)
        return places

    async def _follow(self, places: TimelinePosition) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._transport.room()
            behind, events = await self._streams.after(places)
            seen = [_operator_event(event) for event in events if self._filter.passes(event)]
            is_due = behind != places and loop.time() - self._sent_at >= MOVE_S
            places, self._since = behind, str(behind)
            if seen or is_due:
                self._send(Timeline(f=self._name, items=seen, cur=str(places)))
            await asyncio.sleep(GATHER_S)

    def _send(self, frame: Frame) -> None:
        self._sent_at = asyncio.get_running_loop().time()
        self._transport.queue(self._transport.wrap(encode(frame)))
        self._transport.flush()


def _operator_event(event: Event) -> OperatorEvent:
    return OperatorEvent(
        f=event.feed, seq=event.seq, type=event.type, kind=event.kind, id=event.id, at=event.at
    )


def _text(entry: Sequence[int]) -> str:
    return f"{entry[0]}-{entry[1]}"


def _entry_id(text: bytes) -> EntryId:
    time_ms, _, number = text.decode().partition("-")
    return int(time_ms), int(number)


def _before(entry: EntryId) -> EntryId:
    time_ms, number = entry
    return (time_ms, number - 1) if number else (time_ms - 1, 2**32 - 1)
