"""Requests to write: the documents to read, and the decision."""

from collections.abc import Callable, Collection
from typing import Generic, TypeVar

import msgspec

from models.access.scope import Scope
from models.account import Session
from models.base.document import Document
from models.base.merge_patch import Json
from models.wire.frames import FrameText
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import BaseVersion, Edges, Listing, Ref

D_co = TypeVar("D_co", bound=Document | Json | None, covariant=True)

Decide = Callable[[WriteContext], Outcome[D_co]]


class Mutation(msgspec.Struct, frozen=True):
    """The client's name for one write, and a digest of what was asked under that name.

    Attributes
    ----------
    follows
        The names of writes whose effects the client took for granted when it made this one,
        whether or not it had their answers.

    """

    id: FrameText
    fingerprint: bytes
    follows: Collection[str] = ()


class Write(msgspec.Struct, Generic[D_co], frozen=True, kw_only=True):
    """One change that a person asks for.

    Attributes
    ----------
    reads
        The documents that *decide* may see and change.
    lists
        Those that it may see and change too, whose ids nobody knows before: they are read with the
        others, so that nothing can come between the list and the write.
    sweeps
        The documents whose children, by kind and the parent's id, *decide* may delete with it.
    edges
        The graphs that it may follow from document to document.
    decide
        Pure: called again, with fresh documents, when another node was faster.
    base
        What *decide* may ask to know the past of, back to this version.
    new_owner
        Whether the caller has no data key yet, because this write makes the user.
    fresh
        Those of *reads* whose ids were made for this write: there never was anything under them.
    size
        The bytes that it brings, where they are many.

    """

    scope: Scope
    reads: tuple[Ref, ...]
    decide: Decide[D_co]
    lists: tuple[Listing, ...] = ()
    edges: tuple[Edges, ...] = ()
    sweeps: tuple[Ref, ...] = ()
    base: BaseVersion | None = None
    mutation: Mutation | None = None
    new_owner: bool = False
    fresh: tuple[Ref, ...] = ()
    size: int = 0

    def owns(self, ref: Ref) -> bool:
        """Whether *ref* is a document of the writer's own."""
        return ref.owner == self.scope.user

    @property
    def name(self) -> str:
        """The client's mutation id; empty where it gave none."""
        return self.mutation.id if self.mutation else ""

    @property
    def sessions(self) -> tuple[Ref, ...]:
        """The session of the writer, if any: who is locked out writes no more."""
        scope = self.scope
        return (Ref(Session, scope.user, scope.session),) if scope.session else ()

    @property
    def feeds(self) -> tuple[str, ...]:
        """The feeds whose next numbers this write may take."""
        return tuple({f"u:{owner}": None for owner in self.owners} | {self.scope.feed: None})

    @property
    def owners(self) -> tuple[str, ...]:
        """Whose documents it sees."""
        listed = (listing.owner for listing in self.lists)
        linked = (edges.owner for edges in self.edges)
        return tuple(dict.fromkeys((*(ref.owner for ref in self.reads), *listed, *linked)))


AnyWrite = Write[Document | Json | None]
