"""The base of all documents, and the privacy, merge and derivation marks of their fields.

A field is declared once, on its type: `Annotated[str, Privacy.SEALED]` is encrypted under its
owner's data key wherever it is stored; `Privacy.HIDDEN` never leaves the server; `Privacy.PRIVATE`
is seen by its owner only, whatever they share; `Privacy.PERSONAL` is personal data in the clear.  A
sealed field is personal too.  `Merge` in the same place says how the field keeps two edits made at
once, and `Derived` and `Discloses` what it follows from, or tells: who may not see that does not
see the field.
"""

import datetime as dt
import enum
import functools
import typing
from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar, Self, TypeVar

import msgspec

from models.base.merge import Merge
from models.base.merge_patch import Json, without_nulls
from models.base.text.masking import mask

A = TypeVar("A")


class Privacy(enum.Enum):
    """How private a field is."""

    PERSONAL = "personal"
    SEALED = "sealed"
    HIDDEN = "hidden"
    PRIVATE = "private"


class Derived:
    """The fields that a field is computed from: of the same kind, or `kind:field` of another.

    `Annotated[float, Derived("milestones", "goal.point:value")]`.
    """

    def __init__(self, *sources: str) -> None:
        self.sources = sources


class Discloses:
    """The fields that could be inferred from a field: who may not see those does not see it.

    Other than what follows from something, it is hidden only where that itself was chosen.
    """

    def __init__(self, *fields: str) -> None:
        self.fields = fields


Edits = Mapping[str, tuple[int, dt.datetime]]


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields of a document that a person may write; any other is refused.

    Attributes
    ----------
    free_text
        The fields that may hold anything, also what must not be kept (see
        `models.base.text.masking`); of one made of structs, their own `free_text`.

    """

    free_text: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        mask(self, self.free_text)


class Order(typing.NamedTuple):
    """An order in which an owner's documents are listed: by *field*, filtered by *equal*."""

    field: str
    equal: tuple[str, ...] = ()

    @property
    def index_name(self) -> str:
        """The name of its index.  Those of words are of another form than they once were."""
        former = ("found_by",) if "words" in self.equal else ()
        return "_".join((*former, *self.equal, self.field))


class Lookup(typing.NamedTuple):
    """A *field* by which documents are looked up whoever owns them, by the index *name*.

    If *unique*, no two documents have the same value.
    """

    name: str
    field: str
    unique: bool = False


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """The base of all documents: an owner, a version, and times.

    Attributes
    ----------
    kind
        The noun on the wire; event types are `kind.created`, `kind.updated`, `kind.deleted`.
    collection
        The noun in the database.
    id_prefix
        What ids begin with; empty where they are made of other names.
    parent
        The kind below whose ids its own stand: they are deleted with that.
    orders
        The fields by which an owner's documents are listed, each with the fields that it can be
        filtered by at once; the database has an index for each.
    orders_of_all
        The same of the documents of all owners together: what everybody may find, or operators.
    sources
        What documents of this kind follow from altogether, as in `Derived`.
    edits
        How often, and when last, each set of fields was changed, see `edits`; null before the
        first change, and in what is never shown in parts.
    lookups
        The fields by which they are found whoever owns them; each has an index, too.
    first_version
        The version that it was made with: above 1 where there was another under its id before.
    made_by
        The name of the write that made it then.
    id
        The id, which never changes.
    owner
        The user whose it is.
    version
        How often it was written; each write adds one.
    created_at
        When it was created.
    updated_at
        When it was last written.

    """

    kind: ClassVar[str]
    collection: ClassVar[str]
    id_prefix: ClassVar[str] = ""
    parent: ClassVar[type["Document"] | None] = None
    orders: ClassVar[tuple["Order", ...]] = ()
    orders_of_all: ClassVar[tuple["Order", ...]] = ()
    sources: ClassVar[tuple[str, ...]] = ()
    lookups: ClassVar[tuple["Lookup", ...]] = ()
    draft: ClassVar[type[Draft] | None] = None

    id: str
    owner: typing.Annotated[str, Privacy.PERSONAL]
    version: int = 1
    first_version: typing.Annotated[int, Privacy.HIDDEN] = 1
    made_by: typing.Annotated[str, Privacy.HIDDEN] = ""
    created_at: dt.datetime
    updated_at: dt.datetime
    edits: typing.Annotated[
        dict[str, tuple[int, dt.datetime]] | None, Privacy.PERSONAL, Privacy.HIDDEN
    ] = None

    @property
    def is_untouched(self) -> bool:
        """Whether it was never changed."""
        return self.version == self.first_version

    def words(self) -> Collection[str]:
        """The words it is searched by; stored as keyed hashes (`models.base.text.search_words`)."""
        return ()

    def advanced(self, at: dt.datetime) -> Self:
        """The same document, one version later."""
        return msgspec.structs.replace(self, version=self.version + 1, updated_at=at)

    def to_draft(self, names: Collection[str] | None = None) -> Json:
        """The fields that a person may write, without nulls: what a merge patch is applied to.

        Only those called so, where *names* are given.
        """
        if self.draft is None:
            return {}
        wanted = self.draft.__struct_fields__ if names is None else names
        fields = msgspec.to_builtins({name: getattr(self, name, None) for name in wanted})
        return {name: without_nulls(value) for name, value in fields.items() if value is not None}


def fields_edited(before: Document, after: Document) -> tuple[str, ...]:
    """The names of the fields that a person may write in which two versions differ."""
    names = () if after.draft is None else after.draft.__struct_fields__
    return tuple(
        name for name in names if getattr(before, name, None) != getattr(after, name, None)
    )


def fields_of(draft: Draft, kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The values of *draft* for the fields that *kind* declares."""
    return {name: getattr(draft, name) for name in kind.__struct_fields__}


@functools.cache
def fields_marked(document: type[msgspec.Struct], mark: Privacy) -> frozenset[str]:
    """The fields of *document* that carry *mark*.

    Examples
    --------
    >>> sorted(fields_marked(Document, Privacy.PERSONAL))
    ['edits', 'owner']

    """
    hints = typing.get_type_hints(document, include_extras=True)
    return frozenset(
        field
        for field in document.__struct_fields__
        if mark in getattr(hints[field], "__metadata__", ())
    )


@functools.cache
def derivations(document: type[msgspec.Struct]) -> Mapping[str, tuple[str, ...]]:
    """The derived fields of *document*, and the fields that each is computed from."""
    return {field: derived.sources for field, derived in _annotations(document, Derived)}


@functools.cache
def disclosures(document: type[msgspec.Struct]) -> Mapping[str, tuple[str, ...]]:
    """The fields of *document* that disclose others, and which."""
    return {field: discloses.fields for field, discloses in _annotations(document, Discloses)}


@functools.cache
def merge_policies(document: type[msgspec.Struct]) -> Mapping[str, Merge]:
    """The merge policies of the fields of *document* that have one."""
    return dict(_annotations(document, Merge))


def _annotations(document: type[msgspec.Struct], kind: type[A]) -> Iterator[tuple[str, A]]:
    """The fields of *document* whose types carry metadata of a *kind*, with that metadata."""
    hints = typing.get_type_hints(document, include_extras=True)
    for field in document.__struct_fields__:
        for annotation in getattr(hints[field], "__metadata__", ()):
            if isinstance(annotation, kind):
                yield field, annotation


def public(document: Document) -> Json:
    """The document as clients see it: without hidden fields, without nulls."""
    hidden = fields_marked(type(document), Privacy.HIDDEN)
    fields: dict[str, Any] = msgspec.to_builtins(document)
    return {
        name: without_nulls(value)
        for name, value in fields.items()
        if value is not None and name not in hidden
    }
