"""Earlier versions of a document, rebuilt from its events."""

import sys
from typing import Final

import msgspec

from models.base.document import Document, Privacy, fields_marked, public
from models.base.errors import Refusal
from models.base.merge_patch import Json, merged
from models.wire.events import read_line, user_feed
from models.wire.frames import Ev
from upcoach.store.base.pacing import paced
from upcoach.store.base.sealing import Unreadable
from upcoach.store.log.event_log import LATEST, EventLog, size_of
from upcoach.store.write.errors import WriteConflict
from upcoach.store.write.refs import Version

PAGE = 128
FIRST = 8  # events that are read before their size is known, where that matters
REACH = 1024  # events; whoever would need more is told that their version is stale
NEAR_BYTES: Final = 128 * 1024  # the same, for those who would have others wait
FAR_BYTES: Final = 8 * 1024 * 1024  # and for whoever writes at all


class PastTooLong(Exception):
    """The past of a document has more bytes than were to be read."""


async def past_of(
    log: EventLog, document: Document, since: int, upto: int, most: int = sys.maxsize
) -> list[Version]:
    """The versions of *document* from *since* on, in order.

    Empty when the log up to number *upto* does not hold all that it takes; `WriteConflict` when the
    document is newer than that number, `PastTooLong` when it takes *most* bytes, or more.
    """
    try:
        lines = await lines_of(log, type(document), document.owner, document.id, upto, most)
        return await _replayed(document, lines, since)
    except (Unreadable, msgspec.MsgspecError, Refusal):  # of an erased person, or an older build
        return []


async def lines_of(
    log: EventLog,
    kind: type[Document],
    owner: str,
    document_id: str,
    upto: int = LATEST,
    most: int = sys.maxsize,
) -> list[Ev]:
    """The events of a document from the one that made it last, in order.

    Empty when the log does not reach back so far, or when there was none; raises `Unreadable` for
    an erased person, and `PastTooLong` for *most* bytes, or more.
    """
    feed, count, left = user_feed(owner), PAGE if most == sys.maxsize else FIRST, most
    lines: list[Ev] = []
    while len(lines) < REACH:
        page = await log.history(feed, kind.kind, document_id, upto, count)
        sizes = [size_of(event) for event in page]
        async for event in paced(page):
            await log.load_keys([feed])  # which may have gone during a breath
            line = read_line(log.open_line(event))
            lines.append(line)
            left -= size_of(event)
            if left <= 0:
                raise PastTooLong
            if line.doc is not None:
                return lines[::-1]
        if len(page) < count:
            break
        upto = page[-1].seq - 1
        # So many would fit, if they were like these.
        count = min(PAGE, 4 * count, left // max(sizes) + 1, REACH - len(lines))
    return []


async def _replayed(document: Document, lines: list[Ev], since: int) -> list[Version]:
    fields: Json = {}
    hidden = _hidden(document)
    versions = []
    async for line in paced(lines):
        fields = merged(fields, line.patch) if line.doc is None else line.doc
        if line.ver >= since:
            earlier = msgspec.convert(hidden | fields, type(document))
            versions.append(Version(earlier, line.by.mut))
    if lines and lines[-1].ver < document.version:
        raise WriteConflict
    if not versions or public(versions[-1].document) != public(document):
        return []
    return [*versions[:-1], versions[-1]._replace(document=document)]


def _hidden(document: Document) -> Json:
    """The hidden fields of *document*, which no frame tells: earlier versions are shown its own."""
    names = fields_marked(type(document), Privacy.HIDDEN)
    fields: Json = msgspec.to_builtins({name: getattr(document, name) for name in names})
    return fields
