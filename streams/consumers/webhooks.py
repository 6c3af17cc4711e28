"""The wake-up of deliveries to webhooks by what is new in the feeds of their owners."""

import datetime as dt
from typing import ClassVar, Literal

from models.webhooks import Webhook
from models.wire.events import Event, feed_owner
from upcoach.services.webhooks.delivery_runner import DeliveryRunner


class WebhookConsumer:
    """See `LocalConsumer`: tells the runner of deliveries whose feeds have something new."""

    durability: ClassVar[Literal["local"]] = "local"
    name: ClassVar[str] = "webhooks"
    every_s: ClassVar[float] = 30.0  # how long something new may wait that no event has told of
    catches_up: ClassVar[bool] = True

    def __init__(self, runner: DeliveryRunner) -> None:
        self._runner = runner
        self._owners: set[str] = set()  # whoever has a webhook
        self._new: set[str] = set()

    def apply(self, event: Event) -> None:
        """See `LocalConsumer.apply`."""
        owner = feed_owner(event.feed)
        if event.kind == Webhook.kind:
            self._owners.add(owner)
            self._runner.look_anew(owner)
        if owner in self._owners:
            self._new.add(owner)

    async def tick(self, _now: dt.datetime) -> None:
        """See `LocalConsumer.tick`: the database knows who has webhooks, and how far they are."""
        self._owners = await self._runner.catch_up()

    def drain(self) -> None:
        """See `LocalConsumer.drain`."""
        new, self._new = self._new, set()
        if new:
            self._runner.wake(new)
