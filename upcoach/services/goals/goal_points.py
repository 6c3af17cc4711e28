"""Progress points of goals: each updates what it measures, in whatever order they come."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from models.access.scope import Scope
from models.base.errors import Conflict, invalid_field
from models.base.versions.version_conditions import needs_document
from models.goals import Goal, GoalPoint, PointDraft
from models.goals.goal_point import point_id
from upcoach.services.base.merging import require_version
from upcoach.services.base.resources import deletion_outcome, write_outcome
from upcoach.services.goals.goals import SERIES, Goals
from upcoach.store.base.broken_documents import BrokenDocument
from upcoach.store.collections.documents import Documents, Selection
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import MissingDocument, NeedsLookup, StalePrecondition
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Mutation, Write

MOST: Final = 10_000  # points of one goal


class GoalPoints:
    """The progress points of people's goals."""

    def __init__(self, documents: Documents, committer: Committer, goals: Goals) -> None:
        self._documents = documents
        self._committer = committer
        self._goals = goals

    async def page(self, scope: Scope, goal_id: str, wanted: Selection) -> list[GoalPoint]:
        """Points of one goal, by when they were taken."""
        await self._goals.get(scope, goal_id)
        return await self._documents.select(GoalPoint, scope.user, wanted)

    async def set(
        self,
        scope: Scope,
        goal_id: str,
        point: str,
        draft: PointDraft,
        base: int | None = None,
        mutation: Mutation | None = None,
    ) -> WriteResult[GoalPoint | None]:
        """Set the point *point* to *draft*; the same again changes nothing."""

        def decide(changes: WriteContext, goal: Goal, before: GoalPoint | None) -> GoalPoint | None:
            _require_measurable(goal, draft)
            if before is None:
                if needs_document(base):
                    raise MissingDocument(Ref(GoalPoint, scope.user, point_id(goal_id, point)))
                if goal.points >= MOST:
                    raise Conflict("points_too_many", f"A goal has {MOST} points at most.")
                return GoalPoint.drafted(
                    draft, owner=scope.user, goal=goal_id, point=point, at=changes.at
                )
            if base is not None:
                require_version(before, base, mutation)
            if before.key_result != draft.key_result:
                words = "A point stays with what it measured."
                raise invalid_field("/key_result", "key_result_fixed", words)
            after = before.revised(draft, changes.at)
            return before if after.to_draft() == before.to_draft() else after

        return await self._move(scope, goal_id, point, decide, mutation)

    async def delete(
        self,
        scope: Scope,
        goal_id: str,
        point: str,
        base: int | None = None,
        mutation: Mutation | None = None,
    ) -> WriteResult[GoalPoint | None]:
        """Delete a point: what it measured goes back to the newest of the others."""

        def decide(changes: WriteContext, _goal: Goal, _before: GoalPoint | None) -> None:
            before = changes.get_any(GoalPoint, scope.user, point_id(goal_id, point))
            if base is not None:
                require_version(before, base, mutation)

        return await self._move(scope, goal_id, point, decide, mutation)

    async def _move(
        self,
        scope: Scope,
        goal_id: str,
        point: str,
        decided: "Decided",
        mutation: Mutation | None,
    ) -> WriteResult[GoalPoint | None]:
        goal_ref = Ref(Goal, scope.user, goal_id)
        own_ref = Ref(GoalPoint, scope.user, point_id(goal_id, point))
        following = SERIES.reads(scope.user, goal_id)
        others: Others | None = None

        async def look() -> None:
            nonlocal others
            others = await self._others(scope, goal_id, own_ref.id)

        def decide(changes: WriteContext) -> Outcome[GoalPoint | None]:
            goal = changes.get(Goal, scope.user, goal_id)
            before = changes.find(GoalPoint, scope.user, own_ref.id)
            after = decided(changes, goal, before)
            if after is not None and after is before:
                return write_outcome("unchanged", after)
            broken = changes.broken(*own_ref)
            counted = goal.without_a_point() if broken else goal
            try:
                moved = _moved(counted, before, after, others, changes.at)
            except StalePrecondition:
                raise NeedsLookup(look) from None
            done = _kept(changes, before or broken, after)
            changes.update(goal, moved)
            SERIES.go_on(changes, goal, moved)
            return done

        write = Write(
            scope=scope, reads=(goal_ref, own_ref, *following), decide=decide, mutation=mutation
        )
        return await self._committer.submit(write)

    async def _others(self, scope: Scope, goal_id: str, but: str) -> "Others":
        """The newest point of each series of a goal but one point, as of a version of the goal."""
        goal = await self._goals.get(scope, goal_id)
        newest = {}
        for name in ("", *goal.key_results):
            wanted = Selection(
                order="at",
                where={"goal": goal_id, "key_result": name or None},
                descending=True,
                limit=2,
            )
            newest_points = await self._documents.select(GoalPoint, scope.user, wanted)
            newest[name] = next((point for point in newest_points if point.id != but), None)
        return Others(goal.version, newest)


class Others(NamedTuple):
    """The newest point of each series of a goal, but one, when the goal was at *version*."""

    version: int
    newest: Mapping[str, GoalPoint | None]


Decided = Callable[[WriteContext, Goal, GoalPoint | None], GoalPoint | None]


def _kept(
    changes: WriteContext, before: GoalPoint | BrokenDocument | None, after: GoalPoint | None
) -> Outcome[GoalPoint | None]:
    """Replace *before* by *after*, and return the outcome."""
    if after is None:
        assert before is not None
        changes.delete(before)
        return deletion_outcome(before)
    if before is None or isinstance(before, BrokenDocument):
        return write_outcome("created", changes.create(after))
    changes.update(before, after)
    return write_outcome("updated", after)


def _moved(
    goal: Goal,
    before: GoalPoint | None,
    after: GoalPoint | None,
    others: Others | None,
    at: dt.datetime,
) -> Goal:
    """Update *goal* where the point *after* has replaced *before*.

    The *others* are needed only where the goal itself does not tell: when the newest one of all is
    deleted, moves, or is not alone at its moment.
    """
    point_moved = after or before
    if point_moved is None:  # a point that cannot be read was taken back
        return goal.counted(goal.points, None, None, at)
    name = point_moved.key_result or ""
    points = goal.points + (after is not None) - (before is not None)
    if name and name not in goal.key_results:  # the key result is gone, its points are history
        return goal.counted(points, None, None, at)
    last = goal.measured.get(name)
    moments = [point.at for point in (before, after) if point is not None]
    if last is None or (before is None and moments[0] > last):
        newest = after
    elif all(moment < last for moment in moments):
        return goal.counted(points, None, None, at)
    elif others is None or others.version != goal.version:
        raise StalePrecondition
    else:
        rivals = [point for point in (after, others.newest[name]) if point is not None]
        newest = max(rivals, key=lambda point: (point.at, point.id), default=None)
    newest_value = None if newest is None else (newest.value, newest.at)
    return goal.counted(points, name, newest_value, at)


def _require_measurable(goal: Goal, draft: PointDraft) -> None:
    """Refuse a point of what *goal* does not have."""
    if draft.key_result is not None:
        if draft.key_result not in goal.key_results:
            raise invalid_field(
                "/key_result", "key_result_unknown", "The goal has no such key result."
            )
    elif goal.has_parts:
        raise invalid_field(
            "/key_result", "progress_derived", "Its progress follows from its parts."
        )
    elif not 0 <= draft.value <= 1:
        raise invalid_field(
            "/value", "value_out_of_range", "Of a goal itself: a share from 0 to 1."
        )
