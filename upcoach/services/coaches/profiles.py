"""The profiles of coaches, as their coaches write them."""

from collections.abc import Callable

import msgspec

from models.access.scope import Scope
from models.base.merge_patch import Json, merged
from models.base.versions.version_conditions import needs_document
from models.coaches import CoachListing, CoachProfile, CoachProfileDraft, profile_id
from upcoach.services.base.merging import Edit, edited, require_version
from upcoach.services.base.resources import deletion_outcome, write_outcome
from upcoach.services.base.rules import revising
from upcoach.services.base.time_zones import account_ref, zone_of_owner
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import MissingDocument
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.refs import BaseVersion, Ref
from upcoach.store.write.requests import Decide, Mutation, Write

_revised = revising(CoachProfileDraft, CoachProfile.revised)
Change = Callable[[WriteContext, CoachProfile], CoachProfile]


class CoachProfiles:
    """The callers' own profiles."""

    def __init__(self, documents: Documents, committer: Committer) -> None:
        self._documents = documents
        self._committer = committer

    async def get(self, scope: Scope) -> CoachProfile:
        """The caller's profile."""
        return await self._documents.get(CoachProfile, scope.user, profile_id(scope.user))

    async def put(
        self,
        scope: Scope,
        draft: CoachProfileDraft,
        base: int | None,
        mutation: Mutation | None = None,
        *,
        lacks_zone: bool = False,
    ) -> WriteResult[CoachProfile]:
        """Make the caller's profile, or replace all of what they say in it.

        A draft that *lacks a zone* takes its owner's.
        """

        def decide(changes: WriteContext) -> Outcome[CoachProfile]:
            before = changes.find(CoachProfile, scope.user, profile_id(scope.user))
            wanted = (
                msgspec.structs.replace(draft, tz=zone_of_owner(changes, scope))
                if lacks_zone
                else draft
            )
            if before is None:
                if needs_document(base):
                    raise MissingDocument(profile_ref(scope.user))
                made = CoachProfile.drafted(wanted, owner=scope.user, at=changes.at)
                return write_outcome("created", changes.create(made))
            if base is not None:
                require_version(before, base, mutation)
            after = before.revised(wanted, changes.at)
            return save(changes, before, before if _is_same(before, after) else after)

        return await self._submit(scope, decide, mutation)

    async def change(
        self, scope: Scope, patch: Json, base: int, mutation: Mutation | None = None
    ) -> WriteResult[CoachProfile]:
        """Apply a merge patch to version *base*, merged with what was written since."""

        def decide(changes: WriteContext) -> Outcome[CoachProfile]:
            before = changes.get(CoachProfile, scope.user, profile_id(scope.user))
            zone = {"tz": zone_of_owner(changes, scope)} if patch.get("tz", "") is None else {}
            edit: Edit[CoachProfile] = Edit(
                base=base,
                mutation=mutation,
                wanted=lambda fields: zone | merged(fields, patch),
                revised=lambda document, fields: _revised(document, fields, changes.at),
            )
            after, places = edited(changes, before, edit)
            return save(changes, before, after, places)

        base_version = None if mutation is None else BaseVersion(profile_ref(scope.user), base)
        return await self._submit(scope, decide, mutation, base_version)

    async def submit(
        self, scope: Scope, mutation: Mutation | None = None
    ) -> WriteResult[CoachProfile]:
        """Hand the caller's profile to the operators, who verify it."""
        return await self._move(scope, CoachProfile.submitted, mutation)

    async def withdraw(
        self, scope: Scope, mutation: Mutation | None = None
    ) -> WriteResult[CoachProfile]:
        """Make the caller's profile a draft again, which nobody finds."""
        return await self._move(scope, CoachProfile.withdrawn, mutation)

    async def delete(
        self, scope: Scope, base: int | None = None, mutation: Mutation | None = None
    ) -> WriteResult[CoachProfile | None]:
        """Delete the caller's profile, and what others find of it."""

        def decide(changes: WriteContext) -> Outcome[CoachProfile | None]:
            before = changes.get_any(CoachProfile, scope.user, profile_id(scope.user))
            if base is not None:
                require_version(before, base, mutation)
            changes.delete(before)
            unlist(changes, scope.user)
            return deletion_outcome(before)

        write: Write[CoachProfile | None] = Write(
            scope=scope, reads=profile_refs(scope.user), decide=decide, mutation=mutation
        )
        return await self._committer.submit(write)

    async def _move(
        self,
        scope: Scope,
        moved: Callable[..., CoachProfile],
        mutation: Mutation | None,
    ) -> WriteResult[CoachProfile]:
        def decide(changes: WriteContext) -> Outcome[CoachProfile]:
            before = changes.get(CoachProfile, scope.user, profile_id(scope.user))
            return save(changes, before, moved(before, changes.at))

        return await self._submit(scope, decide, mutation)

    async def _submit(
        self,
        scope: Scope,
        decide: Decide[CoachProfile],
        mutation: Mutation | None,
        base: BaseVersion | None = None,
    ) -> WriteResult[CoachProfile]:
        reads = (*profile_refs(scope.user), account_ref(scope))
        return await self._committer.submit(
            Write(scope=scope, reads=reads, decide=decide, mutation=mutation, base=base)
        )


def profile_ref(coach: str) -> Ref:
    """The profile of *coach*."""
    return Ref(CoachProfile, coach, profile_id(coach))


def profile_refs(coach: str) -> tuple[Ref, ...]:
    """The profile of *coach*, and what others find of it."""
    return profile_ref(coach), Ref(CoachListing, coach, coach)


def save(
    changes: WriteContext,
    before: CoachProfile,
    after: CoachProfile,
    places: tuple[str, ...] = (),
) -> Outcome[CoachProfile]:
    """Replace a profile, and keep what others find as it says; see `profile_refs`."""
    if after is before:
        return write_outcome("unchanged", before, places)
    kept = changes.update(before, after)
    if kept.is_found:
        listing = changes.find(CoachListing, kept.owner, kept.owner)
        changes.keep(CoachListing.of(kept, listing))
    else:
        unlist(changes, kept.owner)
    return write_outcome("updated", kept, places)


def unlist(changes: WriteContext, coach: str) -> None:
    """Delete what others find of *coach*, readable or not."""
    listing = changes.find(CoachListing, coach, coach)
    standing = listing or changes.broken(CoachListing, coach, coach)
    if standing is not None:
        changes.drop(standing)


def _is_same(before: CoachProfile, after: CoachProfile) -> bool:
    return before.to_draft() == after.to_draft()
