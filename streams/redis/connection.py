"""The connections to Redis, and the encoding of events in its streams."""

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from models.base.cancellation import reraising_lost_cancellation
from models.base.errors import Unavailable
from models.wire.events import PARTITIONS, Event, partition

STREAMS: Final = tuple(f"live:{{{number}}}" for number in range(PARTITIONS))
MARKER: Final = "live:marker"
STREAM_MAXLEN: Final = (
    10_000  # entries a stream keeps, at least: what a node can load when it starts
)

__all__ = [
    "MARKER",
    "STREAMS",
    "STREAM_MAXLEN",
    "RedisConnections",
    "RedisError",
    "event_from_fields",
    "event_from_reply",
    "fields_of",
    "stream_of",
]


class CancellableConnection(AbstractConnection):
    """A connection that loses no cancellation while it sends (see `models.base.cancellation`).

    It also knows whether it is broken, which redis-py finds out by the next command.
    """

    @property
    def is_broken(self) -> bool:
        """Whether the other side has closed or reset it."""
        reader = self._reader
        return reader is None or reader.at_eof() or reader.exception() is not None

    async def send_packed_command(self, *arguments: Any, **options: Any) -> None:
        """See `redis.asyncio.Connection.send_packed_command`."""
        try:
            with reraising_lost_cancellation():
                await super().send_packed_command(*arguments, **options)
        except asyncio.CancelledError:
            await self.disconnect(nowait=True)  # an answer is on its way that nobody waits for
            raise


class ClosingPool(BlockingConnectionPool):
    """A connection pool that also closes a connection whose opening was cancelled.

    redis-py forgets such a connection, and the socket stays open until it is collected.  It also
    gives out those that broke while they lay in the pool, if they were reset and not closed.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._made: set[Any] = set()
        super().__init__(*arguments, **options)
        self.connection_class = type("Heeding", (CancellableConnection, self.connection_class), {})

    def make_connection(self) -> Any:
        """See `redis.asyncio.ConnectionPool.make_connection`."""
        connection: Any = super().make_connection()  # type: ignore[no-untyped-call]
        self._made.add(connection)
        return connection

    async def ensure_connection(self, connection: Any) -> None:
        """See `redis.asyncio.ConnectionPool.ensure_connection`."""
        if connection.is_connected and connection.is_broken:
            await connection.disconnect(nowait=True)
        await super().ensure_connection(connection)

    async def disconnect(self, inuse_connections: bool = True) -> None:  # noqa: FBT001, FBT002
        """See `redis.asyncio.ConnectionPool.disconnect`."""
        await super().disconnect(inuse_connections)
        for connection in self._made:
            await connection.disconnect()


class RedisConnections:
    """The clients of a process.

    Attributes
    ----------
    writer
        For short commands: it fails quickly and repeats nothing by itself.
    reader
        For blocking reads, which no timeout of the socket may cut.
    counter
        For what every request waits for.

    """

    def __init__(self, url: str) -> None:
        pool = ClosingPool.from_url(
            url,
            max_connections=16,
            timeout=2,
            socket_timeout=5,
            socket_connect_timeout=2,
            retry=Retry(NoBackoff(), 0),
        )
        self.writer: Redis = Redis.from_pool(pool)
        waiting = ClosingPool.from_url(
            url,
            max_connections=64,
            timeout=2,
            socket_timeout=None,
            socket_connect_timeout=2,
            retry=Retry(NoBackoff(), 0),
        )
        self.reader: Redis = Redis.from_pool(waiting)

        counting = ClosingPool.from_url(
            url,
            max_connections=32,
            timeout=1,
            socket_timeout=1,
            socket_connect_timeout=1,
            retry=Retry(NoBackoff(), 0),
        )
        self.counter: Redis = Redis.from_pool(counting)

    async def ping(self) -> None:
        """Wait until Redis answers, or raise `Unavailable`."""
        try:
            await self.writer.ping()
        except RedisError as failure:
            raise Unavailable("redis_unavailable", "Redis does not answer.") from failure

    async def aclose(self) -> None:
        """Close all connections."""
        await self.writer.aclose()
        await self.reader.aclose()
        await self.counter.aclose()


def stream_of(feed: str) -> str:
    """The stream that carries *feed*."""
    return STREAMS[partition(feed)]


def fields_of(event: Event) -> dict[Any, Any]:
    """An event as the fields of a stream's entry."""
    aside = {"x": event.aside} if event.aside else {}
    return {
        "f": event.feed,
        "s": event.seq,
        "a": int(event.at.timestamp() * 1000),
        "t": event.type,
        "i": event.id,
        "c": event.sums,
        "b": event.sealed,
        "r": int(event.repeated),
        **aside,
    }


def event_from_fields(fields: Mapping[bytes, bytes]) -> Event:
    """Decode the event that `fields_of` encoded."""
    return _event([fields[name] for name in _NAMES], fields.get(_ASIDE, b""))


def event_from_reply(reply: Sequence[bytes]) -> Event:
    """The same from names and values in turn, as Redis sends them."""
    names = reply[::2]
    if names == _NAMES:  # as `fields_of` has them
        return _event(reply[1::2])
    if names == _NAMES_ASIDE:
        *values, aside = reply[1::2]
        return _event(values, aside)
    return event_from_fields(dict(zip(names, reply[1::2], strict=True)))


_NAMES: Final = [b"f", b"s", b"a", b"t", b"i", b"c", b"b", b"r"]
_ASIDE: Final = b"x"
_NAMES_ASIDE: Final = [*_NAMES, _ASIDE]


def _event(values: Sequence[bytes], aside: bytes = b"") -> Event:
    feed, seq, at, event_type, document_id, sums, sealed, repeated = values
    return Event(
        feed=feed.decode(),
        seq=int(seq),
        at=dt.datetime.fromtimestamp(int(at) / 1000, dt.UTC),
        type=event_type.decode(),
        id=document_id.decode(),
        sums=sums,
        sealed=sealed,
        aside=aside,
        repeated=repeated == b"1",
    )
