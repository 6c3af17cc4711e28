"""When coaches can be booked: read and changed by the coach, one document each."""

import msgspec

from models.access.scope import Scope
from models.account import User
from models.base.merge_patch import Json, merged
from models.base.validation import checked
from models.base.versions.version_conditions import needs_document
from models.scheduling import Availability, AvailabilityDraft, availability_id
from upcoach.services.base.merging import Edit, edited
from upcoach.services.base.resources import write_outcome
from upcoach.services.base.rules import revising
from upcoach.services.base.time_zones import account_ref, zone_of_owner
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import MissingDocument
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.refs import BaseVersion, Ref
from upcoach.store.write.requests import Mutation, Write

_revised = revising(AvailabilityDraft, Availability.revised)


class Availabilities:
    """When coaches can be booked, for what, and by whom."""

    def __init__(self, documents: Documents, committer: Committer) -> None:
        self._documents = documents
        self._committer = committer

    async def get(self, scope: Scope) -> Availability:
        """The caller's availability, or the defaults, at version 0, if they never wrote any."""
        name = availability_id(scope.user)
        found = await self._documents.find_many(Availability, scope.user, [name])
        if found:
            return found[0]
        user = await self._documents.get(User, scope.user, scope.user)
        return Availability.default(user.owner, user.tz, user.created_at)

    async def change(
        self, scope: Scope, patch: Json, base: int | None, mutation: Mutation | None = None
    ) -> WriteResult[Availability]:
        """Apply a merge patch to version *base*, or to what holds now; the first one makes it."""
        ref = Ref(Availability, scope.user, availability_id(scope.user))

        def decide(changes: WriteContext) -> Outcome[Availability]:
            before = changes.find(Availability, ref.owner, ref.id)
            if before is None:
                if needs_document(base):
                    raise MissingDocument(ref)
                return write_outcome("created", changes.create(_first(changes, scope, patch)))
            edit: Edit[Availability] = Edit(
                base=before.version if base is None else base,
                mutation=mutation,
                wanted=lambda fields: merged(fields, patch),
                revised=lambda document, fields: _revised(document, fields, changes.at),
            )
            after, places = edited(changes, before, edit)
            if after is before:
                return write_outcome("unchanged", before, places)
            return write_outcome("updated", changes.update(before, after), places)

        return await self._committer.submit(
            Write(
                scope=scope,
                reads=(ref, account_ref(scope)),
                decide=decide,
                base=None if mutation is None or base is None else BaseVersion(ref, base),
                mutation=mutation,
            )
        )


def _first(changes: WriteContext, scope: Scope, patch: Json) -> Availability:
    """The availability that a patch of the defaults makes, in its coach's zone without another."""
    defaults = msgspec.to_builtins(AvailabilityDraft(tz=zone_of_owner(changes, scope)))
    draft = checked(merged(defaults, patch), AvailabilityDraft)
    return Availability.drafted(draft, owner=scope.user, at=changes.at)
