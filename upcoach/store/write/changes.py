"""The documents as a write sees and changes them."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

import msgspec

from models.base.document import Document, public
from models.base.field_versions import counted
from models.base.mail import MailRequest
from models.base.merge_patch import Json, difference
from models.contexts import SHAREABLE
from upcoach.store.base.broken_documents import BrokenDocument, unreadable
from upcoach.store.base.codec import require_readable
from upcoach.store.write.errors import MissingDocument, NeedsMoreReads
from upcoach.store.write.refs import Ref, Version, ref_of, stands_below

D = TypeVar("D", bound=Document)


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
        if self.before is None or isinstance(self.before, BrokenDocument):
            return public(self.after), None
        return None, difference(public(self.before), public(self.after))


class WriteContext:
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
        self.wishes: list[MailRequest] = []
        self.ended: dict[Ref, int] = {}  # the last version of each that was deleted here
        self._state = state
        self._past = past
        self._former = former or {}
        self._name = name

    def tell(self, wish: MailRequest) -> None:
        """Have a mail sent if this write is committed, and only then."""
        self.wishes.append(wish)

    def find(self, kind: type[D], owner: str, document_id: str) -> D | None:
        """The document as it is now; it must be among the write's reads.

        None also for one that cannot be read: what is kept then takes its place.
        """
        found = self._standing(Ref(kind, owner, document_id))
        if isinstance(found, BrokenDocument):
            return None
        assert found is None or isinstance(found, kind)
        return found

    def broken(self, kind: type[Document], owner: str, document_id: str) -> BrokenDocument | None:
        """What stands for the document where it cannot be read."""
        found = self._standing(Ref(kind, owner, document_id))
        return found if isinstance(found, BrokenDocument) else None

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
            raise NeedsMoreReads(unread)
        found = (self.find(*ref) for ref in refs)
        return [document for document in found if document is not None]

    def all(self, kind: type[D], owner: str) -> list[D]:
        """What the write `lists` of *kind*, in order of id, and what else of it was read."""
        refs = {ref for ref in (*self._state, *self.staged) if ref[:2] == (kind, owner)}
        found = (self.find(kind, owner, ref.id) for ref in sorted(refs, key=lambda ref: ref.id))
        return [document for document in found if document is not None]

    def all_broken(self, kind: type[Document], owner: str) -> list[BrokenDocument]:
        """What stands for those of the same that cannot be read."""
        refs = {ref for ref in (*self._state, *self.staged) if ref[:2] == (kind, owner)}
        standing = map(self._standing, sorted(refs, key=lambda ref: ref.id))
        return [found for found in standing if isinstance(found, BrokenDocument)]

    def get(self, kind: type[D], owner: str, document_id: str) -> D:
        """The document as it is now, or `NotFound`; `Conflict` for one that cannot be read."""
        found = self.get_any(kind, owner, document_id)
        if isinstance(found, BrokenDocument):
            raise unreadable(found)
        assert isinstance(found, kind)
        return found

    def get_any(self, kind: type[Document], owner: str, document_id: str) -> Document:
        """The document as it is now, or what stands for one that cannot be read; or `NotFound`."""
        ref = Ref(kind, owner, document_id)
        found = self._standing(ref)
        if found is None:
            raise MissingDocument(ref)
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
        if after.kind in SHAREABLE:
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
        return found is not None and not isinstance(found, BrokenDocument)

    def _begin(self, verb: str, document: D) -> D:
        ref = ref_of(document)
        before = self._standing(ref)
        assert before is None or isinstance(before, BrokenDocument), "it is there already"
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
