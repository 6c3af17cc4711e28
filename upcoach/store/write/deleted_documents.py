"""Deletions of documents, found by the event in the log; without one, see `base.tombstones`."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping

from models.base.errors import NotFound
from models.wire.events import Event, user_feed
from upcoach.store.log.event_log import EventLog
from upcoach.store.write.refs import Ref, is_logged


async def find_deletions(
    log: EventLog, refs: Collection[Ref], fresh: Iterable[Event], former: Mapping[Ref, int]
) -> dict[Ref, dt.datetime]:
    """When those of *refs* were deleted that once were there; by one query, whatever their number.

    *fresh* events are those of the batch under way.  *former* are the numbers of the last events
    of what is in the log and was not there: what has none never existed.
    """
    logged = {ref: former[ref] for ref in refs if ref in former and is_logged(ref)}
    seqs: dict[str, set[int]] = {}
    for ref, seq in logged.items():
        seqs.setdefault(user_feed(ref.owner), set()).add(seq)
    last = {(event.feed, event.seq): event for event in await log.numbered(seqs)}
    found = {ref: last.get((user_feed(ref.owner), seq)) for ref, seq in logged.items()}
    for ref, event in found.items():
        if event is not None and not event.type.startswith(f"{ref.kind.kind}."):
            found[ref] = await _last_of(log, ref, former[ref])  # two kinds of one id
    deletions = {ref: event.at for ref, event in found.items() if event and _ends(event, ref)}
    places = {(user_feed(ref.owner), ref.id, _ending(ref)): ref for ref in refs}
    for event in fresh:
        gone = places.get((event.feed, event.id, event.type))
        if gone is not None:
            deletions[gone] = event.at
    return deletions


def deleted(ref: Ref, at: dt.datetime) -> NotFound:
    """The refusal that says that *ref* was deleted, and when."""
    gone = {"kind": ref.kind.kind, "id": ref.id, "at": at.isoformat()}
    words = "This was deleted meanwhile: nothing can be written to it any more."
    return NotFound("deleted", words, extra={"deleted": gone})


async def _last_of(log: EventLog, ref: Ref, upto: int) -> Event | None:
    events = await log.history(user_feed(ref.owner), ref.kind.kind, ref.id, upto, 1)
    return events[0] if events else None


def _ends(event: Event, ref: Ref) -> bool:
    return event.type == _ending(ref)


def _ending(ref: Ref) -> str:
    return f"{ref.kind.kind}.deleted"
