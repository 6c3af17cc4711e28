"""Change counts of a document's fields, so that hidden changes do not show in its version.

A document's version counts every change, also those of fields that somebody may not see.  So it
keeps how often, and when last, each set of fields was changed together.  From that follows the
version that it has for whoever does not see some of them: the number of changes that they can see.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Final, TypeVar

import msgspec

from models.base.document import Document, Edits

D = TypeVar("D", bound=Document)

UNKNOWN: Final = "*"  # changes from before they were counted, and of more sets than are kept apart
MAX_FIELD_SETS: Final = 64  # sets of fields that are kept apart
BOOKKEEPING: Final = frozenset({"version", "updated_at", "edits"})


def counted(before: Document, after: D) -> D:
    """*after*, the next version of *before*, with this change counted in its `edits`."""
    edits = dict(before.edits or {UNKNOWN: (before.version - 1, before.updated_at)})
    names = _changed(before, after)
    if names not in edits and len(edits) >= MAX_FIELD_SETS:
        names = UNKNOWN
    count, _ = edits.get(names, (0, None))
    edits[names] = (count + 1, after.updated_at)
    return msgspec.structs.replace(after, edits=edits)


def version_seen(version: int, edits: Edits | None, hidden: Collection[str]) -> int:
    """The *version* of a document for whoever does not see the fields *hidden*.

    Examples
    --------
    >>> at = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
    >>> edits = {"*": (0, at), "title": (2, at), "private_notes": (3, at)}
    >>> version_seen(6, edits, {"private_notes"}), version_seen(6, edits, {"title"})
    (3, 4)

    """
    counts = edits or {}
    return version - sum(counts[names][0] for names in counts if not _is_seen(names, hidden))


def updated_at_seen(document: Document, hidden: Collection[str]) -> dt.datetime:
    """When *document* was last changed for whoever does not see the fields *hidden*."""
    if document.edits is None:
        return document.updated_at
    return max(_change_times(document.edits, hidden), default=document.created_at)


def _change_times(edits: Edits, hidden: Collection[str]) -> Iterator[dt.datetime]:
    return (at for names, (_, at) in edits.items() if _is_seen(names, hidden))


def _is_seen(names: str, hidden: Collection[str]) -> bool:
    """Whether a change of the fields *names* shows where those *hidden* do not."""
    return any(name not in hidden for name in names.split(",") if name)


def _changed(before: Document, after: Document) -> str:
    """The fields in which the two differ, joined by commas; bookkeeping is left out."""
    names = (
        name
        for name in before.__struct_fields__
        if name not in BOOKKEEPING and getattr(before, name) != getattr(after, name)
    )
    return ",".join(sorted(names))
