"""Deletions of documents, found by the event in the log; without one, see `base.tombstones`."""

from collections.abc import Iterable

from models.base.errors import NotFound
from models.wire.events import Event, user_feed
from upcoach.store.log.event_log import EventLog
from upcoach.store.write.refs import Ref


async def find_deletion(
    log: EventLog, ref: Ref, fresh: Iterable[Event], upto: int
) -> NotFound | None:
    """The refusal that says when *ref* was deleted; None for what never existed.

    The log is read up to number *upto*; *fresh* events are those of the batch under way.
    """
    feed, kind = user_feed(ref.owner), ref.kind.kind
    gone = f"{kind}.deleted"
    own = [event for event in fresh if (event.feed, event.id, event.type) == (feed, ref.id, gone)]
    newest = own[-1:] or await log.history(feed, kind, ref.id, upto, 1)
    if not newest or newest[0].type != gone:
        return None
    deleted = {"kind": kind, "id": ref.id, "at": newest[0].at.isoformat()}
    words = "This was deleted meanwhile: nothing can be written to it any more."
    return NotFound("deleted", words, extra={"deleted": deleted})
