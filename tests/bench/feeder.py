"""Another node's writes, committed first and published at the pace that is asked for.

So that the CPU of the node with the sockets is that of its deliveries alone, and not of the
writes.  That node does all that it does in production: it reads the streams, sequences, opens and
fans out.
"""

import asyncio
import collections
import os
import time
from typing import Any

import msgspec

from config.settings import Settings
from models.clock import utc_now
from models.documents import NewGoal
from models.events import Event
from models.merge_patch import Json
from models.scope import Scope
from streams.redis import KEPT, Connections, fields_of, stream_of
from tests.bench.child import obey
from tests.bench.node import MARK
from upcoach import app
from upcoach.services import Goals
from upcoach.store.committer import Committer
from upcoach.store.database import Database
from upcoach.store.documents import Documents
from upcoach.store.keyring import KeyRing, MasterKeys
from upcoach.store.log import EventLog

LINE_BYTES = 300
PORTION = 100  # events a round trip, when there is no pace


class Feeder:
    """One goal of one person, changed as often as is asked for."""

    def __init__(self, settings: Settings, database: Database, redis: Any) -> None:
        masters = MasterKeys(next(iter(settings.master_keys)), settings.master_keys)
        keyring = KeyRing(database, masters)
        self._redis = redis
        self._log = EventLog(database, keyring)
        self._ready: collections.deque[Event] = collections.deque()
        committer = Committer(database, keyring, utc_now, self._ready.extend)
        self._goals = Goals(Documents(database, keyring), committer)
        self._scope = Scope(user="")
        self._goal = NewGoal(title="Begin")
        self._version = 1
        self._title = MARK

    async def begin(self, user: str) -> Json:
        """Make the goal; an event as it will arrive, padded to its size."""
        self._scope = Scope(user=user, device="other")
        await self._goals.create(self._scope, self._goal)
        await self._publish([self._ready.popleft()])
        await self.prepare(1)
        line = self._log.open_line(self._ready[0])
        await self._publish([self._ready.popleft()])
        self._title = MARK.ljust(len(MARK) + LINE_BYTES - len(line), ".")
        event: Json = msgspec.json.decode(line)
        event["patch"]["title"] = self._title
        return event

    async def prepare(self, events: int) -> None:
        """Commit *events* changes and keep what they would have published."""
        last = self._version + events
        while self._version < last:
            bases = range(self._version, min(self._version + PORTION, last))
            await asyncio.gather(*(self._change(base) for base in bases))
            self._version = bases.stop
            # Marked before they are due, or the node's sweep would publish them.
            await self._log.mark_published(self._ready)

    async def publish(self, every_s: float) -> list[float]:
        """Publish what was prepared; when each event was."""
        published = []
        while self._ready:
            count = 1 if every_s else min(PORTION, len(self._ready))
            published += [time.monotonic()] * count
            await self._publish([self._ready.popleft() for _ in range(count)])
            await asyncio.sleep(every_s)
        return published

    async def _change(self, base: int) -> None:
        patch = {"title": f"{self._title}{base % 10}"}
        await self._goals.change(self._scope, self._goal.id, patch, base)

    async def _publish(self, events: list[Event]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for event in events:
            pipeline.xadd(stream_of(event.feed), fields_of(event), maxlen=KEPT, approximate=True)
        await pipeline.execute()
        await self._log.mark_published(events)


async def main() -> None:
    settings = Settings.from_environ(
        {name: value for name, value in os.environ.items() if name.startswith("UPCOACH_")}
    )
    assert settings.mongo_url is not None
    assert settings.redis_url is not None
    redis = Connections(settings.redis_url)
    async with app.open_database(settings.mongo_url, settings) as database:
        feeder = Feeder(settings, database, redis.writer)
        await obey({"begin": feeder.begin, "prepare": feeder.prepare, "publish": feeder.publish})
    await redis.aclose()


if __name__ == "__main__":
    asyncio.run(main())
