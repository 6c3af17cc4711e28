"""Per feed: apply `last + 1`, ignore what is not larger, fetch what is missing."""

from collections.abc import Iterable

from models.events import Event
from upcoach.store.log import EventLog, contiguous

PAGE = 500


class Hole(Exception):
    """The log does not hold the numbers that are missing: they are older than what is kept."""

    def __init__(self, feed: str, after: int, first: int) -> None:
        super().__init__(feed, after, first)
        self.feed = feed
        self.after = after
        self.first = first


class Sequencer:
    """Puts the events of one feed into order, whatever order they come in."""

    def __init__(self, log: EventLog, feed: str, last: int) -> None:
        self._log = log
        self.feed = feed
        self.last = last

    async def take(self, events: Iterable[Event]) -> list[Event]:
        """Those of *events*, and those missing between them, that come next, in order.

        Whoever cannot go on with them sets `last` back.
        """
        before = self.last
        taken: list[Event] = []
        try:
            for event in sorted(events, key=lambda one: one.seq):
                if event.seq > self.last + 1:
                    taken.extend(await self._fetch(event.seq - 1))
                if event.seq == self.last + 1:
                    taken.append(event)
                    self.last = event.seq
        except BaseException:
            self.last = before
            raise
        return taken

    async def catch_up(self) -> list[Event]:
        """All that the log holds beyond the last number; see `take`."""
        before = self.last
        taken: list[Event] = []
        try:
            while page := await self._page(PAGE):
                taken.extend(page)
        except BaseException:
            self.last = before
            raise
        return taken

    async def _fetch(self, until: int) -> list[Event]:
        taken: list[Event] = []
        while self.last < until:
            page = await self._page(min(PAGE, until - self.last))
            if not page:
                raise Hole(self.feed, self.last, until + 1)
            taken.extend(page)
        return taken

    async def _page(self, limit: int) -> list[Event]:
        page = await self._log.page(self.feed, self.last, limit)
        if page and not contiguous(page, self.last):
            raise Hole(self.feed, self.last, page[0].seq)
        if page:
            self.last = page[-1].seq
        return page
