"""The live feed over plain HTTP: the same cursor, the same lines."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Final

import msgspec

from handlers.http.operation_runner import OperationRunner
from handlers.http.operations import Call, Operation, Query, Reply
from handlers.http.pagination import next_page
from models.access.limits import PAGE_BYTES
from models.access.scope import Scope
from models.base.errors import Conflict, Invalid, NotFound, Unavailable
from models.sharing import Share
from models.wire.cursor import Cursor, cursor_of_feed, joined_cursor
from models.wire.events import Event
from models.wire.frames import Ev, Skip
from streams.feed.encoded_batch import EncodedBatch, encoded_event, opened_frame
from streams.feed.resume import Feeds, SubscriptionStart
from streams.feed.topic import Topic
from upcoach.services.sharing.feed_views import FeedView
from upcoach.services.sync import SyncServices
from upcoach.services.sync.snapshots import SnapshotPage
from upcoach.store.base.pacing import paced
from upcoach.store.base.pages import Page, first_page
from upcoach.store.log.event_log import contiguous, size_of

EVENTS: Final = "/v1/events"
SNAPSHOT: Final = "/v1/snapshot"
PAGE: Final = 500
FEEDS: Final = 16  # that one request may name
TRIES: Final = 5  # of a page whose documents were being shared otherwise while it was read
WAIT_S: Final = 60  # the longest that a request may wait

RESERVED: Final = ("0", "now")


class EventsQuery(Query, frozen=True, kw_only=True):
    """Events *since* a cursor, of feeds separated by commas."""

    since: str | None = None
    feed: str = "u:me"
    limit: Annotated[int, msgspec.Meta(ge=1, le=PAGE)] = PAGE

    def require_since(self) -> str:
        """The cursor that the request goes on from."""
        if self.since is None:
            raise Invalid("cursor_missing", "Say where to start: since=0, or a cursor.")
        return self.since


class WaitQuery(EventsQuery, frozen=True, kw_only=True):
    """The same as for a page, and how many seconds to *wait* for one."""

    wait: Annotated[int, msgspec.Meta(ge=1, le=WAIT_S)]


class StreamQuery(Query, frozen=True, kw_only=True):
    """Where a stream begins, and the ticket of a caller who cannot send a token."""

    since: str = "now"
    feed: str = "u:me"
    snap: bool = False
    ticket: str | None = None


class SnapshotQuery(Query, frozen=True, kw_only=True):
    """A page of a feed's documents: of one *kind*, or of all *from* one on.

    Attributes
    ----------
    from
        The kind to begin with; those after it by name follow.

    """

    feed: str = "u:me"
    kind: str | None = None
    first: str | None = msgspec.field(name="from", default=None)
    after: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 200
    since: str | None = None


Source = Callable[["Feeds", "FeedPosition", "PageRoom"], Awaitable[list[bytes]]]


class PageRoom(msgspec.Struct):
    """What a page of events still has room for: so many *events*, of *size* bytes together."""

    events: int
    size: int = PAGE_BYTES
    is_full: bool = False

    def take(self, page: Page[Event]) -> None:
        """Put *page* in; what does not end where its feed does is the last."""
        self.events -= len(page.items)
        self.size -= page.size
        self.is_full = page.has_more or self.events <= 0 or self.size <= 0


class FeedPosition(msgspec.Struct):
    """How far a reader has come in a feed, and what they see of it."""

    view: FeedView
    topic: Topic
    seq: int


async def named_views(feeds: Feeds, scope: Scope, names: str) -> list[FeedView]:
    """The feeds that *names*, separated by commas, stand for, as the caller may see them."""
    requested = names.split(",")
    if len(requested) > FEEDS:
        raise Invalid("feeds_too_many", f"One request may name {FEEDS} feeds.")
    views = [await feeds.views.of(scope, name) for name in requested]
    return list({view.feed: view for view in views}.values())


def split_cursor(since: str, views: Sequence[FeedView]) -> list[str]:
    """What the cursor *since* says of each feed; `Invalid` when it does not say it."""
    if len(views) > 1 and "~" not in since and since not in RESERVED:
        Cursor.parse(since)
        raise Invalid("cursor_of_other_feeds", "This cursor is of one feed: several are asked for.")
    return [cursor_of_feed(since, view.feed) for view in views]


def cursor_of(feeds: Feeds, positions: Sequence[FeedPosition]) -> str:
    """The cursor that stands for *positions*."""
    return joined_cursor(feeds.epoch, {position.view.feed: position.seq for position in positions})


def position_of(feeds: Feeds, start: SubscriptionStart) -> FeedPosition:
    """Where *start* begins, or the refusal of its cursor."""
    if start.reset is not None:
        raise cursor_gone(feeds, start.view.feed, start.reset, start.topic.last)
    return FeedPosition(start.view, start.topic, start.seq)


async def read(feeds: Feeds, position: FeedPosition, room: PageRoom) -> list[bytes]:
    """The events above *position* for which there is *room*; the position moves on.

    `Conflict` where the log was cut.
    """
    # From the log, not from memory: a write that was answered is there already.
    page = await feeds.log.bounded_page(position.view.feed, position.seq, room.events, room.size)
    events = page.items
    if not contiguous(events, position.seq):
        raise cursor_gone(feeds, position.view.feed, "retention", position.topic.last)
    if not events:
        return []
    if any(event.kind == Share.kind for event in events):
        await check_access(feeds, position)
    await feeds.log.load_keys([position.view.feed])
    position.seq = events[-1].seq
    room.take(page)
    return await _lines(feeds, position.view, events)


async def check_access(feeds: Feeds, position: FeedPosition) -> None:
    """Refuse to go on where what the caller may see has changed: the share is in the feed."""
    if position.view.visibility is None:
        return
    view = await feeds.views.of(position.view.scope, position.view.feed)
    if view != position.view:
        raise cursor_gone(feeds, view.feed, "access", position.topic.last)


async def read_recent(feeds: Feeds, position: FeedPosition, room: PageRoom) -> list[bytes]:
    """The same as `read`, from memory where that reaches back so far."""
    if position.seq >= position.topic.last:
        return []
    events = position.topic.after(position.seq)
    if events is None:
        return await read(feeds, position, room)
    await position.topic.load_key()
    page = first_page(events, size_of, room.events, room.size)
    batch = position.topic.batch(page.items)
    if batch.may_change_access:
        await check_access(feeds, position)
    position.seq = batch.last
    room.take(page)
    return batch.form(bytes, position.view.visibility).splitlines()


async def events_page(
    feeds: Feeds, positions: Sequence[FeedPosition], limit: int, source: Source
) -> Reply:
    """Up to *limit* events above *positions* out of *source*, and where to go on.

    It may end before by its bytes: whoever asks and does not read would have all of it held.
    """
    lines: list[bytes] = []
    room = PageRoom(limit)
    for position in positions:
        lines += [] if room.is_full else await source(feeds, position, room)
    cursor = cursor_of(feeds, positions)
    headers = {"Upcoach-Up-To-Date": "true"}
    if room.is_full:
        names = ",".join(position.view.feed for position in positions)
        headers = next_page(EVENTS, {"feed": names, "since": cursor}, limit=limit)
    return Reply(raw=b"[" + b",".join(lines) + b"]", cursor=cursor, headers=headers)


class FeedServices(msgspec.Struct, frozen=True):
    """What brings a device up to date over plain HTTP."""

    sync: SyncServices
    feeds: Feeds
    runner: OperationRunner  # carries out what a batch asks for


async def list_events(services: FeedServices, call: Call) -> Reply:
    """List the events after a cursor, in order of each feed."""
    feeds, query = services.feeds, call.parse_query(EventsQuery)
    since = query.require_since()
    views = await named_views(feeds, call.scope, query.feed)
    positions = []
    for view, part in zip(views, split_cursor(since, views), strict=True):
        positions.append(position_of(feeds, await feeds.start(view, part, snap=False)))
    return await events_page(feeds, positions, query.limit, read)


async def read_snapshot(services: FeedServices, call: Call) -> Reply:
    """Get a page of the snapshot; `/v1/events` goes on from the first page's cursor.

    *kind* asks for one kind alone, *from* for it and those after it.
    """
    query = call.parse_query(SnapshotQuery)
    view, since, (kind, following), snapshot_page = await _read_page(services, call, query)
    headers = {}
    next_query = {"feed": view.feed, "since": since, "limit": str(query.limit)}
    if not snapshot_page.last:
        walk = {"kind" if query.kind else "from": kind}
        headers = next_page(SNAPSHOT, next_query | walk, after=snapshot_page.items[-1]["id"])
    elif following:
        headers = next_page(SNAPSHOT, next_query | {"from": following[0]})
    body = {"kind": kind, "items": snapshot_page.items, "last": snapshot_page.last}
    return Reply(body=body, cursor=since, headers=headers)


SnapshotView = tuple[FeedView, str, tuple[str, tuple[str, ...]], SnapshotPage]


async def _read_page(services: FeedServices, call: Call, query: SnapshotQuery) -> SnapshotView:
    """A page, with the view in which it was read and the cursor that goes with both.

    The view is looked at again when the documents have been read: what it showed at the cursor, it
    has shown all the while.
    """
    feeds = services.feeds
    for _ in range(TRIES):
        view = await feeds.views.of(call.scope, query.feed)
        # The position first: what changes while the pages are read comes again as an event.
        since = query.since or feeds.cursor((await feeds.heads.read(view.feed)).seq)
        cursor = Cursor.parse(since)
        if cursor.epoch != feeds.epoch:
            raise cursor_gone(feeds, view.feed, "epoch", (await feeds.heads.read(view.feed)).seq)
        if cursor.seq < view.since:
            raise cursor_gone(feeds, view.feed, "access", (await feeds.heads.read(view.feed)).seq)
        kinds = _kinds(view, query)
        snapshot_page = await services.sync.snapshots.page(
            view.owner, kinds[0], query.after, query.limit, view.visibility
        )
        if view.visibility is None or await feeds.views.of(call.scope, query.feed) == view:
            return view, since, kinds, snapshot_page
    raise Unavailable("share_contended", "What is shared is changing right now. Try again.")


def _kinds(view: FeedView, query: SnapshotQuery) -> tuple[str, tuple[str, ...]]:
    """The kind that is asked for, and those that are to follow."""
    if query.kind is not None and query.first is not None:
        raise Invalid("parameter_invalid", "kind asks for one kind, from for all from one on.")
    kinds = view.visible()
    first = query.first if query.kind is None else query.kind
    kind = kinds[0] if first is None else first
    if not view.visible([kind]):
        raise NotFound("kind_hidden", "No documents of this kind are shared with you.")
    return kind, () if query.kind else kinds[kinds.index(kind) + 1 :]


async def _lines(feeds: Feeds, view: FeedView, events: Sequence[Event]) -> list[bytes]:
    """*events* as the frames that *view* shows."""
    lines = []
    async for event in paced(events):
        await feeds.log.load_keys([view.feed])  # which may have gone during a breath
        lines.append(encoded_event(feeds.log, event, opened_frame(feeds.log, event)))
    return EncodedBatch(view.feed, lines).form(bytes, view.visibility).splitlines()


def cursor_gone(feeds: Feeds, feed: str, reason: str, seq: int) -> Conflict:
    """The refusal of a cursor from which nothing can go on."""
    extra = {
        "reset": {
            "f": feed,
            "reason": reason,
            "cur": feeds.cursor(seq),
            "snapshot": f"{SNAPSHOT}?feed={feed}",
        }
    }
    return Conflict("cursor_gone", "Read a snapshot and go on from its cursor.", extra=extra)


OPERATIONS = (
    Operation(
        method="GET",
        path=EVENTS,
        run=list_events,
        needs="live:read",
        query=EventsQuery,
        forms=(WaitQuery, StreamQuery),
        gives=list[Ev | Skip],
        statuses=(200, 204),
        refusals=(404, 410),
    ),
    Operation(
        method="GET",
        path="/v1/snapshot",
        run=read_snapshot,
        needs="live:read",
        query=SnapshotQuery,
        gives=SnapshotPage,
        refusals=(404, 410),
        weight=2,
    ),
)
