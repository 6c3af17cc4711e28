"""References to documents and to their versions."""

from types import MappingProxyType
from typing import NamedTuple

from models.base.document import Document
from models.contexts import KINDS
from upcoach.store.base.broken_documents import kind_of
from upcoach.store.base.conditions import Conditions


class Ref(NamedTuple):
    """A document by kind, owner and id."""

    kind: type[Document]
    owner: str
    id: str


class Listing(NamedTuple):
    """All documents of *kind* that *owner* has, or those that meet *where*."""

    kind: type[Document]
    owner: str
    where: Conditions = MappingProxyType({})


class Edges(NamedTuple):
    """A graph of all documents of *kind* that *owner* has: the ids that each names in *field*.

    The field is one that is stored in the clear.
    """

    kind: type[Document]
    owner: str
    field: str


class BaseVersion(NamedTuple):
    """The version of a document that a write was made from."""

    ref: Ref
    version: int


class Version(NamedTuple):
    """A document as it was at one of its versions, and the name of the write that made it so."""

    document: Document
    mutation: str = ""


def ref_of(document: Document) -> Ref:
    """The reference to *document*."""
    return Ref(kind_of(document), document.owner, document.id)


def stands_below(ref: Ref, parent: Ref) -> bool:
    """Whether *ref* is a child of *parent*, which is given with its children's kind."""
    return ref[:2] == parent[:2] and ref.id.startswith(f"{parent.id}/")


def is_logged(ref: Ref) -> bool:
    """Whether documents of its kind are in their owners' feeds."""
    return ref.kind.kind in KINDS
