"""Stored documents that cannot be decoded, and the stand-ins for them.

One of them must not take the others along.  Whoever lists documents gets all but these; whoever
reads a snapshot, or decides about a write, gets a stand-in, which has the id and the version by
which checksums know it, and nothing else.  It can be deleted, and written anew as if nothing was
there.
"""

import datetime as dt
import functools
from typing import Any, ClassVar, Final

import msgspec
import structlog

from models.base.document import Document
from models.base.errors import Conflict

HELD: Final = 10_000  # broken documents remembered, so that each is logged once
_NEVER: Final = dt.datetime.fromtimestamp(0, dt.UTC)

_log = structlog.get_logger(__name__)


class BrokenDocument(Document, frozen=True, kw_only=True):
    """A stand-in for a document that cannot be read."""

    stands_for: ClassVar[type[Document]]

    broken: bool = True


def stand_in(
    kind: type[Document], stored: dict[str, Any], owner: str, document_id: str
) -> BrokenDocument:
    """The stand-in for what is *stored* of a document."""
    version, created_at, updated_at = (
        stored.get(name) for name in ("version", "created_at", "updated_at")
    )
    return _stand_ins(kind)(
        id=document_id,
        owner=owner,
        version=version if isinstance(version, int) else 1,
        created_at=created_at if isinstance(created_at, dt.datetime) else _NEVER,
        updated_at=updated_at if isinstance(updated_at, dt.datetime) else _NEVER,
    )


@functools.cache
def _stand_ins(kind: type[Document]) -> type[BrokenDocument]:
    """The stand-ins for documents of *kind*, which say so themselves."""
    names = {"kind": kind.kind, "collection": kind.collection, "stands_for": kind}
    made = msgspec.defstruct("Broken", [], bases=(BrokenDocument,), namespace=names, frozen=True)
    assert issubclass(made, BrokenDocument)
    return made


def kind_of(document: Document) -> type[Document]:
    """The kind of *document*, or of the one that it stands for."""
    return document.stands_for if isinstance(document, BrokenDocument) else type(document)


def unreadable(document: Document) -> Conflict:
    """The refusal of whatever needs to know what *document* says."""
    return broken(document.kind, document.id, document.version)


def broken(kind: str, document_id: str, version: int) -> Conflict:
    """The same refusal, for a document named by *kind*, id and version."""
    words = "This document cannot be read. It can be deleted, or written anew."
    name = {"kind": kind, "id": document_id, "version": version}
    return Conflict("document_broken", words, extra={"broken": name})


class BrokenDocuments:
    """The broken documents that this process has met: each is logged once, without its contents."""

    def __init__(self) -> None:
        self._met: dict[tuple[str, str], None] = {}

    def __len__(self) -> int:
        return len(self._met)

    def met(self, kind: type[Document], key: str, reason: Exception) -> None:
        """Log the broken document under *key*, once."""
        name = (kind.collection, key)
        if name in self._met or len(self._met) >= HELD:
            return
        self._met[name] = None
        # Not the reason's words: they may quote what somebody has written.
        _log.warning("document_broken", kind=kind.kind, reason=type(reason).__name__)

    def gone(self, kind: type[Document], key: str) -> None:
        """Forget the document under *key*: it was deleted, or written anew."""
        self._met.pop((kind.collection, key), None)
