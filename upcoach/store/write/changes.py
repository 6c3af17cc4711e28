"""The documents as a write sees and changes them."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

import msgspec

from models.base.document import Document, public
from models.base.merge_patch import Json, difference
from models.base.messages.mail import MailRequest
from models.base.messages.push import PushRequest
from models.base.versions.field_versions import counted
from models.contexts import SHAREABLE
from upcoach.store.base.broken_documents import BrokenDocument, unreadable
from upcoach.store.base.codec import require_readable
from upcoach.store.write.errors import MissingDocument, NeedsMoreReads
from upcoach.store.write.refs import Edges, Ref, Version, ref_of, stands_below

D = TypeVar("D", bound=Document)


class ChangeEvent(msgspec.Struct, frozen=True):
    """A change that becomes an event: type, document before and after, children swept with it."""

    type: str
    before: Document | None
    after: Document | None
    swept: Ref | None = None

    @property
    def subject(self) -> Document:
        """The document that the event is about."""
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
        edges: Mapping[Edges, Mapping[str, Collection[str]]] | None = None,
    ) -> None:
        self.at = at
        self.change_events: list[ChangeEvent] = []
        self.staged: dict[Ref, Document | None] = {}
        self.mail_requests: list[MailRequest] = []
        self.push_requests: list[PushRequest] = []
        self.ended: dict[Ref, int] = {}  # the last version of each that was deleted here
        self._state = state
        self._past = past
        self._former = former or {}
        self._name = name
        self._edges = edges or {}

    def send_mail(self, mail_request: MailRequest) -> None:
        """Request a mail, which is sent if this write is committed, and only then."""
        self.mail_requests.append(mail_request)

    def send_push(self, push_request: PushRequest) -> None:
        """Request a push, which is sent if this write is committed, and only then."""
        self.push_requests.append(push_request)

    def find(self, kind: type[D], owner: str, document_id: str) -> D | None:
        """The document as it is now; it must be among the write's reads.

        None also for one that cannot be read: what is kept then takes its place.
        """
        document = self._standing(Ref(kind, owner, document_id))
        if isinstance(document, BrokenDocument):
            return None
        assert document is None or isinstance(document, kind)
        return document

    def broken(self, kind: type[Document], owner: str, document_id: str) -> BrokenDocument | None:
        """The stand-in for a document that cannot be read; None if it can be, or does not exist."""
        document = self._standing(Ref(kind, owner, document_id))
        return document if isinstance(document, BrokenDocument) else None

    def holds(self, kind: type[Document], owner: str, document_id: str) -> bool:
        """Whether a document exists under this id, readable or not."""
        return self._standing(Ref(kind, owner, document_id)) is not None

    def ever_held(self, kind: type[Document], owner: str, document_id: str) -> bool:
        """Whether a document exists under this id, or did before it was deleted.

        The log knows of one that was, however long ago: it must be among the write's reads.
        """
        ref = Ref(kind, owner, document_id)
        return self._standing(ref) is not None or ref in self.ended or ref in self._former

    def find_all(self, kind: type[D], owner: str, ids: Collection[str]) -> list[D]:
        """The existing documents among *ids*, which need not be among the write's reads."""
        refs = [Ref(kind, owner, document_id) for document_id in ids]
        return [document for document in self.find_refs(refs) if isinstance(document, kind)]

    def find_refs(self, refs: Collection[Ref]) -> list[Document]:
        """The same for documents of several kinds and owners."""
        unread = [ref for ref in refs if ref not in self.staged and ref not in self._state]
        if unread:
            raise NeedsMoreReads(unread)
        documents = (self.find(*ref) for ref in refs)
        return [document for document in documents if document is not None]

    def named(self, edges: Edges, document_id: str) -> Collection[str] | None:
        """The ids that a document of a graph names; None if there is no such document.

        The graph need not be among those that the write asked for.
        """
        if edges not in self._edges:
            raise NeedsMoreReads(edges=[edges])
        ref = Ref(edges.kind, edges.owner, document_id)
        if ref in self.staged or ref in self._state:
            document = self._standing(ref)
            if not isinstance(document, BrokenDocument):
                ids: Collection[str] = getattr(document, edges.field, ())
                return None if document is None else ids
        return self._edges[edges].get(document_id)

    def all(self, kind: type[D], owner: str) -> list[D]:
        """All documents of *kind* that the write `lists` or has read, in order of id."""
        refs = {ref for ref in (*self._state, *self.staged) if ref[:2] == (kind, owner)}
        documents = (self.find(kind, owner, ref.id) for ref in sorted(refs, key=lambda ref: ref.id))
        return [document for document in documents if document is not None]

    def all_broken(self, kind: type[Document], owner: str) -> list[BrokenDocument]:
        """The stand-ins for those of `all` that cannot be read."""
        refs = {ref for ref in (*self._state, *self.staged) if ref[:2] == (kind, owner)}
        standing = map(self._standing, sorted(refs, key=lambda ref: ref.id))
        return [document for document in standing if isinstance(document, BrokenDocument)]

    def get(self, kind: type[D], owner: str, document_id: str) -> D:
        """The document as it is now, or `NotFound`; `Conflict` for one that cannot be read."""
        document = self.get_any(kind, owner, document_id)
        if isinstance(document, BrokenDocument):
            raise unreadable(document)
        assert isinstance(document, kind)
        return document

    def get_any(self, kind: type[Document], owner: str, document_id: str) -> Document:
        """The document as it is now, or the stand-in for an unreadable one; or `NotFound`."""
        ref = Ref(kind, owner, document_id)
        document = self._standing(ref)
        if document is None:
            raise MissingDocument(ref)
        return document

    def since(self, document: Document, version: int) -> Sequence[Version]:
        """The versions of *document* from *version* on; empty if they are not known (any more).

        The version must be the write's base.
        """
        past = self._past.get(ref_of(document), ()) or (Version(document),)
        start = version - past[0].document.version
        return past[start:] if start >= 0 else ()

    def create(self, document: D) -> D:
        """Create *document*, and return it as it is stored."""
        return self._begin("created", document)

    def update(self, before: Document, after: D, event: str = "updated") -> D:
        """Replace *before* by *after*, and return it as it is stored."""
        if after.kind in SHAREABLE:
            after = counted(before, after)
        self._stage(after, ChangeEvent(f"{after.kind}.{event}", before, after))
        return after

    def set(self, before: Document | None, after: D) -> D:
        """Create or replace a document by *after*: the event is `set` both times."""
        if before is None:
            return self._begin("set", after)
        return self.update(before, after, "set")

    def delete(self, document: Document, *, children: type[Document] | None = None) -> None:
        """Delete *document* and all its *children*, whose ids stand below its own.

        There is one event: whoever applies it drops what stands below the id too.
        """
        swept = None if children is None else Ref(children, document.owner, document.id)
        self._end(document, document.version + 1)
        self.change_events.append(ChangeEvent(f"{document.kind}.deleted", document, None, swept))
        if swept is not None:
            for child in [ref for ref in (*self._state, *self.staged) if stands_below(ref, swept)]:
                child_document = self._standing(child)
                if child_document is not None:
                    self._end(child_document, child_document.version)

    def discard(self, kind: type[Document], owner: str, document_id: str) -> None:
        """Delete the document if there is one, readable or not."""
        document = self._standing(Ref(kind, owner, document_id))
        if document is not None:
            self.delete(document)

    def keep(self, document: D) -> D:
        """Create or replace *document*, whose kind is in no feed: there is no event."""
        ref = ref_of(document)
        kept = document if self._is_readable(ref) else self._continued(ref, document)
        require_readable(kept)
        self.staged[ref] = kept
        return kept

    def drop(self, document: Document) -> None:
        """Delete a document of a kind that is in no feed, without an event; see `keep`."""
        self._end(document, document.version + 1)

    def _standing(self, ref: Ref) -> Document | None:
        return self.staged[ref] if ref in self.staged else self._state[ref]

    def _is_readable(self, ref: Ref) -> bool:
        document = self._standing(ref)
        return document is not None and not isinstance(document, BrokenDocument)

    def _begin(self, verb: str, document: D) -> D:
        ref = ref_of(document)
        before = self._standing(ref)
        assert before is None or isinstance(before, BrokenDocument), "it is there already"
        begun = self._continued(ref, document)
        self._stage(begun, ChangeEvent(f"{begun.kind}.{verb}", before, begun))
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

    def _stage(self, document: Document, fact: ChangeEvent) -> None:
        require_readable(document)
        self.staged[ref_of(document)] = document
        self.change_events.append(fact)
