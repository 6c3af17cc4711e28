"""Local consumers: each process's own, told of events as they are read, and of the time."""

import asyncio
import datetime as dt
from typing import ClassVar, Literal, cast

from models.base import cancellation
from models.base.clock import utc_now
from models.base.metrics import Metrics
from models.wire.events import Event
from streams.consumers.local import LocalRunner
from streams.consumers.revocation import RevocationConsumer
from upcoach.services.account.sessions.revocations import RevocationCache
from upcoach.services.base.periodic_jobs import PeriodicJobRunner
from upcoach.store.collections.documents import Documents


class Watch:
    """Counts how often it was told the time; that is all that it can find out."""

    durability: ClassVar[Literal["local"]] = "local"
    name: ClassVar[str] = "watch"
    every_s: ClassVar[float] = 3600.0
    catches_up: ClassVar[bool] = False

    def __init__(self) -> None:
        self.told = 0
        self.looked = asyncio.Event()

    def apply(self, event: Event) -> None:
        """Hear nothing."""

    async def tick(self, _now: dt.datetime, /) -> None:
        self.told += 1

    def drain(self) -> None:
        if self.told:
            self.looked.set()


class CatchingUp(Watch):
    catches_up: ClassVar[bool] = True


class SlowCache(RevocationCache):
    """Takes its time to look: until it is let go."""

    def __init__(self) -> None:
        super().__init__(cast("Documents", None), dt.timedelta(hours=1), utc_now)
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()

    async def look(self) -> list[str]:
        self.asked.set()
        await self.go_on.wait()
        return ["ses_old"]


def session_ended(name: str) -> Event:
    return Event(
        feed="u:usr_1", seq=1, at=utc_now(), type="session.ended", id=name, sums=b"", sealed=b""
    )


async def no_claim(_name: str, _for_s: float) -> bool:
    return False


async def test_a_consumer_looks_as_soon_as_its_process_begins() -> None:
    # It begins to hear events only after a look: what came in between would stay unheard.
    watch = Watch()
    runner = LocalRunner(watch, utc_now, Metrics())
    [work] = PeriodicJobRunner([runner.job], no_claim).tasks.values()

    task = asyncio.create_task(work())
    try:
        async with asyncio.timeout(5):
            await watch.looked.wait()
    finally:
        await cancellation.end(task)

    assert watch.told == 1


async def test_who_reads_events_waits_only_for_those_who_catch_up() -> None:
    idle, busy = Watch(), CatchingUp()

    for watch in (idle, busy):
        await LocalRunner(watch, utc_now, Metrics()).recover()

    assert (idle.told, busy.told) == (0, 1)


async def test_a_session_that_ends_during_a_look_is_told_once() -> None:
    told: list[str] = []
    cache = SlowCache()
    consumer = RevocationConsumer(cache, told.extend, print, print)
    runner = LocalRunner(consumer, utc_now, Metrics())
    await runner.take([session_ended("ses_first")])

    looking = asyncio.create_task(runner.recover())
    await cache.asked.wait()
    await runner.take([session_ended("ses_new")])
    cache.go_on.set()
    await looking

    assert told == ["ses_first", "ses_new", "ses_old"]
