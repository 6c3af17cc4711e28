"""Where a subscription to a feed resumes: from memory, from the log, or with a reset."""

import enum

import msgspec

from models.access.rate_limits import BYTES_PER_READ, Cost
from models.wire.cursor import Cursor
from streams.feed.hub import Hub
from streams.feed.topic import Topic
from streams.limits.prepaid_rate_limiter import PrepaidRateLimiter
from upcoach.services.sharing.feed_views import FeedView, FeedViews
from upcoach.services.sync.snapshots import Snapshots
from upcoach.store.log.event_log import EventLog, contiguous
from upcoach.store.log.heads import Heads

MAX_BEHIND = 200_000  # events beyond which a snapshot is cheaper than what was missed


ITEMS_PER_READ = 100  # documents or events that count as one read


class SubscriptionMode(enum.StrEnum):
    """How a subscription begins."""

    RESUME = "resume"
    CATCHUP = "catchup"
    SNAPSHOT = "snapshot"


class SubscriptionStart(msgspec.Struct, frozen=True):
    """Where a subscription begins, or why it cannot: then the client needs a snapshot first."""

    view: FeedView
    topic: Topic
    seq: int
    mode: SubscriptionMode
    reset: str | None = None


class Feeds:
    """The dependencies of subscriptions, and where each begins."""

    def __init__(
        self,
        hub: Hub,
        log: EventLog,
        heads: Heads,
        snapshots: Snapshots,
        views: FeedViews,
        epoch: str,
        credit: PrepaidRateLimiter | None = None,
    ) -> None:
        self.hub = hub
        self.log = log
        self.heads = heads
        self.snapshots = snapshots
        self.views = views
        self.epoch = epoch
        self._credit = credit

    async def pace(self, view: FeedView, count: int, size: int) -> None:
        """Wait until the rate limit allows the view's user so much more.

        That is *count* documents or events, or *size* bytes, whichever is more.
        """
        reads = max(-(-count // ITEMS_PER_READ), size // BYTES_PER_READ)
        if self._credit is not None and reads:
            await self._credit.pace(view.scope.user, Cost(reads))

    def cursor(self, seq: int) -> str:
        """The cursor of number *seq*."""
        return str(Cursor(self.epoch, seq))

    async def start(self, view: FeedView, since: str | None, *, snap: bool) -> SubscriptionStart:
        """Where to resume: from memory, else from the log, else with a reset and its reason.

        A subscription has to be opened in the same turn of the loop.
        """
        while True:
            topic = await self.hub.attach(view.feed)
            start = await self._start(view, topic, since, snap=snap)
            if view.visibility is not None:
                start = await self._as_now_seen(start)
            if self.hub.holds(topic):
                return start

    async def _as_now_seen(self, start: SubscriptionStart) -> SubscriptionStart:
        """*start* under the view as it is once the place is known.

        So a change of the share either is in the view, or stands in the feed behind the place.  A
        snapshot is taken at the view's own number at least: the documents are read after both.
        """
        view = await self.views.of(start.view.scope, start.view.feed)
        if start.mode is SubscriptionMode.SNAPSHOT:
            return msgspec.structs.replace(start, view=view, seq=max(start.seq, view.since))
        if start.seq < view.since:
            # This node may not have heard yet of the change of the share, or of what was before.
            place = max(start.topic.last, view.since)
            return SubscriptionStart(view, start.topic, place, start.mode, reset="access")
        return msgspec.structs.replace(start, view=view)

    async def _start(
        self, view: FeedView, topic: Topic, since: str | None, *, snap: bool
    ) -> SubscriptionStart:
        if snap:
            return SubscriptionStart(view, topic, topic.last, SubscriptionMode.SNAPSHOT)
        if since is None or since == "now":
            # What this node has written itself is past, even if the streams are yet to bring it.
            newest = max(topic.last, self.heads.newest_seen(view.feed))
            return SubscriptionStart(view, topic, newest, SubscriptionMode.RESUME)
        cursor = Cursor(self.epoch, 0) if since == "0" else Cursor.parse(since)
        if cursor.epoch != self.epoch or await self._is_ahead(topic, cursor.seq):
            return SubscriptionStart(
                view, topic, topic.last, SubscriptionMode.RESUME, reset="epoch"
            )
        if cursor.seq >= topic.last or topic.after(cursor.seq) is not None:
            return SubscriptionStart(view, topic, cursor.seq, SubscriptionMode.RESUME)
        reset = await self._out_of_reach(topic, cursor.seq)
        return SubscriptionStart(
            view, topic, topic.last if reset else cursor.seq, SubscriptionMode.CATCHUP, reset=reset
        )

    async def _out_of_reach(self, topic: Topic, seq: int) -> str | None:
        """Why the log cannot bring somebody at *seq* up to date, if it cannot."""
        if topic.last - seq > MAX_BEHIND:
            return "slow"
        first = await self.log.page(topic.feed, seq, 1)
        return None if contiguous(first, seq) else "retention"

    async def _is_ahead(self, topic: Topic, seq: int) -> bool:
        """Whether *seq* was never given: beyond this node's last number, the log is asked."""
        return seq > topic.last and seq > await self.newest(topic.feed)

    async def newest(self, feed: str) -> int:
        """The newest number of *feed* in the log."""
        return (await self.heads.read(feed)).seq
