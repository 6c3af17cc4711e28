"""The live feed over plain HTTP: the same cursor, the same lines."""

from collections.abc import Sequence

from handlers.operations import Call, Operation, Reply, Run
from models.cursor import Cursor
from models.errors import Conflict, Invalid, NotFound
from models.events import Event
from streams.hub import Line, Parcel, open_line
from streams.subscription import Feeds
from upcoach.services import Services
from upcoach.services.shares import View
from upcoach.store.log import contiguous

PAGE = 500


def operations(feeds: Feeds) -> tuple[Operation, ...]:
    """The operations that need the node's feeds."""

    async def events(_services: Services, call: Call) -> Reply:
        """The events after a cursor, in order."""
        query = call.parameters("since", "feed", "limit")
        limit = call.number("limit", PAGE, PAGE)
        view = await feeds.shares.view(call.scope, query.get("feed", "u:me"))
        feed = view.feed
        since = query.get("since")
        if since is None:
            raise Invalid("cursor_missing", "Say since when: since=0, or a cursor.")
        start = await feeds.start(feed, since, snap=False)
        if start.reset is not None:
            raise _gone(feeds, feed, start.reset, start.topic.last)
        found = await feeds.log.page(feed, start.seq, limit)
        if not contiguous(found, start.seq):
            raise _gone(feeds, feed, "retention", start.topic.last)
        await feeds.log.load_keys([feed])
        lines = _lines(feeds, view, found)
        last = found[-1].seq if found else start.seq
        cursor = feeds.cursor(last)
        headers = {}
        if len(found) < limit:
            headers["Upcoach-Up-To-Date"] = "true"
        else:
            headers["Link"] = f'</v1/events?feed={feed}&since={cursor}&limit={limit}>; rel="next"'
        return Reply(raw=b"[" + b",".join(lines) + b"]", cursor=cursor, headers=headers)

    return (
        Operation(method="GET", path="/v1/events", run=events),
        Operation(method="GET", path="/v1/snapshot", run=_snapshot(feeds)),
    )


def _snapshot(feeds: Feeds) -> Run:
    async def snapshot(services: Services, call: Call) -> Reply:
        """A page of the caller's documents; `/v1/events` goes on from the first page's cursor."""
        query = call.parameters("feed", "kind", "after", "limit", "since")
        limit = call.number("limit", 200, 200)
        view = await feeds.shares.view(call.scope, query.get("feed", "u:me"))
        # The position first: what changes while the pages are read comes again as an event.
        since = query.get("since") or feeds.cursor((await feeds.heads.read(view.feed)).seq)
        Cursor.parse(since)
        kinds = view.visible()
        kind = query.get("kind", kinds[0])
        if not view.visible([kind]):
            raise NotFound("kind_hidden", "No documents of this kind are shared with you.")
        page = await services.snapshots.page(view.owner, kind, query.get("after", ""), limit)
        following = kinds[kinds.index(kind) + 1 :]
        headers = {}
        link = f"/v1/snapshot?feed={view.feed}&since={since}&limit={limit}"
        if not page.last:
            headers["Link"] = f'<{link}&kind={kind}&after={page.items[-1]["id"]}>; rel="next"'
        elif following:
            headers["Link"] = f'<{link}&kind={following[0]}>; rel="next"'
        body = {"kind": kind, "items": page.items, "last": page.last}
        return Reply(body=body, cursor=since, headers=headers)

    return snapshot


def _lines(feeds: Feeds, view: View, events: Sequence[Event]) -> list[bytes]:
    """*events* as the frames that *view* shows."""
    if not events:
        return []
    lines = [Line(one.seq, one.kind, open_line(feeds.log, one)) for one in events]
    return Parcel(view.feed, lines).form(bytes, view.kinds).splitlines()


def _gone(feeds: Feeds, feed: str, reason: str, seq: int) -> Conflict:
    """The refusal of a cursor from which nothing can go on."""
    extra = {
        "reset": {
            "f": feed,
            "reason": reason,
            "cur": feeds.cursor(seq),
            "snapshot": f"/v1/snapshot?feed={feed}",
        }
    }
    return Conflict("cursor_gone", "Read a snapshot and go on from its cursor.", extra=extra)
