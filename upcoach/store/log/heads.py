"""A cache of feed heads: each feed's newest sequence number, and the checksums there."""

import asyncio
import collections
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from models.base.checksums import EMPTY
from models.wire.events import Event
from upcoach.store.base.database import Bson, Database

HELD = 100_000


class Head(NamedTuple):
    """A feed's newest sequence number, with its packed checksums there."""

    seq: int = 0
    sums: bytes = EMPTY


class Heads:
    """A bounded cache of feed heads, filled from the log when a feed is not in it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._heads: collections.OrderedDict[str, Head] = collections.OrderedDict()
        self._watched: dict[str, tuple[int, asyncio.Event]] = {}

    def __getitem__(self, feed: str) -> Head:
        return self._heads[feed]

    def newest_seen(self, feed: str) -> int:
        """The newest number of *feed* that this process has written or heard of; 0 for none."""
        return self._heads.get(feed, Head()).seq

    def advance(self, feed: str, head: Head) -> None:
        """Set the head of *feed*."""
        self._heads[feed] = head
        self._heads.move_to_end(feed)
        while len(self._heads) > HELD:
            self._heads.popitem(last=False)

    def observe(self, event: Event) -> None:
        """Advance a cached head by an event that came through the streams."""
        head = self._heads.get(event.feed)
        if head is not None and event.seq > head.seq:
            self._heads[event.feed] = Head(event.seq, event.sums)
        watched = self._watched.get(event.feed)
        if watched is not None and event.seq > watched[0]:
            watched[1].set()

    async def beyond(self, feed: str, seq: int, patience_s: float) -> bool:
        """Wait until the streams bring an event of *feed* above *seq*; whether they did in time."""
        if self._heads.get(feed, Head()).seq > seq:
            return True
        came = asyncio.Event()
        self._watched[feed] = (seq, came)
        try:
            async with asyncio.timeout(patience_s):
                return await came.wait()
        except TimeoutError:
            return False
        finally:
            del self._watched[feed]

    def forget(self, feeds: Iterable[str]) -> None:
        """Drop *feeds* from the cache: the log is asked the next time."""
        for feed in feeds:
            self._heads.pop(feed, None)

    async def load(self, feeds: Iterable[str]) -> None:
        """Load the heads of *feeds* that are not cached."""
        missing = [feed for feed in feeds if feed not in self._heads]
        if missing:
            heads = await asyncio.gather(*(self.read(feed) for feed in missing))
            for feed, head in zip(missing, heads, strict=True):
                self.advance(feed, head)

    async def passed(self, seqs: Mapping[str, int]) -> set[str]:
        """Those feeds in *seqs* of which the log has larger numbers than these, by one query."""
        if not seqs:
            return set()
        beyond = [{"feed": feed, "seq": {"$gt": seq}} for feed, seq in seqs.items()]
        pipeline: list[Bson] = [{"$match": {"$or": beyond}}, {"$group": {"_id": "$feed"}}]
        async with self._database.connection():
            cursor = await self._database["events"].aggregate(pipeline)
            return {group["_id"] async for group in cursor}

    async def read(self, feed: str) -> Head:
        """Read the head of *feed* from the log."""
        async with self._database.connection():
            newest = await self._database["events"].find_one(
                {"feed": feed}, {"_id": 0, "seq": 1, "sums": 1}, sort=[("seq", -1)]
            )
        return Head(int(newest["seq"]), bytes(newest["sums"])) if newest else Head()
