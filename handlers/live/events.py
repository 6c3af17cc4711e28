"""`GET /v1/events`: a page, a page as soon as there is one, or a stream of events.

All three begin at the same cursor and end at one; a page at once is an ordinary operation.
"""

import asyncio
import contextlib
from typing import Any

from handlers.http.manifest import ApplicationParts
from handlers.http.operation_runner import OperationRunner
from handlers.http.operations import Call, Operation, Reply, Route
from handlers.http.policy import require_permission
from handlers.http.rest.operation_handler import OperationHandler
from handlers.live.poll import Poll, PollEvent, as_array
from handlers.live.sse import EventStream, MultiFeedEvents, SingleFeedEvents
from handlers.live.streaming import StreamingHandler
from handlers.sync import (
    EVENTS,
    FeedPosition,
    StreamQuery,
    WaitQuery,
    check_access,
    cursor_of,
    events_page,
    named_views,
    position_of,
    read_recent,
    split_cursor,
)
from models.access.caller import Caller
from models.access.limits import PAGE_BYTES
from models.base.errors import Unavailable
from models.wire.close_codes import CloseCode
from streams.feed.resume import SubscriptionStart
from streams.feed.subscription import Subscription
from upcoach.store.write.errors import session_ended


class Events(StreamingHandler, OperationHandler):
    """The path of the live feed over HTTP."""

    _poll: Poll | None = None
    _wrap: SingleFeedEvents

    def initialize(self, runner: OperationRunner, route: Route | None = None, **live: Any) -> None:
        """Take what the routing table gives."""
        super().initialize(runner, route)
        self.node = live["node"]
        self._wrap = live["wrap"]

    def on_connection_close(self) -> None:
        """End the wait of a client that has gone."""
        super().on_connection_close()
        if self._poll is not None:
            self._poll.end()

    async def perform(self, operation: Operation[Any], call: Call) -> None:
        """See `OperationHandler.perform`."""
        caller = call.authenticated_caller
        require_permission(operation, caller)
        if self.wants_stream:
            await self._stream(call, caller)
        elif "wait" in call.query and self.request.method == "GET":
            self.reply(await self._wait(call, caller))
        else:
            await super().perform(operation, call)

    async def _stream(self, call: Call, caller: Caller) -> None:
        feeds = self.node.feeds
        query = call.parse_query(StreamQuery)
        views = await named_views(feeds, caller.scope, query.feed)
        seen = self.request.headers.get("Last-Event-ID")
        # A reader that comes back goes on where it was, whatever its URL said the first time.
        snap = query.snap and not seen
        since = split_cursor(seen or query.since, views)
        start = await feeds.start(views[0], since[0], snap=snap)
        several = len(views) > 1
        wrap = (
            MultiFeedEvents(feeds.epoch, [view.feed for view in views]) if several else self._wrap
        )
        stream = self.open_stream(caller, wrap)
        self._follow(stream, start)
        with contextlib.suppress(Unavailable):
            for view, part in zip(views[1:], since[1:], strict=True):
                start = await feeds.start(view, part, snap=snap)
                self._follow(stream, start)
            return
        stream.close(CloseCode.INTERNAL, "database unavailable")

    def _follow(self, stream: EventStream, start: SubscriptionStart) -> None:
        self.runner.metrics.starts.labels(start.reset or str(start.mode)).inc()
        feeds = self.node.feeds
        subscription = Subscription(feeds, stream.transport, start, stream.close_feed)
        if stream.add_source(subscription):
            subscription.open()

    async def _wait(self, call: Call, caller: Caller) -> Reply:
        query = call.parse_query(WaitQuery)
        since = query.require_since()
        feeds = self.node.feeds
        views = await named_views(feeds, caller.scope, query.feed)
        view_cursors = zip(views, split_cursor(since, views), strict=True)
        until = asyncio.get_running_loop().time() + query.wait
        poll = self._poll = Poll(self.node.connections.name(), caller, self.node.clock, until)
        with self.counted_open(poll):
            positions = []
            for view, part in view_cursors:
                position = position_of(feeds, await feeds.start(view, part, snap=False))
                # In the turn in which the feed was found, so that nothing comes between.
                poll.subscribe(position)
                positions.append(position)
            if any(position.seq < position.topic.last for position in positions):
                return await events_page(feeds, positions, query.limit, read_recent)
            event = await poll.wait()
            if event is None:
                return self._timed_out(poll, positions)
            await self.require_session(caller, event)
            return await self._page_of_event(event, positions, query.limit)

    def _timed_out(self, poll: Poll, positions: list[FeedPosition]) -> Reply:
        """The answer when nothing came in time."""
        if poll.closed_with == CloseCode.REVOKED:
            raise session_ended()
        if poll.closed_with == CloseCode.DRAINING:
            self.set_header("Connection", "close")
        return Reply(status=204, cursor=cursor_of(self.node.feeds, positions))

    async def _page_of_event(
        self, event: PollEvent, positions: list[FeedPosition], limit: int
    ) -> Reply:
        """What came: in most cases the bytes that all get who waited here."""
        feeds, position, batch = self.node.feeds, event.position, event.batch
        if batch.may_change_access:
            await check_access(feeds, position)
        # A node that lags is given more than was asked for: what lies before it was seen already.
        comes_next = batch.first == position.seq + 1 and batch.last - position.seq <= limit
        if not comes_next or batch.size > PAGE_BYTES:
            return await events_page(feeds, positions, limit, read_recent)
        position.seq = batch.last
        return Reply(
            raw=batch.form(as_array, position.view.visibility),
            cursor=cursor_of(feeds, positions),
            headers={"Upcoach-Up-To-Date": "true"},
        )


def events_of(parts: ApplicationParts) -> dict[str, Any]:
    """The arguments of the handler."""
    match = parts.runner.router.find(EVENTS)
    assert match is not None
    wrap = SingleFeedEvents(parts.runner.epoch)
    return {"runner": parts.runner, "route": match[0], "node": parts.live, "wrap": wrap}
