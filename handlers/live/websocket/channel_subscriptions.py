"""The channels that one connection follows, and publishes on (see `channel_access`)."""

import contextlib
from collections.abc import Callable, Collection

import msgspec

from handlers.live.websocket.channel_access import (
    TYPING_PREFIX,
    ChannelAccess,
    other_user,
    require_typing_channel,
    shared_name,
)
from models.access.scope import Scope
from models.base.clock import Clock
from models.base.errors import Invalid, NotFound, Refusal, Unavailable
from models.wire.frames import Author, Eph, Ephemeral, Frame, Subd, Unsubd, encode
from streams.base.transport import Transport
from streams.channels.channels import Channels
from streams.channels.presence import CHANNEL_PREFIX, Member, Presence

BODY_BYTES = 4_096


class ChannelSubscriptions:
    """The subscriptions of one connection to channels."""

    def __init__(
        self,
        channels: Channels,
        presence: Presence,
        access: ChannelAccess,
        transport: Transport,
        send_frame: Callable[[Frame], None],
        clock: Clock,
        speaker: str,
    ) -> None:
        self._channels = channels
        self._presence = presence
        self._access = access
        self._transport = transport
        self._clock = clock
        self._send_frame = send_frame
        self._names: dict[str, str] = {}  # what each channel is called among the nodes
        self._is_closed = False
        self._member: Member | None = None
        self.user = ""
        self.speaker = speaker

    @property
    def names(self) -> Collection[str]:
        """The channels that are followed."""
        return self._names.keys()

    @property
    def follows_others(self) -> bool:
        """Whether it follows somebody who may withdraw access."""
        return bool(self._names)

    def enter(self, scope: Scope, device: str) -> None:
        """Join the presence of the user."""
        self.user = scope.user
        self._member = Member(scope.user, device, self.speaker)
        self._presence.enter(self._member)

    async def follow(self, scope: Scope, name: str) -> None:
        """Subscribe to the channel *name*."""
        await self._check(scope, name)
        shared = shared_name(scope, name)
        await self._channels.follow(shared, self)
        if self._is_closed:  # the socket has gone meanwhile
            self._channels.leave(shared, self)
            return
        self._names[name] = shared
        try:
            # Again: whoever looked for what has to end did not find it before the line above.
            await self._check(scope, name)
        except Refusal:
            self._forget(name)
            raise
        self._send_frame(Subd(f=name, mode="state"))
        if name.startswith(CHANNEL_PREFIX):
            state = await self._presence.state(name, scope.user)
            if name in self._names:
                self._send_frame(state)

    def leave(self, name: str) -> None:
        """Unsubscribe from the channel *name*."""
        self._forget(name)
        self._send_frame(Unsubd(f=name))

    def _forget(self, name: str) -> None:
        shared = self._names.pop(name, None)
        if shared is not None:
            self._channels.leave(shared, self)

    async def speak(self, scope: Scope, frame: Eph) -> None:
        """Publish *frame* to those who follow its channel."""
        require_typing_channel(frame.ch)
        if len(msgspec.json.encode(frame.body)) > BODY_BYTES:
            raise Invalid("message_too_large", f"A body has {BODY_BYTES} bytes at most.")
        await self._check(scope, frame.ch)
        other = other_user(frame.ch)
        by = Author(user=scope.user, dev=scope.device)
        message = Ephemeral(ch=frame.ch, kind=frame.kind, body=frame.body, by=by, at=self._clock())
        named = msgspec.structs.replace(
            message, ch=f"{TYPING_PREFIX}{scope.user}", by=Author(user=scope.user)
        )
        lines = {other: encode(named), scope.user: encode(message)}
        await self._channels.publish(shared_name(scope, frame.ch), lines, self.speaker)

    def receive(self, line: bytes) -> None:
        """See `channels.ChannelSubscriber.receive`."""
        if self._transport.has_room:
            self._transport.queue(self._transport.wrap(line))
            self._transport.flush()

    async def check(self, scope: Scope) -> None:
        """Unsubscribe from the channels that the caller may not follow any more."""
        with contextlib.suppress(Unavailable):  # it is looked at again
            for name in tuple(self._names):
                try:
                    await self._check(scope, name)
                except NotFound:
                    self.leave(name)

    def close(self) -> None:
        """Unsubscribe from all channels."""
        self._is_closed = True
        for shared in self._names.values():
            self._channels.leave(shared, self)
        self._names.clear()
        if self._member is not None:
            self._presence.leave(self._member)

    async def _check(self, scope: Scope, name: str) -> None:
        await self._access.require(scope, name)
