"""The subscriptions of one connection to feeds."""

from collections.abc import Callable, Collection

from handlers.http import problems
from models.access.scope import Scope
from models.base.errors import Invalid, Refusal
from models.base.metrics import Metrics
from models.wire.cursor import Cursor
from models.wire.frames import Ack, Frame, Sub, SubscriptionRequest, Unsub, Unsubd
from streams.base.transport import Transport
from streams.feed.resume import Feeds
from streams.feed.subscription import Subscription


class FeedSubscriptions:
    """The subscriptions of a connection, by feed."""

    def __init__(
        self,
        feeds: Feeds,
        metrics: Metrics,
        transport: Transport,
        send_frame: Callable[[Frame], None],
    ) -> None:
        self._feeds = feeds
        self._metrics = metrics
        self._transport = transport
        self._send_frame = send_frame
        self._subscriptions: dict[str, Subscription] = {}
        self._is_closed = False

    @property
    def names(self) -> Collection[str]:
        """The feeds that are followed."""
        return self._subscriptions.keys()

    def tops(self) -> dict[str, int]:
        """The newest number of each feed that is followed."""
        return {
            feed: subscription.top
            for feed, subscription in self._subscriptions.items()
            if subscription.is_open
        }

    def close(self) -> None:
        """End all subscriptions."""
        self._is_closed = True
        for subscription in self._subscriptions.values():
            subscription.close()
        self._subscriptions.clear()

    def unsubscribe(self, scope: Scope, frame: Unsub) -> None:
        """Unsubscribe from a feed."""
        feed = self.full_name(scope, frame.f)
        subscription = self._subscriptions.pop(feed, None)
        if subscription is not None:
            subscription.close()
        self._send_frame(Unsubd(f=feed))

    async def ack(self, scope: Scope, frame: Ack) -> int | None:
        """Open the window; how far the device has come, if it can have come so far."""
        feed = self.full_name(scope, frame.f)
        cursor = Cursor.parse(frame.cur)
        subscription = self._subscriptions.get(feed)
        if subscription is None:
            raise Invalid("feed_not_followed", "Only what is followed can be acknowledged.")
        if cursor.epoch != self._feeds.epoch:
            return None
        # What a device has read over HTTP may be ahead of what this node has heard of.
        if cursor.seq > subscription.top and cursor.seq > await self._feeds.newest(feed):
            return None
        subscription.ack(cursor.seq)
        return cursor.seq

    async def subscribe(self, scope: Scope, wish: Sub | SubscriptionRequest) -> None:
        """Subscribe to a feed, or raise why not."""
        view = await self._feeds.views.of(scope, wish.f)
        kinds = wish.snap if isinstance(wish.snap, list) else None
        view.visible(kinds)
        start = await self._feeds.start(view, wish.since, snap=wish.snap is True)
        if self._is_closed:  # the socket has gone meanwhile
            return
        standing = self._subscriptions.pop(view.feed, None)
        if standing is not None:
            standing.close()
            self._count(start.seq < standing.position, kinds)
        self._metrics.starts.labels(start.reset or str(start.mode)).inc()
        subscription = Subscription(self._feeds, self._transport, start, self.refuse)
        self._subscriptions[view.feed] = subscription
        subscription.open(kinds)

    def refuse(self, feed: str, refusal: Refusal) -> None:
        """Send why *feed* is not followed (any more)."""
        lost = self._subscriptions.get(feed)
        if lost is not None and not lost.is_open:
            del self._subscriptions[feed]
        self._send_frame(Unsubd(f=feed, problem=problems.problem(refusal)))

    def _count(self, is_behind: bool, kinds: list[str] | None) -> None:  # noqa: FBT001
        """Count a client that missed something: the server promises that none does."""
        if kinds is not None:
            self._metrics.sum_mismatches.inc()
        elif is_behind:
            self._metrics.gap_reports.inc()

    @staticmethod
    def full_name(scope: Scope, name: str) -> str:
        """The feed's name without `me`."""
        return scope.feed if name == "u:me" else name
