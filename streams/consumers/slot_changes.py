"""Tells those who look at a coach's times that some were taken or given back."""

import datetime as dt
from typing import ClassVar, Final, Literal

from models.base.clock import Clock
from models.scheduling import Availability, CoachingSession, SlotHold
from models.wire.events import Event, feed_owner
from models.wire.frames import Ephemeral, encode
from streams.channels.channels import Channels

SLOTS_PREFIX: Final = "slots:"
_KINDS: Final = frozenset({Availability.kind, CoachingSession.kind, SlotHold.kind})


class SlotChanges:
    """See `LocalConsumer`: publishes on the channels of the coaches whose times have changed."""

    durability: ClassVar[Literal["local"]] = "local"
    name: ClassVar[str] = "slot_changes"
    every_s: ClassVar[float] = 600.0
    catches_up: ClassVar[bool] = True

    def __init__(self, channels: Channels, clock: Clock) -> None:
        self._channels = channels
        self._clock = clock
        self._changed: set[str] = set()

    def apply(self, event: Event) -> None:
        """See `LocalConsumer.apply`."""
        if event.kind in _KINDS:
            self._changed.add(SLOTS_PREFIX + feed_owner(event.feed))

    async def tick(self, _now: dt.datetime) -> None:
        """See `LocalConsumer.tick`: whoever follows a channel may have missed something."""
        self._changed.update(self._channels.followed(SLOTS_PREFIX))

    def drain(self) -> None:
        """See `LocalConsumer.drain`."""
        changed, self._changed = self._changed, set()
        for name in changed:
            if self._channels.listeners(name):
                frame = Ephemeral(ch=name, kind="changed", body={}, at=self._clock())
                self._channels.publish_here(name, {"": encode(frame)})
