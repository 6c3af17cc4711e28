"""The wake-up of deliveries to webhooks by what is new in the feeds of their owners."""

import datetime as dt
from typing import ClassVar, Literal, Protocol

from models.webhooks import Webhook
from models.wire.events import Event, feed_owner


class DeliveryWork(Protocol):
    """What sends to webhooks, as the consumer needs it."""

    async def catch_up(self) -> set[str]:
        """Find what no event has told of, and whoever has webhooks."""

    def look_anew(self, owner: str) -> None:
        """Look at all webhooks of *owner*, of which one has changed."""

    def wake(self, owners: set[str]) -> None:
        """Look at the webhooks of *owners*, in whose feeds there is something new."""


class WebhookConsumer:
    """See `LocalConsumer`: tells the runner of deliveries whose feeds have something new."""

    durability: ClassVar[Literal["local"]] = "local"
    name: ClassVar[str] = "webhooks"
    every_s: ClassVar[float] = 15.0  # how long something new may wait that no event has told of
    catches_up: ClassVar[bool] = True

    def __init__(self, runner: DeliveryWork) -> None:
        self._runner = runner
        self._owners: set[str] = set()  # whoever has a webhook
        self._added: set[str] = set()  # those of them that were heard of since the last look began
        self._new: set[str] = set()

    def apply(self, event: Event) -> None:
        """See `LocalConsumer.apply`."""
        owner = feed_owner(event.feed)
        if event.kind == Webhook.kind:
            self._owners.add(owner)
            self._added.add(owner)
            self._runner.look_anew(owner)
        if owner in self._owners:
            self._new.add(owner)

    async def tick(self, _now: dt.datetime) -> None:
        """See `LocalConsumer.tick`: the database knows who has webhooks, and how far they are."""
        self._added = set()
        owners = await self._runner.catch_up()
        self._owners = owners | self._added  # who may have come while it was looked

    def drain(self) -> None:
        """See `LocalConsumer.drain`."""
        new, self._new = self._new, set()
        if new:
            self._runner.wake(new)
