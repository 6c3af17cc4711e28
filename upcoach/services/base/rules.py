"""The rules of a kind of document: functions that `Resources` calls."""

import datetime as dt
from collections.abc import Callable
from typing import Generic, Never, Protocol, TypeVar

import msgspec

from models.base.document import Document
from models.base.merge_patch import Json, merged
from models.base.text.masking import knowing
from models.base.validation import checked
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.refs import Ref


class DraftWithId(Protocol):
    """A draft with the id of what it makes."""

    @property
    def id(self) -> str:
        """The id, which the client may have chosen."""


D = TypeVar("D", bound=Document)
D_co = TypeVar("D_co", bound=Document, covariant=True)
N = TypeVar("N", bound=DraftWithId)
N_contra = TypeVar("N_contra", bound=DraftWithId, contravariant=True)
C = TypeVar("C")

Revise = Callable[[D, Json, dt.datetime], D]


class Draw(Protocol[D_co, N_contra]):
    """Makes the document that a draft asks for."""

    def __call__(self, draft: N_contra, /, *, owner: str, at: dt.datetime) -> D_co:
        """The new document of *owner*."""


class WriteEffect(msgspec.Struct, Generic[D, N], frozen=True, kw_only=True):
    """An effect on other documents when a document is created or changed.

    Attributes
    ----------
    reads
        The other documents that *apply* sees: from the owner, the document's id and the draft, or
        the patch, that is asked for.
    apply
        Changes them when a document takes the place of the one before, or of nothing.

    """

    reads: Callable[[str, str, N | Json], tuple[Ref, ...]]
    apply: Callable[[WriteContext, D | None, D], None]


class DeleteEffect(msgspec.Struct, frozen=True, kw_only=True):
    """An effect on other documents when a document is deleted, readable or not.

    Attributes
    ----------
    reads
        The other documents that *apply* sees, from the owner and the document's id.
    apply
        Changes them when the document goes.

    """

    reads: Callable[[str, str], tuple[Ref, ...]]
    apply: Callable[[WriteContext, Document], None]


def always_there(_: Document, __: dt.datetime) -> bool:
    """Whether a document exists: always, as long as it is stored."""
    return True


def made_elsewhere(*_: object, **__: object) -> Never:
    """Fail: documents of this kind are made by writes of their own."""
    raise AssertionError("Nobody makes documents of this kind from a draft alone.")


class Rules(msgspec.Struct, Generic[D, N], frozen=True, kw_only=True):
    """The rules of documents of one kind.

    Attributes
    ----------
    drafted
        The document that a draft makes.
    revised
        A document with other fields in the place of what a person may write of it.
    patched
        The fields that a merge patch, the second, asks for of a document with the first.
    is_there
        Whether a document can still be changed at a moment: else it is `NotFound`.
    children
        What stands below a document's id, and is deleted with it.
    in_zone
        Whether it has a zone, `tz`, which is its owner's where nobody says one.
    zoned
        The fields that need a zone, where documents may be older than theirs.
    on_write, on_delete
        What other documents change with it.

    """

    kind: type[D]
    drafted: Draw[D, N]
    revised: Revise[D]
    patched: Callable[[Json, Json], Json] = merged
    is_there: Callable[[D, dt.datetime], bool] = always_there
    children: type[Document] | None = None
    in_zone: bool = False
    zoned: frozenset[str] = frozenset()
    on_write: WriteEffect[D, N] | None = None
    on_delete: DeleteEffect | None = None

    def lacks_zone(self, patch: Json) -> bool:
        """Whether a document may have no zone of its own after a merge patch."""
        removed = patch.get("tz", "") is None
        return self.in_zone and (removed or any(patch.get(field) for field in self.zoned))


def revising(draft: type[C], revised: Callable[[D, C, dt.datetime], D]) -> Revise[D]:
    """Make a `Revise` of *revised*, from fields that must make a *draft*."""

    def revise(document: D, fields: Json, at: dt.datetime) -> D:
        with knowing(document):
            written = checked(fields, draft)
        return revised(document, written, at)

    return revise
