"""Redaction of a document's events in the log, before the document itself is deleted.

The numbers of a feed have no holes, so its events stay: without the fields that their kind seals.
Whoever reads them later gets the same documents in the end, because the last of these events
deletes the one that has lost its words.  It is done before that event is written: what a crash has
left half done is still due, and done again.

Two other places know the words for a while, and both forget them sooner than this is called for:
receipts after seven days, the streams after 29 (`streams.redis.stream_trimming`).
"""

import msgspec

from models.base.document import Document, Privacy, fields_marked
from models.base.merge_patch import Json
from models.wire.events import Event, read_line, user_feed
from models.wire.frames import Ev, encode
from upcoach.store.base.database import Database
from upcoach.store.base.sealing import associated_data, seal
from upcoach.store.log.event_log import COLLECTION, LATEST, EventLog
from upcoach.store.secrets.keyring import KeyRing

PAGE = 100


class LogRedaction:
    """Rewrites the events of documents that are purged."""

    def __init__(self, database: Database, keyring: KeyRing, log: EventLog) -> None:
        self._database = database
        self._keyring = keyring
        self._log = log

    async def redact(self, kind: type[Document], owner: str, document_id: str) -> int:
        """Remove the sealed fields from all events of a document; return how many had any."""
        feed, upto, count = user_feed(owner), LATEST, 0
        await self._log.load_keys([feed])
        while True:
            page = await self._log.history(feed, kind.kind, document_id, upto, PAGE)
            for event in page:
                count += await self._rewrite(kind, owner, event)
            if len(page) < PAGE:
                return count
            upto = page[-1].seq - 1

    async def _rewrite(self, kind: type[Document], owner: str, event: Event) -> bool:
        line = read_line(self._log.open_line(event))
        bare = _without(line, fields_marked(kind, Privacy.SEALED))
        if bare == line:
            return False
        where = associated_data(COLLECTION, event.feed, event.seq)
        body = seal(self._keyring[owner], encode(bare), where)
        async with self._database.connection():
            await self._database[COLLECTION].update_one(
                {"feed": event.feed, "seq": event.seq}, {"$set": {"body": body}}
            )
        return True


def _without(line: Ev, fields: frozenset[str]) -> Ev:
    return msgspec.structs.replace(
        line, doc=_stripped(line.doc, fields), patch=_stripped(line.patch, fields)
    )


def _stripped(members: Json | None, fields: frozenset[str]) -> Json | None:
    if members is None:
        return None
    return {name: value for name, value in members.items() if name not in fields}
