"""What a document that is not there any more has left: the event that deleted it."""

from collections.abc import Iterable

from models.errors import NotFound
from models.events import Event, user_feed
from upcoach.store.changes import Missing
from upcoach.store.log import EventLog


async def explained(log: EventLog, missing: Missing, fresh: Iterable[Event], upto: int) -> NotFound:
    """*missing*, or where its writer has deleted the document, the refusal that says so.

    The log is read up to number *upto*; *fresh* events are those of the batch under way.
    """
    ref = missing.ref
    feed = user_feed(ref.owner)
    own = [one for one in fresh if one.feed == feed and one.id == ref.id]
    own = [one for one in own if one.type == f"{ref.kind.kind}.deleted"]
    newest = own[-1:] or await log.history(feed, ref.kind.kind, ref.id, upto, 1)
    if not newest or not newest[0].type.endswith(".deleted"):
        return missing
    deleted = {"kind": ref.kind.kind, "id": ref.id, "at": newest[0].at.isoformat()}
    words = "This was deleted meanwhile: nothing can be written to it any more."
    return NotFound("deleted", words, extra={"deleted": deleted})
