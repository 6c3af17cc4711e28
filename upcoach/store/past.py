"""What a document was before: its earlier versions, rebuilt from its events."""

import msgspec

from models.documents import Document
from models.events import read_line, user_feed
from models.frames import Ev
from models.merge_patch import Json, merged
from upcoach.store.changes import Raced, Version
from upcoach.store.log import EventLog
from upcoach.store.sealing import Unreadable

PAGE = 128
REACH = 1024  # events; whoever would need more is told that their version is stale


async def past_of(log: EventLog, document: Document, since: int, upto: int) -> list[Version]:
    """*document* from version *since* on to the one that it is, in order.

    Empty when the log up to number *upto* does not hold all that it takes; `Raced` when the
    document is newer than that number.
    """
    try:
        return _replayed(document, await _lines(log, document, upto), since)
    except (Unreadable, msgspec.ValidationError):  # of an erased person, or an older build
        return []


async def _lines(log: EventLog, document: Document, upto: int) -> list[Ev]:
    """The document's events from the one that made it, in order."""
    feed = user_feed(document.owner)
    lines: list[Ev] = []
    while len(lines) < REACH:
        page = await log.history(feed, document.kind, document.id, upto, PAGE)
        for event in page:
            line = read_line(log.open_line(event))
            lines.append(line)
            if line.doc is not None:
                return lines[::-1]
        if len(page) < PAGE:
            break
        upto = page[-1].seq - 1
    return []


def _replayed(document: Document, lines: list[Ev], since: int) -> list[Version]:
    fields: Json = {}
    versions = []
    for line in lines:
        fields = merged(fields, line.patch) if line.doc is None else line.doc
        if line.ver >= since:
            versions.append(Version(msgspec.convert(fields, type(document)), line.by.mut))
    if lines and lines[-1].ver < document.version:
        raise Raced
    return versions if versions and versions[-1].document == document else []
