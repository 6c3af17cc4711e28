"""The newest number of each feed, as far as this process knows."""

import asyncio
import collections
from collections.abc import Iterable

from upcoach.store.database import Database

HELD = 100_000


class Heads:
    """A bounded memory of feed heads, filled from the log when a feed is not in it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._heads: collections.OrderedDict[str, int] = collections.OrderedDict()
        self._watched: dict[str, tuple[int, asyncio.Event]] = {}

    def __getitem__(self, feed: str) -> int:
        return self._heads[feed]

    def advance(self, feed: str, seq: int) -> None:
        """Take note that *feed* has come to *seq*."""
        self._heads[feed] = seq
        self._heads.move_to_end(feed)
        while len(self._heads) > HELD:
            self._heads.popitem(last=False)

    def observe(self, feed: str, seq: int) -> None:
        """Take note of an event that came through the streams."""
        known = self._heads.get(feed)
        if known is not None and seq > known:
            self._heads[feed] = seq
        watched = self._watched.get(feed)
        if watched is not None and seq > watched[0]:
            watched[1].set()

    async def beyond(self, feed: str, seq: int, patience_s: float) -> bool:
        """Whether the streams have brought, or bring in time, a number of *feed* above *seq*."""
        if self._heads.get(feed, 0) > seq:
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
        """Ask the log the next time."""
        for feed in feeds:
            self._heads.pop(feed, None)

    async def load(self, feeds: Iterable[str]) -> None:
        """Know the heads of *feeds*."""
        missing = [feed for feed in feeds if feed not in self._heads]
        if missing:
            heads = await asyncio.gather(*(self.read(feed) for feed in missing))
            for feed, head in zip(missing, heads, strict=True):
                self.advance(feed, head)

    async def read(self, feed: str) -> int:
        """The newest number of *feed* in the log; 0 when it is empty."""
        async with self._database.turn():
            newest = await self._database["events"].find_one(
                {"feed": feed}, {"_id": 0, "seq": 1}, sort=[("seq", -1)]
            )
        return int(newest["seq"]) if newest else 0
