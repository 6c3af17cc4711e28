"""The sequencer of a feed: apply `last + 1`, drop duplicates, fetch what is missing."""

from collections.abc import Iterable

from models.wire.events import Event
from upcoach.store.log.event_log import EventLog, contiguous

PAGE = 500


class Gap(Exception):
    """Missing numbers that the log does not hold: they are older than what is kept."""

    def __init__(self, feed: str, after: int, first: int) -> None:
        super().__init__(feed, after, first)
        self.feed = feed
        self.after = after
        self.first = first


class Sequencer:
    """Puts the events of one feed into order, whatever order they come in.

    Attributes
    ----------
    last
        The number up to which everything is dealt with; whoever has dealt with more moves it on.

    """

    def __init__(self, log: EventLog, feed: str, last: int) -> None:
        self._log = log
        self.feed = feed
        self.last = last

    async def take(self, events: Iterable[Event]) -> list[Event]:
        """Those of *events*, and those missing between them, that come next, in order."""
        taken: list[Event] = []
        last = self.last
        for event in sorted(events, key=lambda event: event.seq):
            if event.seq > last + 1:
                taken.extend(await self._between(last, event.seq))
            if event.seq > last:
                taken.append(event)
                last = event.seq
        return taken

    async def catch_up(self) -> list[Event]:
        """All that the log holds beyond the last number."""
        taken: list[Event] = []
        last = self.last
        while page := await self._page(last, PAGE):
            taken.extend(page)
            last = page[-1].seq
        return taken

    async def _between(self, after: int, before: int) -> list[Event]:
        taken: list[Event] = []
        last = after
        while last < before - 1:
            page = await self._page(last, min(PAGE, before - 1 - last))
            if not page:
                raise Gap(self.feed, last, before)
            taken.extend(page)
            last = page[-1].seq
        return taken

    async def _page(self, after: int, limit: int) -> list[Event]:
        page = await self._log.page(self.feed, after, limit)
        if page and not contiguous(page, after):
            raise Gap(self.feed, after, page[0].seq)
        return page
