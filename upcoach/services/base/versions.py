"""The history of a document: its changes field by field, and its state at any time."""

import datetime as dt
from typing import Any, Generic, TypeVar

import msgspec

from models.access.scope import Scope
from models.base.document import Document
from models.base.errors import Refusal
from models.base.merge import changed_paths, value_at
from models.base.merge_patch import Json, merged
from models.wire.frames import Ev
from upcoach.store.base.broken_documents import broken
from upcoach.store.base.pacing import paced
from upcoach.store.base.pages import Page, paced_page
from upcoach.store.base.sealing import Unreadable
from upcoach.store.log.event_log import EventLog
from upcoach.store.write.document_versions import lines_of
from upcoach.store.write.errors import not_found

D = TypeVar("D", bound=Document)

_KEPT_BY_US = frozenset({"/version", "/updated_at"})


class FieldChange(msgspec.Struct, frozen=True):
    """One field (a JSON pointer), before and after; null where there was nothing.

    Attributes
    ----------
    field
        The name of the field.
    before
        Its value before.
    after
        Its value after.

    """

    field: str
    before: Any
    after: Any


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a document: the version that it made, when, on which device, and of what.

    Attributes
    ----------
    version
        The version that it made.
    type
        What happened, such as `goal.updated`.
    at
        When it was written.
    device
        The device that wrote it.
    mutation
        The name of the write.
    changes
        What it changed, field by field.

    """

    version: int
    type: str
    at: dt.datetime
    device: str
    mutation: str
    changes: tuple[FieldChange, ...]


class DocumentHistory(Generic[D]):
    """The past of documents of one kind, read from the log."""

    def __init__(self, log: EventLog, kind: type[D]) -> None:
        self._log = log
        self._kind = kind

    async def revisions(
        self, scope: Scope, document_id: str, before: int | None, limit: int
    ) -> Page[Revision]:
        """Up to *limit* changes, the newest first, of versions below *before*."""
        states = await self._states(scope, document_id)
        earlier: list[Json] = [{}, *(fields for _, fields in states)]
        shown = [
            (line, was, fields)
            for (line, fields), was in zip(states, earlier, strict=False)
            if before is None or line.ver < before
        ]
        revisions = paced(_revision(*state) for state in shown[::-1])
        return await paced_page(revisions, limit)

    async def at(
        self, scope: Scope, document_id: str, moment: dt.datetime | None, version: int | None
    ) -> D:
        """The document as it was at a moment, or at a version; `NotFound` if it was not then."""
        state: Json = {}
        for line, fields in await self._states(scope, document_id):
            if (moment is not None and line.at > moment) or (
                version is not None and line.ver > version
            ):
                break
            state = fields
        if not state or (version is not None and state.get("version") != version):
            raise not_found()
        try:
            return msgspec.convert(state, self._kind)
        except (msgspec.MsgspecError, Refusal):  # it was written under other rules
            raise broken(self._kind.kind, document_id, version or 0) from None

    async def _states(self, scope: Scope, document_id: str) -> list[tuple[Ev, Json]]:
        """Every event of the document with the fields that it left; none after it was deleted."""
        try:
            lines = await lines_of(self._log, self._kind, scope.user, document_id)
        except (Unreadable, msgspec.MsgspecError):
            lines = []
        if not lines:
            raise not_found()
        states: list[tuple[Ev, Json]] = []
        fields: Json = {}
        async for line in paced(lines):
            if line.doc is not None:
                fields = line.doc
            else:
                fields = {} if line.patch is None else merged(fields, line.patch)
            states.append((line, fields))
        return states


def _revision(line: Ev, was: Json, fields: Json) -> Revision:
    paths = [path for path in changed_paths(was, fields) if path not in _KEPT_BY_US]
    return Revision(
        version=line.ver,
        type=line.type,
        at=line.at,
        device=line.by.dev,
        mutation=line.by.mut,
        changes=tuple(
            FieldChange(path, value_at(was, path), value_at(fields, path)) for path in paths
        ),
    )
