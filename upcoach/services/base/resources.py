"""What all resources have in common: they are made, read, changed and deleted by their owner."""

import abc
import datetime as dt
from typing import Generic, Protocol, TypeVar

from models.access.scope import Scope
from models.base.document import Document, public
from models.base.errors import Conflict, Invalid
from models.base.merge_patch import Json, merged
from upcoach.services.base.merging import Edit, edited, require_version
from upcoach.store.collections.documents import Documents, Selection
from upcoach.store.write.changes import Changes
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome, Verb
from upcoach.store.write.refs import BaseVersion, Ref
from upcoach.store.write.requests import Decide, Mutation, Write


class Named(Protocol):
    """A draft with the id of what it makes."""

    @property
    def id(self) -> str:
        """The id, which the client may have chosen."""


D = TypeVar("D", bound=Document)
N = TypeVar("N", bound=Named)


class Resources(abc.ABC, Generic[D, N]):
    """Documents of one kind, each owned and written by one person."""

    kind: type[D]
    children: type[Document] | None = None  # what is deleted with a document of this kind

    def __init__(self, documents: Documents, committer: Committer) -> None:
        self._documents = documents
        self._committer = committer

    @abc.abstractmethod
    def _drafted(self, draft: N, owner: str, at: dt.datetime) -> D:
        """The document that *draft* makes."""

    @abc.abstractmethod
    def _revised(self, document: D, fields: Json, at: dt.datetime) -> D:
        """*document* with *fields* in the place of what a person may write of it."""

    async def get(self, scope: Scope, document_id: str) -> D:
        """One of the caller's documents."""
        return await self._documents.get(self.kind, scope.user, document_id)

    async def page(self, scope: Scope, *, after: str = "", limit: int = 100) -> list[D]:
        """The caller's documents in the order in which they were made."""
        return await self._documents.page(self.kind, scope.user, after=after, limit=limit)

    async def select(self, scope: Scope, wanted: Selection) -> list[D]:
        """The caller's documents that *wanted* describes."""
        return await self._documents.select(self.kind, scope.user, wanted)

    async def create(
        self, scope: Scope, draft: N, mutation: Mutation | None = None, *, is_fresh: bool = False
    ) -> Outcome:
        """Make a document; an id that is in use already is a `Conflict`.

        It *is fresh* when it was made for this draft, and not chosen by whoever sent that.
        """

        def decide(changes: Changes) -> Outcome:
            if changes.holds(self.kind, scope.user, draft.id):
                raise Conflict("id_taken", "There is a document under this id already.")
            document = changes.create(self._drafted(draft, scope.user, changes.at))
            self._stored(changes, None, document)
            return outcome("created", document)

        reads = (self._ref(scope, draft.id), *self._beside(scope, draft.id, draft))
        # With its id, those are new that follow from it: the next one of its series.
        fresh = tuple(ref for ref in reads if is_fresh and ref.kind is self.kind)
        return await self._submit(scope, reads, decide, mutation, fresh=fresh)

    async def change(
        self,
        scope: Scope,
        document_id: str,
        patch: Json,
        base: int,
        mutation: Mutation | None = None,
    ) -> Outcome:
        """Apply a merge patch to version *base*, merged with what others wrote since."""

        def decide(changes: Changes) -> Outcome:
            before = self._found(changes, scope, document_id)
            edit = Edit(
                base=base,
                mutation=mutation,
                wanted=lambda known: self._wanted(known, patch),
                revised=lambda document, fields: self._revised(document, fields, changes.at),
            )
            after, places = edited(changes, before, edit)
            if after is before:
                return outcome("unchanged", before, places)
            changes.update(before, after)
            self._stored(changes, before, after)
            return outcome("updated", after, places)

        ref = self._ref(scope, document_id)
        known = None if mutation is None else BaseVersion(ref, base)
        reads = (ref, *self._beside(scope, document_id, patch))
        return await self._submit(scope, reads, decide, mutation, base=known)

    async def delete(
        self,
        scope: Scope,
        document_id: str,
        base: int | None = None,
        mutation: Mutation | None = None,
    ) -> Outcome:
        """Delete a document, and all that stands below it."""

        def decide(changes: Changes) -> Outcome:
            document = changes.get_any(self.kind, scope.user, document_id)
            if base is not None:
                require_version(document, base, mutation)
            changes.delete(document, children=self.children)
            self._deleted(changes, document)
            return Outcome(verb="deleted", version=document.version + 1)

        reads = (self._ref(scope, document_id), *self._companions(scope, document_id))
        sweeps = (Ref(self.children, scope.user, document_id),) if self.children else ()
        return await self._submit(scope, reads, decide, mutation, sweeps=sweeps)

    def _wanted(self, known: Json, patch: Json) -> Json:
        """The fields that *patch* asks for of a document with the fields *known*."""
        fields: Json = merged(known, patch)
        return fields

    def _companions(self, _scope: Scope, _document_id: str) -> tuple[Ref, ...]:
        """The documents that `_deleted` has to see."""
        return ()

    def _deleted(self, changes: Changes, document: Document) -> None:
        """What else goes when *document* goes."""

    def _found(self, changes: Changes, scope: Scope, document_id: str) -> D:
        """The document that is to be changed, or `NotFound`."""
        return changes.get(self.kind, scope.user, document_id)

    def _beside(self, _scope: Scope, _document_id: str, _asked: N | Json) -> tuple[Ref, ...]:
        """The documents that `_stored` has to see when a draft or a patch is *asked* for."""
        return ()

    def _stored(self, changes: Changes, before: D | None, after: D) -> None:
        """What else changes when *after* takes the place of *before*."""

    def _ref(self, scope: Scope, document_id: str) -> Ref:
        return Ref(self.kind, scope.user, document_id)

    async def _submit(
        self,
        scope: Scope,
        reads: tuple[Ref, ...],
        decide: Decide,
        mutation: Mutation | None,
        *,
        sweeps: tuple[Ref, ...] = (),
        base: BaseVersion | None = None,
        fresh: tuple[Ref, ...] = (),
    ) -> Outcome:
        write = Write(
            scope=scope,
            reads=reads,
            decide=decide,
            sweeps=sweeps,
            base=base,
            mutation=mutation,
            fresh=fresh,
        )
        return await self._committer.submit(write)


def outcome(verb: Verb, document: Document, merged: tuple[str, ...] = ()) -> Outcome:
    """The outcome whose body is *document* as its owner sees it."""
    return Outcome(verb=verb, version=document.version, body=public(document), merged=merged)


def require_object(patch: object) -> Json:
    """*patch* as a JSON object, or `Invalid`."""
    if not isinstance(patch, dict):
        raise Invalid("body_invalid", "A merge patch is a JSON object (RFC 7396).")
    return patch
