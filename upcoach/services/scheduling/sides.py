"""Both copies of a session, as a write sees and changes them."""

from collections.abc import Sequence

from models.access.scope import Scope
from models.scheduling import CoachingSession, Sides
from upcoach.services.base.resources import write_outcome
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.errors import not_found
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref


def side_ref(scope: Scope, name: str) -> Ref:
    """The caller's copy of the session *name*."""
    return Ref(CoachingSession, scope.user, name)


def sides_of(changes: WriteContext, scope: Scope, name: str) -> Sides:
    """Both copies of the session *name*, of which the caller has one; or `NotFound`.

    The other one's is read when it is known that there is the caller's own.
    """
    own = changes.get(CoachingSession, scope.user, name)
    others: Sequence[object] = changes.find_refs([Ref(CoachingSession, own.other, name)])
    if not others or not isinstance(others[0], CoachingSession):
        raise not_found()
    other = others[0]
    return Sides(own, other) if own.role == "coach" else Sides(other, own)


def kept(
    changes: WriteContext, scope: Scope, before: Sides, after: Sides
) -> Outcome[CoachingSession]:
    """Write what is changed of *after*; the outcome is the caller's copy."""
    for copy, changed in zip(before, after, strict=True):
        if changed is not copy:
            changes.update(copy, changed)
    return write_outcome("updated", after.of(scope.user))
