"""What a write sees, and what it decides."""

import datetime as dt
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeVar

import msgspec

from models.access.scope import Scope
from models.base.document import Document, public
from models.base.edits import counted
from models.base.errors import NotFound, Unauthenticated
from models.base.mail import AnyWish
from models.base.merge_patch import Json, difference
from models.sharing.share import SHARED_KINDS
from models.wire.frames import FrameText
from upcoach.store.base.broken import Broken, kind_of, unreadable
from upcoach.store.base.codec import require_readable

D = TypeVar("D", bound=Document)

Decide = Callable[["Changes"], "Outcome"]
Verb = Literal["created", "updated", "deleted", "unchanged"]


class Ref(NamedTuple):
    """A document by kind, owner and id."""

    kind: type[Document]
    owner: str
    id: str


class Listing(NamedTuple):
    """All documents of *kind* that *owner* has, or those that match *where* in MongoDB's words."""

    kind: type[Document]
    owner: str
    where: Mapping[str, Any] = MappingProxyType({})


class Base(NamedTuple):
    """The version of a document that a write was made from."""

    ref: Ref
    version: int


class Version(NamedTuple):
    """A document as it was at one of its versions, and the name of the write that made it so."""

    document: Document
    mutation: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a write; kept with the mutation's id, so that a repeat gets the same answer.

    Attributes
    ----------
    seq
        The position of the effect in the caller's feed.
    merged
        Where the document is not what the caller asked for, since others' edits are in it, too.

    """

    verb: Verb
    version: int | None = None
    body: Json | None = None
    seq: int = 0
    merged: tuple[str, ...] = ()
    replayed: bool = False


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


class Write(msgspec.Struct, frozen=True, kw_only=True):
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
    decide
        Pure: called again, with fresh documents, when another node was faster.
    base
        What *decide* may ask to know the past of, back to this version.
    new_owner
        Whether the caller has no data key yet, because this write makes the user.
    fresh
        Those of *reads* whose ids were made for this write: there never was anything under them.

    """

    scope: Scope
    reads: tuple[Ref, ...]
    decide: Decide
    lists: tuple[Listing, ...] = ()
    sweeps: tuple[Ref, ...] = ()
    base: Base | None = None
    mutation: Mutation | None = None
    new_owner: bool = False
    fresh: tuple[Ref, ...] = ()

    def owns(self, ref: Ref) -> bool:
        """Whether *ref* is a document of the writer's own."""
        return ref.owner == self.scope.user

    @property
    def feeds(self) -> tuple[str, ...]:
        """The feeds whose next numbers this write may take."""
        return tuple({f"u:{owner}": None for owner in self.owners} | {self.scope.feed: None})

    @property
    def owners(self) -> tuple[str, ...]:
        """Whose documents it sees."""
        listed = (listing.owner for listing in self.lists)
        return tuple(dict.fromkeys((*(ref.owner for ref in self.reads), *listed)))


class Fact(msgspec.Struct, frozen=True):
    """One event to be: its type, the document before and after, and whose children go with it."""

    type: str
    before: Document | None
    after: Document | None
    swept: Ref | None = None

    @property
    def subject(self) -> Document:
        """The document that it is about."""
        subject = self.after or self.before
        assert subject is not None
        return subject

    def content(self) -> tuple[Json | None, Json | None]:
        """The event's `doc` and `patch`."""
        if self.after is None:
            return None, None
        if self.before is None or isinstance(self.before, Broken):
            return public(self.after), None
        return None, difference(public(self.before), public(self.after))


class Raced(Exception):
    """Another node took a number, or changed a document, that a batch counted on."""


class Unread(Exception):
    """A write has to see documents that it did not read: they are read, and it decides anew."""

    def __init__(self, refs: Collection[Ref]) -> None:
        super().__init__(refs)
        self.refs = refs


class Undecided(Exception):
    """A write has to *look* something up in the database, as all writes before it have left it.

    So it keeps its place in the order: nothing is looked for before it is queued.
    """

    def __init__(self, look: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.look = look


class Overtaken(Exception):
    """What the caller found out before the write is not so any more: the caller begins again."""


class Taken(Exception):
    """A unique index, named by its fields, holds what the write wanted to keep."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        super().__init__(fields)
        self.fields = fields


class Changes:
    """The documents of a batch as one write sees and changes them.

    Nothing that a refused write did is seen by the next: the committer starts each from the state
    that the last accepted one left.

    What is kept is refused first if whoever reads it would refuse it.  A document that comes where
    one was before goes on with the numbers of its versions: none comes twice for an id.
    """

    def __init__(
        self,
        at: dt.datetime,
        state: Mapping[Ref, Document | None],
        past: Mapping[Ref, Sequence[Version]],
        former: Mapping[Ref, int] | None = None,
        name: str = "",
    ) -> None:
        self.at = at
        self.facts: list[Fact] = []
        self.staged: dict[Ref, Document | None] = {}
        self.wishes: list[AnyWish] = []
        self.ended: dict[Ref, int] = {}  # the last version of each that was deleted here
        self._state = state
        self._past = past
        self._former = former or {}
        self._name = name

    def tell(self, wish: AnyWish) -> None:
        """Have a mail sent if this write is committed, and only then."""
        self.wishes.append(wish)

    def find(self, kind: type[D], owner: str, document_id: str) -> D | None:
        """The document as it is now; it must be among the write's reads.

        None also for one that cannot be read: what is kept then takes its place.
        """
        found = self._standing(Ref(kind, owner, document_id))
        if isinstance(found, Broken):
            return None
        assert found is None or isinstance(found, kind)
        return found

    def broken(self, kind: type[Document], owner: str, document_id: str) -> Broken | None:
        """What stands for the document where it cannot be read."""
        found = self._standing(Ref(kind, owner, document_id))
        return found if isinstance(found, Broken) else None

    def holds(self, kind: type[Document], owner: str, document_id: str) -> bool:
        """Whether there is anything under this id, be it readable or not."""
        return self._standing(Ref(kind, owner, document_id)) is not None

    def find_all(self, kind: type[D], owner: str, ids: Collection[str]) -> list[D]:
        """Those of the documents *ids* that there are; they need not be among the write's reads."""
        refs = [Ref(kind, owner, one) for one in ids]
        return [one for one in self.find_refs(refs) if isinstance(one, kind)]

    def find_refs(self, refs: Collection[Ref]) -> list[Document]:
        """The same for documents of several kinds and owners."""
        unread = [ref for ref in refs if ref not in self.staged and ref not in self._state]
        if unread:
            raise Unread(unread)
        found = (self.find(*ref) for ref in refs)
        return [document for document in found if document is not None]

    def all(self, kind: type[D], owner: str) -> list[D]:
        """What the write `lists` of *kind*, in order of id, and what else of it was read."""
        refs = {ref for ref in (*self._state, *self.staged) if ref[:2] == (kind, owner)}
        found = (self.find(kind, owner, ref.id) for ref in sorted(refs, key=lambda ref: ref.id))
        return [document for document in found if document is not None]

    def all_broken(self, kind: type[Document], owner: str) -> list[Broken]:
        """What stands for those of the same that cannot be read."""
        refs = {ref for ref in (*self._state, *self.staged) if ref[:2] == (kind, owner)}
        standing = map(self._standing, sorted(refs, key=lambda ref: ref.id))
        return [found for found in standing if isinstance(found, Broken)]

    def get(self, kind: type[D], owner: str, document_id: str) -> D:
        """The document as it is now, or `NotFound`; `Conflict` for one that cannot be read."""
        found = self.get_any(kind, owner, document_id)
        if isinstance(found, Broken):
            raise unreadable(found)
        assert isinstance(found, kind)
        return found

    def get_any(self, kind: type[Document], owner: str, document_id: str) -> Document:
        """The document as it is now, or what stands for one that cannot be read; or `NotFound`."""
        ref = Ref(kind, owner, document_id)
        found = self._standing(ref)
        if found is None:
            raise Missing(ref)
        return found

    def since(self, document: Document, version: int) -> Sequence[Version]:
        """*document* from *version* on to now; empty if it never was so, or nobody knows any more.

        The version must be the write's base.
        """
        past = self._past.get(ref_of(document), ()) or (Version(document),)
        start = version - past[0].document.version
        return past[start:] if start >= 0 else ()

    def create(self, document: D) -> D:
        """Keep a new document, and return it as it is kept."""
        return self._begin("created", document)

    def update(self, before: Document, after: D, event: str = "updated") -> D:
        """Keep *after* in the place of *before*, and return it as it is kept."""
        if after.kind in SHARED_KINDS:
            after = counted(before, after)
        self._stage(after, Fact(f"{after.kind}.{event}", before, after))
        return after

    def set(self, before: Document | None, after: D) -> D:
        """Keep *after*, whether or not there was one before: the event is `set` both times."""
        if before is None:
            return self._begin("set", after)
        return self.update(before, after, "set")

    def delete(self, document: Document, *, children: type[Document] | None = None) -> None:
        """Delete *document* and all its *children*, whose ids stand below its own.

        There is one event: whoever applies it drops what stands below the id too.
        """
        swept = None if children is None else Ref(children, document.owner, document.id)
        self._end(document, document.version + 1)
        self.facts.append(Fact(f"{document.kind}.deleted", document, None, swept))
        if swept is not None:
            for child in [ref for ref in (*self._state, *self.staged) if stands_below(ref, swept)]:
                found = self._standing(child)
                if found is not None:
                    self._end(found, found.version)

    def discard(self, kind: type[Document], owner: str, document_id: str) -> None:
        """Delete the document if there is one, readable or not."""
        found = self._standing(Ref(kind, owner, document_id))
        if found is not None:
            self.delete(found)

    def keep(self, document: D) -> D:
        """Keep *document*, whose kind is in no feed: nobody is told."""
        ref = ref_of(document)
        kept = document if self._is_readable(ref) else self._continued(ref, document)
        require_readable(kept)
        self.staged[ref] = kept
        return kept

    def drop(self, document: Document) -> None:
        """Delete what `keep` has kept."""
        self._end(document, document.version + 1)

    def _standing(self, ref: Ref) -> Document | None:
        return self.staged[ref] if ref in self.staged else self._state[ref]

    def _is_readable(self, ref: Ref) -> bool:
        found = self._standing(ref)
        return found is not None and not isinstance(found, Broken)

    def _begin(self, verb: str, document: D) -> D:
        ref = ref_of(document)
        before = self._standing(ref)
        assert before is None or isinstance(before, Broken), "it is there already"
        begun = self._continued(ref, document)
        self._stage(begun, Fact(f"{begun.kind}.{verb}", before, begun))
        return begun

    def _continued(self, ref: Ref, document: D) -> D:
        """*document* with the versions that follow those that were under its id before."""
        before = self._standing(ref)
        last = before.version if before else self.ended.get(ref) or self._former.get(ref, 0)
        if not last:
            return document
        version = last + document.version
        return msgspec.structs.replace(
            document, version=version, first_version=version, made_by=self._name
        )

    def _end(self, document: Document, last: int) -> None:
        ref = ref_of(document)
        self.staged[ref] = None
        self.ended[ref] = last

    def _stage(self, document: Document, fact: Fact) -> None:
        require_readable(document)
        self.staged[ref_of(document)] = document
        self.facts.append(fact)


def ref_of(document: Document) -> Ref:
    """By what *document* is named."""
    return Ref(kind_of(document), document.owner, document.id)


def stands_below(ref: Ref, parent: Ref) -> bool:
    """Whether *ref* names a child of *parent*, which is named with its children's kind."""
    return ref[:2] == parent[:2] and ref.id.startswith(f"{parent.id}/")


_NOT_FOUND: Final = ("not_found", "There is nothing here under this id.")


def not_found() -> NotFound:
    """The refusal for what does not exist or is not theirs; there is only this one."""
    return NotFound(*_NOT_FOUND)


def session_ended() -> Unauthenticated:
    """The refusal of who was locked out before what they asked for was done."""
    return Unauthenticated("session_ended", "This session was ended. Log in again.")


class Missing(NotFound):
    """`not_found`, by a write that was to see the document *ref*."""

    def __init__(self, ref: Ref) -> None:
        super().__init__(*_NOT_FOUND)
        self.ref = ref
