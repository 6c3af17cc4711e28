"""Sessions after they are booked: listed, annotated, and brought to their end."""

import datetime as dt
from collections.abc import Callable

from models.access.scope import Scope
from models.scheduling import (
    CoachingSession,
    CompletionDraft,
    NewSession,
    RatingDraft,
    ReasonDraft,
    Role,
    SessionNotesDraft,
    Sides,
    transitions,
)
from upcoach.services.base.resources import Resources
from upcoach.services.base.rules import Rules, made_elsewhere, revising
from upcoach.services.scheduling.sides import kept, side_ref, sides_of
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.requests import Mutation, Write

Transition = Callable[[Sides, Role, dt.datetime], Sides]


class CoachingSessions(Resources[CoachingSession, NewSession]):
    """Somebody's sessions, as a coach or as a client."""

    rules = Rules(
        kind=CoachingSession,
        drafted=made_elsewhere,
        revised=revising(SessionNotesDraft, CoachingSession.revised),
    )

    async def confirm(
        self, scope: Scope, name: str, mutation: Mutation | None = None
    ) -> WriteResult[CoachingSession]:
        """Take a booking that waits for that."""
        return await self._turn(scope, name, mutation, transitions.confirmed)

    async def decline(
        self, scope: Scope, name: str, draft: ReasonDraft, mutation: Mutation | None = None
    ) -> WriteResult[CoachingSession]:
        """Decline a booking that waits for confirmation."""

        def decline(sides: Sides, by: Role, at: dt.datetime) -> Sides:
            return transitions.declined(sides, by, draft.reason, at)

        return await self._turn(scope, name, mutation, decline)

    async def cancel(
        self, scope: Scope, name: str, draft: ReasonDraft, mutation: Mutation | None = None
    ) -> WriteResult[CoachingSession]:
        """Cancel a session."""

        def cancel(sides: Sides, by: Role, at: dt.datetime) -> Sides:
            return transitions.cancelled(sides, by, draft.reason, at)

        return await self._turn(scope, name, mutation, cancel)

    async def start(
        self, scope: Scope, name: str, mutation: Mutation | None = None
    ) -> WriteResult[CoachingSession]:
        """Begin a session."""
        return await self._turn(scope, name, mutation, transitions.started)

    async def complete(
        self, scope: Scope, name: str, draft: CompletionDraft, mutation: Mutation | None = None
    ) -> WriteResult[CoachingSession]:
        """End a session, with what its client takes home."""

        def complete(sides: Sides, by: Role, at: dt.datetime) -> Sides:
            return transitions.completed(sides, by, draft, at)

        return await self._turn(scope, name, mutation, complete)

    async def miss(
        self, scope: Scope, name: str, mutation: Mutation | None = None
    ) -> WriteResult[CoachingSession]:
        """Say that the other one did not come."""
        return await self._turn(scope, name, mutation, transitions.missed)

    async def rate(
        self, scope: Scope, name: str, draft: RatingDraft, mutation: Mutation | None = None
    ) -> WriteResult[CoachingSession]:
        """Rate a session that is over."""

        def rate(sides: Sides, by: Role, at: dt.datetime) -> Sides:
            return transitions.rated(sides, by, draft, at)

        return await self._turn(scope, name, mutation, rate)

    async def _turn(
        self, scope: Scope, name: str, mutation: Mutation | None, turn: Transition
    ) -> WriteResult[CoachingSession]:
        """Write what becomes of both copies."""

        def decide(changes: WriteContext) -> Outcome[CoachingSession]:
            before = sides_of(changes, scope, name)
            after = turn(before, before.of(scope.user).role, changes.at)
            return kept(changes, scope, before, after)

        write = Write(scope=scope, reads=(side_ref(scope, name),), decide=decide, mutation=mutation)
        return await self._committer.submit(write)
