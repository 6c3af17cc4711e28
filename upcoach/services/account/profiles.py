"""Profiles: what people write of their own accounts."""

from models.access.scope import Scope
from models.account import User
from models.account.user import Profile
from models.base.merge_patch import Json, merged
from upcoach.services.base.merging import Edit, edited
from upcoach.services.base.resources import write_outcome
from upcoach.services.base.rules import revising
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.refs import BaseVersion, Ref
from upcoach.store.write.requests import Mutation, Write

_revised = revising(Profile, User.revised)


class Profiles:
    """The names, zones and languages of people."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer

    async def change(
        self, scope: Scope, patch: Json, base: int, mutation: Mutation | None = None
    ) -> WriteResult[User]:
        """Apply a merge patch to version *base* of the caller's account."""
        ref = Ref(User, scope.user, scope.user)

        def decide(changes: WriteContext) -> Outcome[User]:
            before = changes.get(User, scope.user, scope.user)
            edit: Edit[User] = Edit(
                base=base,
                mutation=mutation,
                wanted=lambda fields: merged(fields, patch),
                revised=lambda user, fields: _revised(user, fields, changes.at),
            )
            after, places = edited(changes, before, edit)
            if after is before:
                return write_outcome("unchanged", before, places)
            return write_outcome("updated", changes.update(before, after), places)

        return await self._committer.submit(
            Write(
                scope=scope,
                reads=(ref,),
                decide=decide,
                base=None if mutation is None else BaseVersion(ref, base),
                mutation=mutation,
            )
        )
