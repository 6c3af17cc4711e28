"""Outcomes of writes, new and repeated."""

import functools
from typing import ClassVar, Generic, Literal, TypeVar

import msgspec

from models.base.document import Document, public
from models.base.merge_patch import Json

Verb = Literal["created", "updated", "deleted", "unchanged"]

D = TypeVar("D", bound=Document | Json | None)
D_co = TypeVar("D_co", bound=Document | Json | None, covariant=True)


class Outcome(msgspec.Struct, Generic[D_co], frozen=True, kw_only=True, dict=True):
    """The outcome of a write that was just committed.

    Attributes
    ----------
    document
        What was written, as it is kept: None where nothing is left, or nothing is shown of it; an
        object of JSON for what is a document no more than a report.
    seq
        The position of the effect in the caller's feed.
    merged
        Where the document is not what the caller asked for, since others' edits are in it, too.

    """

    verb: Verb
    document: D_co
    version: int | None = None
    seq: int = 0
    merged: tuple[str, ...] = ()
    replayed: ClassVar[bool] = False

    @functools.cached_property
    def body(self) -> Json | None:
        """The document as its owner sees it."""
        shown = self.document
        return public(shown) if isinstance(shown, Document) else shown


class Replay(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The outcome of a repeated write, as it was answered first: the document may have changed.

    It is kept with the mutation's id, so that a repeat gets the same answer; see `Outcome`.
    """

    verb: Verb
    version: int | None = None
    body: Json | None = None
    seq: int = 0
    merged: tuple[str, ...] = ()
    replayed: ClassVar[bool] = True

    @classmethod
    def of(cls, outcome: Outcome[Document | Json | None]) -> "Replay":
        """The answer to a repeat of the write with this *outcome*."""
        return cls(
            verb=outcome.verb,
            version=outcome.version,
            body=outcome.body,
            seq=outcome.seq,
            merged=outcome.merged,
        )


WriteResult = Outcome[D] | Replay
AnyOutcome = Outcome[Document | Json | None]
AnyWriteResult = AnyOutcome | Replay
