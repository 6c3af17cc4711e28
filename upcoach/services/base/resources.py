"""CRUD for documents: created, read, changed and deleted by their owner."""

from typing import Generic, TypeVar

import msgspec

from models.access.scope import Scope
from models.base.document import Document
from models.base.errors import Conflict, Invalid
from models.base.merge_patch import Json
from upcoach.services.base.merging import Edit, edited, require_version
from upcoach.services.base.rules import DraftWithId, Rules
from upcoach.services.base.time_zones import account_ref, zone_of_owner
from upcoach.store.collections.documents import Documents, Selection
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import not_found
from upcoach.store.write.outcomes import Outcome, Verb, WriteResult
from upcoach.store.write.refs import BaseVersion, Ref
from upcoach.store.write.requests import Decide, Mutation, Write

D = TypeVar("D", bound=Document)
W = TypeVar("W", bound=Document | Json | None)
N = TypeVar("N", bound=DraftWithId)


class Resources(Generic[D, N]):
    """Documents of one kind, each owned and written by one person, as its *rules* say."""

    rules: Rules[D, N]

    def __init__(self, documents: Documents, committer: Committer) -> None:
        self._documents = documents
        self._committer = committer

    async def get(self, scope: Scope, document_id: str) -> D:
        """One of the caller's documents."""
        return await self._documents.get(self.rules.kind, scope.user, document_id)

    async def page(self, scope: Scope, *, after: str = "", limit: int = 100) -> list[D]:
        """The caller's documents in the order in which they were made."""
        return await self._documents.page(self.rules.kind, scope.user, after=after, limit=limit)

    async def select(self, scope: Scope, wanted: Selection) -> list[D]:
        """The caller's documents that *wanted* describes."""
        return await self._documents.select(self.rules.kind, scope.user, wanted)

    async def create(
        self,
        scope: Scope,
        draft: N,
        mutation: Mutation | None = None,
        *,
        is_fresh: bool = False,
        lacks_zone: bool = False,
    ) -> WriteResult[D]:
        """Create a document; an id that is in use already is a `Conflict`.

        It *is fresh* when it was made for this draft, and not chosen by whoever sent that.  A draft
        that *lacks a zone* takes its owner's.
        """
        lacks_zone = lacks_zone and self.rules.in_zone

        def decide(changes: WriteContext) -> Outcome[D]:
            if changes.holds(self.rules.kind, scope.user, draft.id):
                raise Conflict("id_taken", "There is already a document with this id.")
            placed = (
                msgspec.structs.replace(draft, tz=zone_of_owner(changes, scope))  # type: ignore[type-var]
                if lacks_zone
                else draft
            )
            made = self.rules.drafted(placed, owner=scope.user, at=changes.at)
            document = changes.create(made)
            self._apply(changes, None, document)
            return write_outcome("created", document)

        reads = (*self._reads(scope, draft.id, draft), *([account_ref(scope)] * lacks_zone))
        # With its id, those are new that follow from it: the next one of its series.
        fresh = tuple(ref for ref in reads if is_fresh and ref.kind is self.rules.kind)
        return await self._submit(scope, reads, decide, mutation, fresh=fresh)

    async def change(
        self,
        scope: Scope,
        document_id: str,
        patch: Json,
        base: int,
        mutation: Mutation | None = None,
    ) -> WriteResult[D]:
        """Apply a merge patch to version *base*, merged with what others wrote since."""
        lacks_zone = self.rules.lacks_zone(patch)

        def decide(changes: WriteContext) -> Outcome[D]:
            before = self._find(changes, scope, document_id)
            zone = {"tz": zone_of_owner(changes, scope)} if lacks_zone else {}
            edit = Edit(
                base=base,
                mutation=mutation,
                wanted=lambda fields: zone | self.rules.patched(fields, patch),
                revised=lambda document, fields: self.rules.revised(document, fields, changes.at),
            )
            after, places = edited(changes, before, edit)
            return self._replace(changes, before, after, places)

        base_version = (
            None if mutation is None else BaseVersion(self._ref(scope, document_id), base)
        )
        reads = (*self._reads(scope, document_id, patch), *([account_ref(scope)] * lacks_zone))
        return await self._submit(scope, reads, decide, mutation, base=base_version)

    async def delete(
        self,
        scope: Scope,
        document_id: str,
        base: int | None = None,
        mutation: Mutation | None = None,
    ) -> WriteResult[D | None]:
        """Delete a document and its children."""
        children, effect = self.rules.children, self.rules.on_delete

        def decide(changes: WriteContext) -> Outcome[None]:
            document = changes.get_any(self.rules.kind, scope.user, document_id)
            if base is not None:
                require_version(document, base, mutation)
            changes.delete(document, children=children)
            if effect is not None:
                effect.apply(changes, document)
            return deletion_outcome(document)

        beside = () if effect is None else effect.reads(scope.user, document_id)
        reads = (self._ref(scope, document_id), *beside)
        sweeps = (Ref(children, scope.user, document_id),) if children else ()
        return await self._submit(scope, reads, decide, mutation, sweeps=sweeps)

    def _find(
        self,
        changes: WriteContext,
        scope: Scope,
        document_id: str,
        base: int | None = None,
        mutation: Mutation | None = None,
    ) -> D:
        """The document that is to be changed, at the version *base* if there is one."""
        document = changes.get(self.rules.kind, scope.user, document_id)
        if not self.rules.is_there(document, changes.at):
            raise not_found()
        if base is not None:
            require_version(document, base, mutation)
        return document

    def _replace(
        self, changes: WriteContext, before: D, after: D, places: tuple[str, ...] = ()
    ) -> Outcome[D]:
        """Replace *before* by *after*, with the effects of the rules.

        *places* are where others' edits are in it.
        """
        if after is before:
            return write_outcome("unchanged", before, places)
        kept = changes.update(before, after)
        self._apply(changes, before, kept)
        return write_outcome("updated", kept, places)

    def _apply(self, changes: WriteContext, before: D | None, after: D) -> None:
        if self.rules.on_write is not None:
            self.rules.on_write.apply(changes, before, after)

    def _ref(self, scope: Scope, document_id: str) -> Ref:
        return Ref(self.rules.kind, scope.user, document_id)

    def _reads(self, scope: Scope, document_id: str, draft: N | Json) -> tuple[Ref, ...]:
        """The refs that a write with *draft*, or a patch, has to read."""
        effect = self.rules.on_write
        beside = () if effect is None else effect.reads(scope.user, document_id, draft)
        return (self._ref(scope, document_id), *beside)

    async def _submit(
        self,
        scope: Scope,
        reads: tuple[Ref, ...],
        decide: Decide[W],
        mutation: Mutation | None,
        *,
        sweeps: tuple[Ref, ...] = (),
        base: BaseVersion | None = None,
        fresh: tuple[Ref, ...] = (),
    ) -> WriteResult[W]:
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


def write_outcome(verb: Verb, document: D, merged: tuple[str, ...] = ()) -> Outcome[D]:
    """The outcome of a write that leaves *document*."""
    return Outcome(verb=verb, document=document, version=document.version, merged=merged)


def deletion_outcome(document: Document) -> Outcome[None]:
    """The outcome of a write that has deleted *document*."""
    return Outcome(verb="deleted", document=None, version=document.version + 1)


def require_object(patch: object) -> Json:
    """*patch* as a JSON object, or `Invalid`."""
    if not isinstance(patch, dict):
        raise Invalid("body_invalid", "A merge patch is a JSON object (RFC 7396).")
    return patch
