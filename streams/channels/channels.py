"""Channels: messages for those who are subscribed at that moment, kept by nobody (pub/sub).

They travel through Redis's pub/sub, one channel each.  A node subscribes to those that somebody
here follows, encodes what it hears once, and leaves out whoever has no room: it is over anyway.
"""

import asyncio
import collections
import contextlib
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

import msgspec
import structlog
from redis.asyncio import Redis

from models.base.errors import Unavailable
from streams.base.background_tasks import BackgroundTasks
from streams.redis.connection import RedisError
from upcoach.store.base.outage_log import OutageLog

DEVICES: Final = "live:devices"  # every node follows it
RETRY_S: Final = 0.5
_PREFIX: Final = "eph:"

_log = structlog.get_logger(__name__)


class ChannelSubscriber(Protocol):
    """A subscriber to a channel, on one connection."""

    @property
    def user(self) -> str:
        """The user whose connection it is."""

    @property
    def speaker(self) -> str:
        """The name under which it publishes: it does not receive its own messages."""

    def receive(self, line: bytes) -> None:
        """Send the frame *line*, or drop it."""


class ArrivedDevice(msgspec.Struct, frozen=True, array_like=True):
    """A device that has just connected, and on which connection."""

    user: str
    device: str
    connection: str
    at: float  # when it said so, in seconds since 1970


class ChannelMessage(msgspec.Struct, frozen=True, array_like=True):
    """Encoded frames by recipient, and the connection that they come from.

    The frame under the empty name is for everybody who has none of their own.
    """

    speaker: str
    lines: dict[str, bytes]


OnDevice = Callable[[ArrivedDevice], None]


class Channels:
    """The channels with subscribers on this node."""

    def __init__(
        self, writer: "Redis", reader: "Redis", background: BackgroundTasks, on_device: OnDevice
    ) -> None:
        self._writer = writer
        self._background = background
        self._reader = reader
        self._on_device = on_device
        self._listeners: dict[str, set[ChannelSubscriber]] = collections.defaultdict(set)
        self._pubsub: Any = None
        self._outage = OutageLog(_log, begins="channels_lost", ends="channels_back")
        self.on_presence_change: Callable[[str], None] = lambda _: None

    def listeners(self, name: str) -> tuple[ChannelSubscriber, ...]:
        """The subscribers to *name* on this node."""
        return tuple(self._listeners.get(name, ()))

    def followed(self, prefix: str) -> tuple[str, ...]:
        """The channels with subscribers on this node whose names begin with *prefix*."""
        return tuple(name for name in self._listeners if name.startswith(prefix))

    async def follow(self, name: str, listener: ChannelSubscriber) -> None:
        """Subscribe *listener* to *name*, or raise `Unavailable`."""
        if self._pubsub is None:
            raise _away()
        is_new = not self._listeners[name]
        self._listeners[name].add(listener)
        if is_new:
            try:
                await self._pubsub.subscribe(_PREFIX + name)
            except RedisError:
                self.leave(name, listener)
                raise _away() from None

    def leave(self, name: str, listener: ChannelSubscriber) -> None:
        """Unsubscribe *listener* from *name*."""
        listeners = self._listeners.get(name, set())
        listeners.discard(listener)
        if not listeners and self._listeners.pop(name, None) is not None:
            self._background.run(self._unsubscribe(name))

    async def _unsubscribe(self, name: str) -> None:
        if self._pubsub is not None and name not in self._listeners:
            with contextlib.suppress(RedisError):
                await self._pubsub.unsubscribe(_PREFIX + name)

    async def publish(self, name: str, lines: dict[str, bytes], speaker: str) -> None:
        """Send each recipient their line on channel *name* of all nodes, or raise `Unavailable`."""
        await self._publish(_PREFIX + name, ChannelMessage(speaker, lines))

    async def announce_device(self, device: ArrivedDevice) -> None:
        """Tell every node that *device* has connected."""
        await self._publish(DEVICES, device)

    def publish_here(self, name: str, lines: dict[str, bytes]) -> None:
        """Send each recipient their line on channel *name*, on this node alone."""
        self._deliver(name, ChannelMessage("", lines))

    async def run(self) -> None:
        """Listen until cancelled; while Redis is away, keep trying."""
        while True:
            try:
                await self._listen()
            except RedisError as failure:
                self._outage.failed(failure)
            finally:
                self._pubsub = None
            await asyncio.sleep(RETRY_S)

    async def _listen(self) -> None:
        async with self._reader.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(DEVICES, *(_PREFIX + name for name in self._listeners))
            self._pubsub = pubsub
            self._outage.succeeded()
            async for message in pubsub.listen():
                await self._take(message["channel"].decode(), message["data"])

    async def _take(self, channel: str, data: bytes) -> None:
        if channel == DEVICES:
            self._on_device(msgspec.msgpack.decode(data, type=ArrivedDevice))
            return
        name = channel.removeprefix(_PREFIX)
        if name not in self._listeners:
            await self._pubsub.unsubscribe(channel)
        elif data:
            self._deliver(name, msgspec.msgpack.decode(data, type=ChannelMessage))
        else:
            self.on_presence_change(name)

    def _deliver(self, name: str, message: ChannelMessage) -> None:
        for listener in self.listeners(name):
            line = message.lines.get(listener.user, message.lines.get(""))
            if line is not None and listener.speaker != message.speaker:
                listener.receive(line)

    async def announce_presence(self, names: Iterable[str]) -> None:
        """Have the nodes that follow one of *names* read its members again."""
        pipeline = self._writer.pipeline(transaction=False)
        for name in names:
            pipeline.publish(_PREFIX + name, b"")
        try:
            await pipeline.execute()
        except RedisError:
            raise _away() from None

    async def _publish(self, channel: str, message: ChannelMessage | ArrivedDevice) -> None:
        try:
            await self._writer.publish(channel, msgspec.msgpack.encode(message))
        except RedisError:
            raise _away() from None


def _away() -> Unavailable:
    return Unavailable("redis_unavailable", "Redis does not answer. Try again shortly.")
