"""Subscriptions: one connection's position in one feed.

A subscription is a position.  While it is *live*, what the hub pushes goes straight out.  When the
connection's window is full, nothing is queued: the subscription falls behind, and once there is
room again it catches up from memory, or from MongoDB in pages, at the reader's own pace.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Sequence

import structlog

from models.access.limits import PAGE_BYTES
from models.base.checksums import Sums, wire_sums
from models.base.errors import NotFound, Refusal, Unavailable
from models.sharing import Share
from models.visibility import Visibility
from models.wire.events import Event
from models.wire.frames import Live, Reset, Snap, Subd, encode
from streams.base.transport import Transport
from streams.feed.encoded_batch import EncodedBatch
from streams.feed.fanout import NO_LIMIT
from streams.feed.resume import MAX_BEHIND, Feeds, SubscriptionMode, SubscriptionStart
from upcoach.store.base.pages import first_page
from upcoach.store.log.event_log import contiguous, size_of

PAGE = 200
RETRY_S = 0.5
CHECKSUM_TRIES = 4  # at telling the checksums while documents change
ACK_WINDOW = 1_000  # events beyond the last acknowledged one that a device which acks is sent

_log = structlog.get_logger(__name__)

OnLost = Callable[[str, Refusal], None]  # the feed, and why it may not be seen any more


class Subscription:
    """A position in a feed, and the task that catches up when it is behind."""

    def __init__(
        self, feeds: Feeds, transport: Transport, start: SubscriptionStart, on_lost: OnLost
    ) -> None:
        self._feeds = feeds
        self.transport = transport
        self._topic = start.topic
        self._start = start
        self._view = start.view
        self._on_lost = on_lost
        self._catching_up: asyncio.Task[None] | None = None
        self._rechecks_access = False  # a share has changed while this was behind
        self._read_at = 0  # the newest number of the log when pages of documents were read
        self._was_reset = False  # then it is not current, whatever follows, without a snapshot
        self.limit = NO_LIMIT  # the number beyond which the device has to say that it keeps up
        # The topic, or what the device has acknowledged; made when that is waited for.
        self._moved: asyncio.Event | None = None
        self._position: int | None = start.seq  # None: that of the topic, in its fan-out

    @property
    def feed(self) -> str:
        """The feed's name."""
        return self._topic.feed

    @property
    def position(self) -> int:
        """The number up to which everything was sent."""
        return self._topic.last if self._position is None else self._position

    @property
    def visibility(self) -> Visibility | None:
        """See `fanout.CaughtUp.visibility`."""
        return self._view.visibility

    @property
    def top(self) -> int:
        """The newest number of the feed that this node knows of."""
        return self._topic.last

    @property
    def is_open(self) -> bool:
        """Whether it still follows the feed."""
        return self in self._topic

    def open(self, kinds: Collection[str] | None = None) -> None:
        """Attach to the topic, tell the client, and begin with what it has missed.

        The documents come first where a snapshot was asked for, or some *kinds* of them.
        """
        self._topic.add(self)
        if self._start.reset is not None:
            self._say_reset(self._start.reset)
            self._run(self._catch_up())
            return
        cursor = self._feeds.cursor(self.position)
        self._say(Subd(f=self.feed, cur=cursor, mode=str(self._start.mode)))
        if self._start.mode is SubscriptionMode.SNAPSHOT or kinds is not None:
            self._run(self._snapshot(self._view.visible(kinds)))
        else:
            self._run(self._catch_up())

    def close(self) -> None:
        """Detach from the topic."""
        self._topic.remove(self)
        self.transport.detach(self)
        if self._catching_up is not None:
            self._catching_up.cancel()

    def ack(self, seq: int) -> None:
        """Open the send window behind *seq*, which the device has kept."""
        if seq + ACK_WINDOW < self.limit:
            self._topic.reset_fanout()
        self.limit = seq + ACK_WINDOW
        self._wake()

    def push(self, batch: EncodedBatch) -> None:
        """See `fanout.Subscriber.push`."""
        if self._catching_up is not None:
            self._rechecks_access |= self.visibility is not None and batch.may_change_access
            self._wake()
            return
        if batch.last <= self.position:
            return
        if (
            batch.first == self.position + 1
            and batch.last <= self.limit
            and self.transport.has_room
            and not (self.visibility is not None and batch.may_change_access)
        ):
            self.transport.queue(batch.form(self.transport.wrap, self.visibility))
            self._position = batch.last
            self._attach_if_caught_up()
        else:
            self._run(self._catch_up())

    def flush(self) -> None:
        """See `fanout.Flushable.flush`."""
        self.transport.flush()

    def on_backpressure(self) -> None:
        """See `transport.BackpressureListener.on_backpressure`."""
        self.fall_behind(self._topic.last)

    def fall_behind(self, position: int) -> None:
        """See `fanout.CaughtUp.fall_behind`."""
        self._position = position
        self.transport.detach(self)
        self._topic.mark_behind(self)

    def _attach_if_caught_up(self) -> None:
        """Join the topic's fan-out if everything was sent and the socket is free."""
        has_caught_up = self._position == self._topic.last and self.limit > self._topic.last
        if has_caught_up and self.is_open and self.transport.raw_send is not None:
            self._position = None
            self.transport.attach(self)
            self._topic.mark_caught_up(self)

    def _run(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = self._catching_up = asyncio.create_task(work)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if self._catching_up is task:
            self._catching_up = None
        if not task.cancelled() and task.exception() is not None:
            _log.error("subscription_failed", feed=self.feed, exc_info=task.exception())
            self.close()
            self._on_lost(self.feed, Unavailable("feed_failed", "This feed cannot be sent."))

    async def _snapshot(self, kinds: Collection[str]) -> None:
        cursor = self._feeds.cursor(self.position)
        try:
            async for page in self._feeds.snapshots.pages(
                self._view.owner, kinds, self._view.visibility
            ):
                frame = encode(
                    Snap(f=self.feed, kind=page.kind, items=page.items, last=page.last, cur=cursor)
                )
                await self._feeds.pace(self._view, len(page.items), len(frame))
                await self.transport.room()
                # After the documents were read: what was shared then is what is shared now.
                if self.visibility is not None and not await self._still_sees():
                    return
                self._send(frame)
            self._read_at = await self._feeds.newest(self.feed)
        except Unavailable:
            # Half a snapshot is of no use, and nothing was promised yet: the client asks again.
            self._reset("snapshot")
            return
        await self._catch_up()

    async def _catch_up(self) -> None:
        """Send everything above the position, then say that the client is current."""
        unseen: Sums | None = None
        for _ in range(CHECKSUM_TRIES):
            if not await self._send_missed():
                return
            if self._was_reset:
                break
            unseen, newest = await self._unseen()
            is_at_top = self.position == self._topic.last
            if is_at_top and newest <= self.position:
                break
            unseen = None
            if is_at_top and not await self._is_moved():
                break
        if unseen is None and not await self._send_missed():
            return
        # No await between the tests above and this line: whatever comes next is pushed.
        self._catching_up = None
        if not self._was_reset:
            cursor = self._feeds.cursor(self.position)
            self._say(Live(f=self.feed, cur=cursor, sums=self._sums(unseen)))
        self._attach_if_caught_up()

    def _sums(self, unseen: Sums | None) -> dict[str, str] | None:
        """The checksums without what is *unseen*; None if that is not known."""
        if unseen is None:
            return None
        kinds = None if self.visibility is None else self.visibility.kinds
        return wire_sums(self._topic.sums, kinds, unseen)

    async def _unseen(self) -> tuple[Sums | None, int]:
        """The part of the checksums that is not seen, and the number that it goes with.

        None if that cannot be told now.  Documents tell it, and the client has read some: they must
        be those of the position.
        """
        if self.visibility is None:
            return {}, max(self._read_at, self._feeds.heads.newest_seen(self.feed))
        try:
            unseen = await self._feeds.snapshots.unseen(self._view.owner, self.visibility)
            return unseen, await self._feeds.newest(self.feed)
        except Unavailable:
            return None, self.position

    async def _is_moved(self) -> bool:
        """Whether this node hears in time of what the log has already."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RETRY_S):
                await self._wait()
                return True
        return False

    async def _send_missed(self) -> bool:
        """Send everything above the position; false if the position was reset instead."""
        while self.position != self._topic.last:
            if self.position > self._topic.last:
                # The device has read its own write, and this node has not heard of it yet.
                await self._wait()
                continue
            if not await self._has_room():
                return False
            if self._topic.last - self.position > MAX_BEHIND:
                self._reset("slow")
                return False
            try:
                events = await self._missed()
                if events and self._may_change_access(events[0]) and not await self._still_sees():
                    return False
                await self._topic.load_key()  # last: nothing lies between it and the opening
            except Unavailable:
                await asyncio.sleep(RETRY_S)
                continue
            if not contiguous(events, self.position) or not events:
                self._reset("retention")
                return False
            batch = self._topic.cached_batch(self._before_access_changes(events))
            self.transport.queue(batch.form(self.transport.wrap, self._view.visibility))
            self.transport.flush()
            self._position = batch.last
        return True

    async def _has_room(self) -> bool:
        """Wait until the transport and the device have room; false if the position was reset."""
        await self.transport.room()
        while self.position >= self.limit or self._rechecks_access:
            if self._rechecks_access:
                self._rechecks_access = False
                if not await self._still_sees_when_available():
                    return False
            else:
                await self._wait()
        return True

    async def _still_sees_when_available(self) -> bool:
        """See `_still_sees`, as soon as the database answers."""
        while True:
            try:
                return await self._still_sees()
            except Unavailable:
                await asyncio.sleep(RETRY_S)

    async def _wait(self) -> None:
        self._moved = asyncio.Event()
        await self._moved.wait()

    def _wake(self) -> None:
        if self._moved is not None:
            self._moved.set()

    async def _missed(self) -> Sequence[Event]:
        """The next events above the position, from memory or from the log.

        Those from memory are free, as long as they are small.
        """
        limit, recent = min(PAGE, self.limit - self.position), self._topic.after(self.position)
        if recent is None:
            page = await self._feeds.log.bounded_page(self.feed, self.position, limit, PAGE_BYTES)
            await self._feeds.pace(self._view, len(page.items), page.size)
        else:
            page = first_page(recent, size_of, limit)
            await self._feeds.pace(self._view, 0, page.size)
        return page.items

    def _may_change_access(self, event: Event) -> bool:
        """Whether *event* may have changed what this subscriber sees."""
        return self._view.visibility is not None and event.kind == Share.kind

    def _before_access_changes(self, events: Sequence[Event]) -> Sequence[Event]:
        """The first of *events*, and those that follow it under the same view."""
        for place, event in enumerate(events[1:], start=1):
            if self._may_change_access(event):
                return events[:place]
        return events

    async def _still_sees(self) -> bool:
        """Whether the view has not changed; else the client was told."""
        try:
            view = await self._feeds.views.of(self._view.scope, self.feed)
        except NotFound as refusal:
            self.close()
            self._on_lost(self.feed, refusal)
            return False
        before, self._view = self._view, view
        if view == before:
            return True
        self._reset("access")
        return False

    def _reset(self, reason: str) -> None:
        """Skip to the present: the client needs a snapshot, or leaves it at that."""
        self._position = max(self._topic.last, self._view.since)
        self._catching_up = None
        self._say_reset(reason)

    def _say_reset(self, reason: str) -> None:
        self._was_reset = True
        cursor = self._feeds.cursor(self.position)
        url = f"/v1/snapshot?feed={self.feed}"
        self._say(Reset(f=self.feed, reason=reason, cur=cursor, snapshot=url))

    def _say(self, frame: Subd | Live | Reset) -> None:
        self._send(encode(frame))

    def _send(self, line: bytes) -> None:
        self.transport.queue(self.transport.wrap(line))
        self.transport.flush()
