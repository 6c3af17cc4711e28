"""The connections to Redis, and the form of what is kept in it."""

import datetime as dt
from typing import Any, Final

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from models.events import PARTITIONS, Event, partition

STREAMS: Final = tuple(f"live:{{{number}}}" for number in range(PARTITIONS))
MARKER: Final = "live:marker"
KEPT: Final = 10_000  # entries a stream keeps, at least: what a node can load when it starts

__all__ = ["KEPT", "MARKER", "STREAMS", "RedisError", "event_from", "fields_of", "reader", "writer"]


def writer(url: str) -> "Redis":
    """A client for short commands: it fails quickly and repeats nothing by itself."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=16,
        timeout=2,
        socket_timeout=5,
        socket_connect_timeout=2,
        retry=Retry(NoBackoff(), 0),
    )
    return Redis.from_pool(pool)


def reader(url: str) -> "Redis":
    """A client for blocking reads, which no timeout of the socket may cut."""
    return Redis.from_url(
        url, socket_timeout=None, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
    )


def stream_of(feed: str) -> str:
    """The stream that carries *feed*."""
    return STREAMS[partition(feed)]


def fields_of(event: Event) -> dict[Any, Any]:
    """An event as the fields of a stream's entry."""
    return {
        "f": event.feed,
        "s": event.seq,
        "a": int(event.at.timestamp() * 1000),
        "b": event.sealed,
    }


def event_from(fields: dict[bytes, bytes]) -> Event:
    """The event that `fields_of` made."""
    return Event(
        feed=fields[b"f"].decode(),
        seq=int(fields[b"s"]),
        at=dt.datetime.fromtimestamp(int(fields[b"a"]) / 1000, dt.UTC),
        sealed=fields[b"b"],
    )
