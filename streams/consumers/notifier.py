"""The notifier: events that people may be notified of, or that change how, in their order.

It keeps nothing: an event by itself says whether it is an occasion, and what is written has an id
that follows from what it is about, so that what is published again after a crash changes nothing.
What is too long ago is passed over here already: a log that is read anew would fill the memory.
"""

import datetime as dt
from collections.abc import Hashable, Iterator, Mapping
from typing import ClassVar, Literal

from models.notifications import Occasion, has_moved, moves_the_night, occasion_of
from models.wire.events import feed_owner
from models.wire.frames import Ev
from streams.consumers.consumer import ConsumerFailure
from upcoach.services.notifications.occasions import Occasions
from upcoach.services.notifications.reminders.held_back import HeldNotifications


class NotificationConsumer:
    """See `DurableConsumer`: notifies people of logins, relations, milestones, achievements.

    What is held back by quiet hours is looked at again when these, or the zone, are others.
    """

    durability: ClassVar[Literal["durable"]] = "durable"
    name: ClassVar[str] = "notifier"
    version: ClassVar[int] = 1
    concerns: ClassVar[tuple[str, ...]] = (
        "session.created",
        "goal.updated",
        "habit.entry.set",
        "share.",
        "client.",
        "coaching_session.",
        "user.updated",
        "notification_preferences.",
    )

    def __init__(self, occasions: Occasions, held: HeldNotifications) -> None:
        self._occasions = occasions
        self._held = held
        self._waiting: dict[Hashable, Occasion | str] = {}

    def apply(self, event: Ev) -> Iterator[None]:
        """See `DurableConsumer.apply`."""
        occasion = occasion_of(event)
        if occasion is not None and not self._occasions.is_stale(occasion):
            parts = (*occasion.parts, "" if occasion.type == "achievement_unlocked" else event.seq)
            self._waiting[occasion.type, event.f, occasion.about, *parts] = occasion
        if has_moved(event) or moves_the_night(event):
            self._waiting["night", event.f] = feed_owner(event.f)
        yield

    def tick(self, _now: dt.datetime, /) -> Iterator[None]:
        """See `DurableConsumer.tick`: nothing is due."""
        yield from ()

    def next_tick(self) -> dt.datetime | None:
        """See `DurableConsumer.next_tick`."""
        return None

    def believes(self, _now: dt.datetime, /) -> bool:
        """See `DurableConsumer.believes`."""
        return True

    def drain(self) -> Iterator[Mapping[Hashable, Occasion | str]]:
        """See `DurableConsumer.drain`."""
        waiting, self._waiting = self._waiting, {}
        yield waiting

    def take_failures(self) -> list[ConsumerFailure]:
        """See `DurableConsumer.take_failures`: each event stands for itself."""
        return []

    async def publish(self, output: Occasion | str) -> None:
        """See `DurableConsumer.publish`: of an occasion, or for whoever has another night now."""
        if isinstance(output, Occasion):
            await self._occasions.tell(output)
        else:
            await self._occasions.move(output)
            await self._held.review(output)

    def state(self) -> Iterator[bytes]:
        """See `DurableConsumer.state`: there is none."""
        yield b""

    def restore(self, _state: bytes | memoryview | None) -> Iterator[None]:
        """See `DurableConsumer.restore`."""
        self._waiting = {}
        yield
