"""Key figures of all nodes together (KPIs), for operators, once a second.

Each node writes its own numbers into Redis, where they live for some seconds; a node with somebody
who watches adds them up.  While nobody watches anywhere, nothing is written.
"""

import asyncio
import collections
import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, Final, Literal, Protocol

import msgspec
from redis.asyncio import Redis

from models.base.clock import Clock
from models.base.merge_patch import Json
from models.wire.events import Event
from models.wire.frames import Ephemeral, encode
from streams.redis.connection import RedisError

FEED: Final = "admin:kpi"
LIFE_S: Final = 5  # of a node's numbers beyond its last word
RATE_WINDOW_S: Final = 10.0  # the time over which a rate is taken
WATCHED: Final = "kpi:watched"
NODES: Final = "kpi:nodes"


class NodeFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one node; a rate is null until there are two counts."""

    sockets: int
    streams: int
    polls: int
    writes_s: float | None
    errors: int


class FiguresSource(Protocol):
    """The source of a node's own figures."""

    def kinds(self) -> Mapping[str, int]:
        """The number of connections of each kind."""

    def people(self) -> Collection[str]:
        """The users that have one open."""

    def writes(self) -> int:
        """The number of writes that succeeded since the node began."""

    def errors(self) -> int:
        """The number of server errors answered since the node began."""


class RollingRate:
    """A count a second, over the last seconds.

    Examples
    --------
    >>> rate = RollingRate()
    >>> rate.count(0.0, 5)  # nothing to compare with
    >>> rate.count(2.0, 9)
    2.0

    """

    def __init__(self) -> None:
        self._counts: collections.deque[tuple[float, int]] = collections.deque()

    def count(self, now: float, total: int) -> float | None:
        """The rate up to *now*, when the count stands at *total*; None for the first."""
        counts = self._counts
        while counts and counts[0][0] < now - RATE_WINDOW_S:
            counts.popleft()
        counts.append((now, total))
        began, before = counts[0]
        return round((total - before) / (now - began), 2) if now > began else None


class KpiWatcher(Protocol):
    """A subscriber to the state."""

    def push(self, line: bytes) -> None:
        """Send *line*, the state, in place of the one before."""


class KpiView:
    """See `LocalConsumer`: the numbers of this node, and everybody's for those who watch here."""

    durability: ClassVar[Literal["local"]] = "local"
    name: ClassVar[str] = "kpis"
    every_s: ClassVar[float] = 1.0
    catches_up: ClassVar[bool] = False  # a count that is past is no state

    def __init__(self, redis: "Redis", node: str, source: FiguresSource, clock: Clock) -> None:
        self._redis = redis
        self._node = node
        self._source = source
        self._clock = clock
        self._events = 0
        self._events_s = RollingRate()
        self._writes_s = RollingRate()
        self._written_people: set[str] = set()
        self._state: Json | None = None  # for the watchers here
        self.watchers: set[KpiWatcher] = set()

    def apply(self, event: Event) -> None:
        """See `LocalConsumer.apply`: every node reads every event, and each is counted once."""
        self._events += not event.repeated

    async def tick(self, _now: dt.datetime) -> None:
        """See `LocalConsumer.tick`: the rest of the numbers is in Redis and on this node."""
        try:
            await self._gather()
        except RedisError:
            self._state = _sum({}, None, None)

    def drain(self) -> None:
        """See `LocalConsumer.drain`."""
        state, self._state = self._state, None
        if state is not None:
            self._push(state)

    async def _gather(self) -> None:
        events_s = self._events_s.count(asyncio.get_running_loop().time(), self._events)
        if self.watchers:
            await self._redis.set(WATCHED, self._node, ex=LIFE_S)
        elif not await self._redis.exists(WATCHED):
            return
        await self._write()
        if self.watchers:
            numbers, people = await self._read()
            self._state = _sum(numbers, people, events_s)

    async def _write(self) -> None:
        """Write this node's figures and users to Redis."""
        numbers, people = self._numbers(), set(self._source.people())
        key = _people(self._node)
        pipeline = self._redis.pipeline()
        pipeline.set(f"kpi:{self._node}", msgspec.json.encode(numbers), ex=LIFE_S)
        pipeline.sadd(NODES, self._node)
        if not await self._redis.expire(key, LIFE_S):
            self._written_people = set()  # it is not there, or no longer
        if people - self._written_people:
            pipeline.sadd(key, *(people - self._written_people))
        if self._written_people - people:
            pipeline.srem(key, *(self._written_people - people))
        pipeline.expire(key, LIFE_S)
        await pipeline.execute()
        self._written_people = people

    async def _read(self) -> tuple[dict[str, NodeFigures], int | None]:
        names = sorted(name.decode() for name in await self._members(NODES))
        values = await self._redis.mget([f"kpi:{name}" for name in names]) if names else []
        numbers = {
            name: msgspec.json.decode(raw, type=NodeFigures)
            for name, raw in zip(names, values, strict=True)
            if raw is not None
        }
        silent = set(names) - numbers.keys()
        if silent:
            await self._remove(silent)
        keys = [_people(name) for name in numbers]
        union: Any = self._redis.sunion(keys) if keys else None
        return numbers, len(await union) if union is not None else None

    async def _members(self, name: str) -> Collection[bytes]:
        reading: Any = self._redis.smembers(name)
        members: Collection[bytes] = await reading
        return members

    async def _remove(self, nodes: set[str]) -> None:
        removing: Any = self._redis.srem(NODES, *nodes)
        await removing

    def _numbers(self) -> NodeFigures:
        kinds = self._source.kinds()
        now = asyncio.get_running_loop().time()
        return NodeFigures(
            sockets=kinds.get("socket", 0),
            streams=kinds.get("sse", 0),
            polls=kinds.get("poll", 0),
            writes_s=self._writes_s.count(now, self._source.writes()),
            errors=self._source.errors(),
        )

    def _push(self, state: Json) -> None:
        line = encode(Ephemeral(ch=FEED, kind="kpi", body=state, at=self._clock()))
        for watcher in tuple(self.watchers):
            watcher.push(line)


def _sum(numbers: Mapping[str, NodeFigures], people: int | None, events_s: float | None) -> Json:
    """The figures of all nodes, added up; what nobody knows is null."""
    nodes = list(numbers.values())
    rates = [node.writes_s for node in nodes if node.writes_s is not None]
    return {
        "nodes": {name: msgspec.to_builtins(figures) for name, figures in numbers.items()},
        "sockets": sum(node.sockets for node in nodes) if nodes else None,
        "streams": sum(node.streams for node in nodes) if nodes else None,
        "polls": sum(node.polls for node in nodes) if nodes else None,
        "people": people,
        "events_s": events_s,
        "writes_s": round(sum(rates), 2) if rates else None,
        "errors": sum(node.errors for node in nodes) if nodes else None,
    }


def _people(node: str) -> str:
    return f"kpi:{node}:people"


Send = Callable[[bytes], None]


class KpiWatch:
    """A subscription to the state, of which at most the newest waits."""

    def __init__(self, kpis: KpiView, is_idle: Callable[[], bool], send: Send) -> None:
        self._kpis = kpis
        self._is_idle = is_idle
        self._send = send

    def open(self) -> None:
        """Start watching."""
        self._kpis.watchers.add(self)

    def close(self) -> None:
        """Stop watching."""
        self._kpis.watchers.discard(self)

    def push(self, line: bytes) -> None:
        """See `KpiWatcher.push`; while the last one is still on its way, this one gives place."""
        if self._is_idle():
            self._send(line)
