"""The connections of a device: the one in use, the next, and the former.

There is more than one only while a device moves: the next is opened while the one in use goes on,
and the former is kept until the next has said `welcome`, for the answers that are on their way.
"""

import asyncio
from typing import Protocol

from models.base.merge_patch import Json
from upcoach.client.channel import HELLO_S, Channel, Open
from upcoach.client.machine import ClientEvent
from upcoach.client.timing import Silence


class ConnectionOwner(Protocol):
    """Receives the frames and events of the connections."""

    def happen(self, event: ClientEvent, frame: Json | None = None) -> None:
        """Take an event."""

    def take(self, frame: Json) -> None:
        """Take a frame."""

    def take_close(self, code: int | None) -> None:
        """Take the end of the connection in use."""


class DeviceConnections:
    """The next, the current and the former channel of a device; a `channel.ChannelListener`."""

    def __init__(self, owner: ConnectionOwner) -> None:
        self._owner = owner
        self._next: Channel | None = None
        self._current: Channel | None = None
        self._former: Channel | None = None
        self._silence = Silence(lambda: owner.happen(ClientEvent.SILENT))
        self._closing: set[Channel] = set()

    @property
    def url(self) -> str:
        """The node of the connection in use; empty when there is none."""
        return self._current.url if self._current is not None else ""

    def open(self, transport: Open, url: str) -> None:
        """Open the next connection."""
        self._drop(self._next)
        self._next = transport(url, self)

    def hello(self, frame: Json) -> None:
        """Make the next connection the current one, and send `hello` over it."""
        self._drop(self._former)
        self._former, self._current, self._next = self._current, self._next, None
        self._silence.heard(HELLO_S)
        self.send(frame)

    def send(self, frame: Json) -> None:
        """Send *frame* over the connection in use."""
        if self._current is not None:
            self._current.send(frame)

    def release(self) -> None:
        """Close the former connection."""
        self._drop(self._former)
        self._former = None

    def close(self) -> None:
        """Close all connections."""
        for channel in (self._next, self._current, self._former):
            self._drop(channel)
        self._next = self._current = self._former = None
        self._silence.stop()

    def cut(self) -> None:
        """Drop all connections, as a lost network does."""
        for channel in (self._former, self._next, self._current):
            if channel is not None:
                channel.cut()

    async def wait_closed(self) -> None:
        """Wait until all channels are closed."""
        await asyncio.gather(*(channel.wait_closed() for channel in tuple(self._closing)))

    def opened(self, channel: Channel) -> None:
        """See `channel.ChannelListener.opened`."""
        if channel is self._next:
            self._owner.happen(ClientEvent.OPENED)

    def failed(self, channel: Channel) -> None:
        """See `channel.ChannelListener.failed`."""
        if channel is self._next:
            self._drop(channel)
            self._next = None
            self._owner.happen(ClientEvent.FAILED)

    def heard(self, channel: Channel, frame: Json | None) -> None:
        """See `channel.ChannelListener.heard`."""
        if channel is self._current:
            self._silence.heard(channel.patience_s)
            if frame is not None:
                self._owner.take(frame)
        elif channel is self._former and frame is not None and frame["t"] == "res":
            self._owner.take(frame)

    def closed(self, channel: Channel, code: int | None) -> None:
        """See `channel.ChannelListener.closed`."""
        if channel is self._next:
            self.failed(channel)
            return
        self._drop(channel)
        if channel is self._former:
            self._former = None
        elif channel is self._current:
            self._current = None
            self._silence.stop()
            self._owner.take_close(code)

    def _drop(self, channel: Channel | None) -> None:
        if channel is not None:
            channel.close()
            self._closing = {closing for closing in self._closing if not closing.is_gone} | {
                channel
            }
