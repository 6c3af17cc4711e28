"""The channels that one connection follows, and what it says on them."""

import contextlib
from collections.abc import Callable

from models.clock import Clock
from models.errors import Invalid, NotFound, Unavailable
from models.frames import Author, Eph, Frame, Subd, Told, Unsubd, encode
from models.scope import Scope
from streams.channels import Channels
from streams.outlet import Outlet
from streams.presence import PREFIX, Member, Presence
from upcoach.services.shares import Shares

TYPING = "typing:"
BODY_BYTES = 4_096
MOST = 64


def is_channel(name: str) -> bool:
    """Whether *name* is that of a channel, and not of a feed."""
    return name.startswith((PREFIX, TYPING))


class Hearing:
    """A listener, on as many channels as its connection follows."""

    def __init__(
        self,
        channels: Channels,
        presence: Presence,
        shares: Shares,
        outlet: Outlet,
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
        self._names: set[str] = set()
        self._is_closed = False
        self._member: Member | None = None
        self.speaker = speaker

    @property
    def follows_others(self) -> bool:
        """Whether it hears somebody who may take the leave away."""
        return bool(self._names)

    def enter(self, scope: Scope, device: str) -> None:
        """Be there, for those who may know."""
        self._member = Member(scope.user, device, self.speaker)
        self._presence.enter(self._member)

    async def follow(self, scope: Scope, name: str) -> None:
        """Hear what is said on the channel *name* from now on."""
        await self._check(scope, name)
        if len(self._names) >= MOST:
            raise Invalid("channels_too_many", f"A socket follows {MOST} channels at most.")
        await self._channels.follow(name, self)
        if self._is_closed:  # the socket has gone meanwhile
            self._channels.leave(name, self)
            return
        self._names.add(name)
        self._say(Subd(f=name, mode="state"))
        if name.startswith(PREFIX):
            self._say(await self._presence.state(name))

    def leave(self, name: str) -> None:
        """Hear it no longer."""
        self._names.discard(name)
        self._channels.leave(name, self)
        self._say(Unsubd(f=name))

    async def speak(self, scope: Scope, frame: Eph) -> None:
        """Say something to those who follow the channel."""
        if not frame.ch.startswith(TYPING):
            raise Invalid("channel_closed", "Only the server speaks on this channel.")
        await self._check(scope, frame.ch)
        by = Author(user=scope.user, dev=scope.device)
        told = Told(ch=frame.ch, kind=frame.kind, body=frame.body, by=by, at=self._clock())
        if len(encode(told)) > BODY_BYTES:
            raise Invalid("message_too_large", f"A message has {BODY_BYTES} bytes at most.")
        await self._channels.say(told, self.speaker)

    def hear(self, line: bytes) -> None:
        """See `channels.Listener.hear`."""
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
        for name in self._names:
            self._channels.leave(name, self)
        self._names.clear()
        if self._member is not None:
            self._presence.leave(self._member)

    async def _check(self, scope: Scope, name: str) -> None:
        """Raise `NotFound` unless the channel is one's own, a client's, or one's coach's."""
        user = name.partition(":")[2]
        if user != scope.user and not await self._shares.connects(scope.user, user):
            raise NotFound("channel_unknown", "There is no such channel.")
