"""Goals: created, changed, undone, deleted, assessed and counted."""

import collections
import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from models.access.scope import Scope
from models.base.errors import Conflict, Invalid, invalid_field
from models.base.merge_patch import Json, merged
from models.goals import Goal, GoalDraft, GoalPoint, NewGoal
from models.goals.outlook import Outlook, outlook
from models.goals.smart import SmartScore, smart_score
from upcoach.services.base.merging import undone
from upcoach.services.base.resources import Resources
from upcoach.services.base.rules import Rules, WriteEffect, revising
from upcoach.services.base.series import Series
from upcoach.services.base.versions import DocumentHistory
from upcoach.store.aggregates.counts import GoalTally, Tallies
from upcoach.store.base.pacing import paced
from upcoach.store.collections.documents import Documents, Selection
from upcoach.store.log.event_log import EventLog
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.refs import BaseVersion, Edges
from upcoach.store.write.requests import Mutation

WEIGHTS: Final = {"low": 1, "medium": 2, "high": 3}


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from a goal on a day.

    Attributes
    ----------
    blocked_by
        The goals that it depends on and that are not completed.
    goal
        The goal.
    smart
        How SMART it is.
    outlook
        Where it is going.
    blocked
        Whether it waits for other goals.

    """

    goal: str
    smart: SmartScore
    outlook: Outlook
    blocked: bool
    blocked_by: tuple[str, ...]


class GoalOverview(msgspec.Struct, frozen=True, kw_only=True):
    """How many goals there are, archived ones not counted.

    Attributes
    ----------
    overdue
        Those active ones whose target date is past.
    completion_rate
        Completed ones of all that came to an end or should have: null before there is any.
    mean_progress
        Of active goals, weighted by priority (high 3, medium 2, low 1); null without any.
    total
        How many there are.
    active
        How many are active.
    paused
        How many are paused.
    completed
        How many are completed.
    cancelled
        How many are cancelled.

    """

    total: int
    active: int
    paused: int
    completed: int
    cancelled: int
    overdue: int
    completion_rate: float | None
    mean_progress: float | None


class GoalGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The same for the goals of one priority or category.

    Attributes
    ----------
    name
        What the goals have in common.
    overview
        How many there are.

    """

    name: str
    overview: GoalOverview


class GoalStats(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of somebody's goals.

    Attributes
    ----------
    overview
        All goals together.
    by_priority
        The goals of each priority.
    by_category
        The goals of each category.

    """

    overview: GoalOverview
    by_priority: list[GoalGroup]
    by_category: list[GoalGroup]


def _drafted(draft: NewGoal, /, *, owner: str, at: dt.datetime) -> Goal:
    if draft.progress and (draft.key_results or draft.milestones):
        raise _progress_derived()
    return Goal.drafted(draft, owner=owner, at=at)


def _patched(current: Json, patch: Json) -> Json:
    fields: Json = merged(current, patch)
    if "progress" in patch and (fields.get("key_results") or fields.get("milestones")):
        raise _progress_derived()
    return fields


def _revised(goal: Goal, fields: Json, at: dt.datetime) -> Goal:
    """*goal* with other fields; where an undone change had brought its zone, it keeps that."""
    zone = {} if goal.tz is None else {"tz": goal.tz}
    return _REVISE(goal, zone | fields, at)


_REVISE: Final = revising(GoalDraft, Goal.revised)
SERIES: Final = Series(Goal, lambda goal: goal.status == "completed", Goal.successor)


def _follow(changes: WriteContext, before: Goal | None, after: Goal) -> None:
    """Refuse goals that wait for each other, and continue the series."""
    if before is None or set(after.depends_on) - set(before.depends_on):
        _require_order(changes, after)
    SERIES.go_on(changes, before, after)


def _require_order(changes: WriteContext, goal: Goal) -> None:
    """Refuse goals that are not there, and those that in the end wait for *goal* itself."""
    edges = Edges(Goal, goal.owner, "depends_on")
    if any(changes.named(edges, name) is None for name in goal.depends_on):
        raise _unfit("goal_unknown", "It depends on a goal that does not exist.")
    seen, ahead = set[str](), [*goal.depends_on]
    while ahead:
        name = ahead.pop()
        if name == goal.id:
            raise _unfit("cycle", "Goals would wait for each other in a circle.")
        if name not in seen:
            seen.add(name)
            ahead += changes.named(edges, name) or ()


class Goals(Resources[Goal, NewGoal]):
    """A person's goals."""

    rules = Rules(
        kind=Goal,
        in_zone=True,
        zoned=frozenset({"reminders", "reminder_minutes_before"}),
        drafted=_drafted,
        revised=_revised,
        patched=_patched,
        children=GoalPoint,
        on_write=WriteEffect(reads=SERIES.reads, apply=_follow),
    )

    def __init__(
        self, documents: Documents, committer: Committer, tallies: Tallies, log: EventLog
    ) -> None:
        super().__init__(documents, committer)
        self._tallies = tallies
        self.history = DocumentHistory(log, Goal)

    async def assess(self, scope: Scope, goal_id: str, day: dt.date) -> Assessment:
        """Assess one goal on the local date *day*."""
        goal = await self.get(scope, goal_id)
        needed = await self._documents.find_many(Goal, scope.user, goal.depends_on)
        return _assessed(goal, {other.id: other for other in needed}, day)

    async def assess_all(self, scope: Scope, day: dt.date) -> list[Assessment]:
        """The same for every active goal, the one that needs attention first."""
        wanted = Selection(order="target_date", where={"status": "active"}, limit=1_000)
        active = await self._documents.select(Goal, scope.user, wanted)
        goals = [goal for goal in active if not goal.archived]
        ids = {name for goal in goals for name in goal.depends_on}
        needed = {
            other.id: other for other in await self._documents.find_many(Goal, scope.user, ids)
        }
        assessed = [
            assessment async for assessment in paced(_assessed(goal, needed, day) for goal in goals)
        ]
        return sorted(assessed, key=_urgency)

    async def stats(self, scope: Scope, day: dt.date) -> GoalStats:
        """Counts of the caller's goals; what is overdue is so on the local date *day*."""
        rows = await self._tallies.goals(scope.user, day)
        return GoalStats(
            overview=_overview(rows),
            by_priority=_groups(rows, lambda row: row.priority),
            by_category=_groups(rows, lambda row: row.category),
        )

    async def undo(
        self, scope: Scope, goal_id: str, version: int | None, mutation: Mutation | None
    ) -> WriteResult[Goal]:
        """Undo the change that *version* of a goal made, or its last one."""

        def decide(changes: WriteContext) -> Outcome[Goal]:
            before = changes.get(Goal, scope.user, goal_id)
            target = before.version if version is None else version
            if not 1 < target <= before.version:
                raise Conflict("nothing_to_undo", "There is no change of this version to undo.")
            after, places = undone(
                changes,
                before,
                target,
                lambda document, fields: self.rules.revised(document, fields, changes.at),
            )
            return self._replace(changes, before, after, places)

        base = BaseVersion(self._ref(scope, goal_id), (version or 2) - 1)
        reads = self._reads(scope, goal_id, {})
        return await self._submit(scope, reads, decide, mutation, base=base)


def _overview(rows: Sequence[GoalTally]) -> GoalOverview:
    counts = collections.Counter[str]()
    for row in rows:
        counts[row.status] += row.total
    overdue = sum(row.overdue for row in rows if row.status == "active")
    ended = counts["completed"] + counts["cancelled"] + overdue
    active = [row for row in rows if row.status == "active"]
    weight = sum(WEIGHTS[row.priority] * row.total for row in active)
    progress = sum(WEIGHTS[row.priority] * row.progress for row in active)
    return GoalOverview(
        total=counts.total(),
        active=counts["active"],
        paused=counts["paused"],
        completed=counts["completed"],
        cancelled=counts["cancelled"],
        overdue=overdue,
        completion_rate=counts["completed"] / ended if ended else None,
        mean_progress=progress / weight if weight else None,
    )


def _groups(rows: Iterable[GoalTally], name: Callable[[GoalTally], str]) -> list[GoalGroup]:
    by_name: dict[str, list[GoalTally]] = {}
    for row in rows:
        by_name.setdefault(name(row), []).append(row)
    return [GoalGroup(name=group, overview=_overview(by_name[group])) for group in sorted(by_name)]


def _assessed(goal: Goal, needed: Mapping[str, Goal], day: dt.date) -> Assessment:
    """Assess *goal*, where those that it depends on are among *needed* or deleted."""
    waits = tuple(
        name
        for name in goal.depends_on
        if name in needed and needed[name].status not in ("completed", "cancelled")
    )
    return Assessment(
        goal=goal.id,
        smart=smart_score(goal),
        outlook=outlook(goal, day),
        blocked=bool(waits),
        blocked_by=waits,
    )


def _urgency(assessment: Assessment) -> tuple[bool, int, str]:
    """Those at risk first, then those with the fewest safe days."""
    safe = assessment.outlook.safe_days
    return (not assessment.outlook.at_risk, 10_000 if safe is None else safe, assessment.goal)


def _progress_derived() -> Invalid:
    return _unfit("progress_derived", "Its progress follows from its parts.", "/progress")


def _unfit(code: str, detail: str, pointer: str = "/depends_on") -> Invalid:
    return invalid_field(pointer, code, detail)
