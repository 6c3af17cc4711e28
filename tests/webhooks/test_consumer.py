"""Whoever gets a webhook while it is looked up who has one is known after it."""

import asyncio
import datetime as dt

from models.base.clock import utc_now
from models.wire.events import Event, user_feed
from streams.consumers.webhooks import WebhookConsumer


class Looking:
    """A runner whose look into the database takes as long as a test wants."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()
        self.woken: list[set[str]] = []

    async def catch_up(self) -> set[str]:
        await self.may_end.wait()
        return {"usr_old"}

    def look_anew(self, _owner: str) -> None:
        pass

    def wake(self, owners: set[str]) -> None:
        self.woken.append(owners)


def event(owner: str, event_type: str, at: dt.datetime) -> Event:
    return Event(feed=user_feed(owner), seq=1, at=at, type=event_type, id="x", sums=b"", sealed=b"")


async def test_who_gets_a_webhook_during_a_look_is_known_after_it() -> None:
    runner, now = Looking(), utc_now()
    consumer = WebhookConsumer(runner)
    look = asyncio.create_task(consumer.tick(now))
    await asyncio.sleep(0)
    consumer.apply(event("usr_new", "webhook.created", now))
    runner.may_end.set()
    await look
    consumer.drain()

    for owner in ("usr_old", "usr_new", "usr_none"):
        consumer.apply(event(owner, "goal.created", now))
    consumer.drain()

    assert runner.woken == [{"usr_new"}, {"usr_old", "usr_new"}]
