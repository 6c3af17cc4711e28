"""The channels that one connection follows, and what it says on them.

A channel is called by the other person, `typing:{user}`, so that the two who share one call it by
different names.  What is said there is heard by these two and by nobody else: several clients of
one coach, or coaches of one client, each have a channel of their own.
"""

import contextlib
from collections.abc import Callable

import msgspec

from models.access.scope import Scope
from models.base.clock import Clock
from models.base.errors import Invalid, NotFound, Refusal, Unavailable
from models.wire.frames import Author, Eph, Ephemeral, Frame, Subd, Unsubd, encode
from streams.base.transport import Transport
from streams.channels.channels import Channels
from streams.channels.presence import CHANNEL_PREFIX, Member, Presence
from upcoach.services.sharing.shares import Shares

TYPING = "typing:"
BODY_BYTES = 4_096
MOST = 64


def is_channel(name: str) -> bool:
    """Whether *name* is that of a channel, and not of a feed."""
    return name.startswith((CHANNEL_PREFIX, TYPING))


class ChannelSubscriptions:
    """A listener, on as many channels as its connection follows."""

    def __init__(
        self,
        channels: Channels,
        presence: Presence,
        shares: Shares,
        outlet: Transport,
        say: Callable[[Frame], None],
        clock: Clock,
        speaker: str,
    ) -> None:
        self._channels = channels
        self._presence = presence
        self._shares = shares
        self._outlet = outlet
        self._clock = clock
        self._say = say
        self._names: dict[str, str] = {}  # what each channel is called among the nodes
        self._is_closed = False
        self._member: Member | None = None
        self.user = ""
        self.speaker = speaker

    @property
    def follows_others(self) -> bool:
        """Whether it hears somebody who may take the leave away."""
        return bool(self._names)

    def enter(self, scope: Scope, device: str) -> None:
        """Be there, for those who may know."""
        self.user = scope.user
        self._member = Member(scope.user, device, self.speaker)
        self._presence.enter(self._member)

    async def follow(self, scope: Scope, name: str) -> None:
        """Hear what is said on the channel *name* from now on."""
        await self._check(scope, name)
        if name not in self._names and len(self._names) >= MOST:
            raise Invalid("channels_too_many", f"A socket follows {MOST} channels at most.")
        shared = _shared(scope, name)
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
        self._say(Subd(f=name, mode="state"))
        if name.startswith(CHANNEL_PREFIX):
            state = await self._presence.state(name, scope.user)
            if name in self._names:
                self._say(state)

    def leave(self, name: str) -> None:
        """Hear it no longer."""
        self._forget(name)
        self._say(Unsubd(f=name))

    def _forget(self, name: str) -> None:
        shared = self._names.pop(name, None)
        if shared is not None:
            self._channels.leave(shared, self)

    async def speak(self, scope: Scope, frame: Eph) -> None:
        """Say something to those who follow the channel."""
        if not frame.ch.startswith(TYPING):
            raise Invalid("channel_closed", "Only the server speaks on this channel.")
        await self._check(scope, frame.ch)
        other = _other(frame.ch)
        by = Author(user=scope.user, dev=scope.device)
        told = Ephemeral(ch=frame.ch, kind=frame.kind, body=frame.body, by=by, at=self._clock())
        own = encode(told)
        if len(own) > BODY_BYTES:
            raise Invalid("message_too_large", f"A message has {BODY_BYTES} bytes at most.")
        named = msgspec.structs.replace(
            told, ch=f"{TYPING}{scope.user}", by=Author(user=scope.user)
        )
        lines = {other: encode(named), scope.user: own}
        await self._channels.say(_shared(scope, frame.ch), lines, self.speaker)

    def hear(self, line: bytes) -> None:
        """See `channels.ChannelSubscriber.hear`."""
        if self._outlet.has_room:
            self._outlet.queue(self._outlet.wrap(line))
            self._outlet.flush()

    async def check(self, scope: Scope) -> None:
        """Leave the channels that the caller may not follow any more."""
        with contextlib.suppress(Unavailable):  # it is looked at again
            for name in tuple(self._names):
                try:
                    await self._check(scope, name)
                except NotFound:
                    self.leave(name)

    def close(self) -> None:
        """Leave everything."""
        self._is_closed = True
        for shared in self._names.values():
            self._channels.leave(shared, self)
        self._names.clear()
        if self._member is not None:
            self._presence.leave(self._member)

    async def _check(self, scope: Scope, name: str) -> None:
        """Raise `NotFound` unless the channel is one's own, a client's, or one's coach's."""
        other = _other(name)
        if other != scope.user and not await self._shares.connects(scope.user, other):
            raise NotFound("channel_unknown", "There is no such channel.")


def _other(name: str) -> str:
    """Who is at the other end of the channel *name*."""
    return name.partition(":")[2]


def _shared(scope: Scope, name: str) -> str:
    """What the channel is called among the nodes, whoever of the two follows it."""
    if name.startswith(CHANNEL_PREFIX):
        return CHANNEL_PREFIX + _other(name)
    return TYPING + "+".join(sorted({scope.user, _other(name)}))
