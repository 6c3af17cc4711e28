"""Tasks: created, changed, completed and counted."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from models.access.scope import Scope
from models.base.clock import Clock
from models.base.time import WEEK, local_date, start_of_day, week_of
from models.tasks import OPEN, NewTask, Task, TaskDraft
from upcoach.services.base.resources import Resources
from upcoach.services.base.rules import Rules, WriteEffect, revising
from upcoach.services.base.series import Series
from upcoach.store.aggregates.counts import Tallies, TaskTally
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.requests import Mutation


class TaskOverview(msgspec.Struct, frozen=True, kw_only=True):
    """How many tasks there are; *overdue* and *due_this_week* are of those still open.

    Attributes
    ----------
    total
        How many there are.
    pending
        How many are not begun.
    in_progress
        How many are begun.
    completed
        How many are completed.
    cancelled
        How many are cancelled.
    overdue
        How many are overdue.
    due_this_week
        How many are due this week.

    """

    total: int
    pending: int
    in_progress: int
    completed: int
    cancelled: int
    overdue: int
    due_this_week: int


class TaskGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The tasks of one priority or category.

    Attributes
    ----------
    completion
        The share that is completed of those that were not cancelled; null where all were.
    name
        What the tasks have in common.
    total
        How many there are.
    open
        How many are not done.
    completed
        How many are completed.
    overdue
        How many are overdue.

    """

    name: str
    total: int
    open: int
    completed: int
    overdue: int
    completion: float | None


class TaskStats(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of all of somebody's tasks, over the week that is *week_start*'s.

    Attributes
    ----------
    overview
        All tasks together.
    by_priority
        The tasks of each priority.
    by_category
        The tasks of each category.
    tz
        The time zone that days are counted in.
    week_start
        The first day of this week.

    """

    overview: TaskOverview
    by_priority: list[TaskGroup]
    by_category: list[TaskGroup]
    tz: str
    week_start: dt.date


SERIES: Final = Series(Task, lambda task: task.status == "completed", Task.successor)


class Tasks(Resources[Task, NewTask]):
    """A person's tasks."""

    rules = Rules(
        kind=Task,
        in_zone=True,
        drafted=Task.drafted,
        revised=revising(TaskDraft, Task.revised),
        on_write=WriteEffect(reads=SERIES.reads, apply=SERIES.go_on),
    )

    def __init__(
        self, documents: Documents, committer: Committer, tallies: Tallies, clock: Clock
    ) -> None:
        super().__init__(documents, committer)
        self._tallies = tallies
        self._clock = clock

    async def complete(
        self, scope: Scope, task_id: str, base: int | None, mutation: Mutation | None
    ) -> WriteResult[Task]:
        """Complete a task; once more changes nothing."""
        return await self._turn(
            scope,
            task_id,
            lambda task, at: task if task.status == "completed" else task.completed(at),
            base,
            mutation,
        )

    async def reopen(
        self, scope: Scope, task_id: str, base: int | None, mutation: Mutation | None
    ) -> WriteResult[Task]:
        """Reopen a task; one that is not completed stays as it is."""
        return await self._turn(
            scope,
            task_id,
            lambda task, at: task.reopened(at) if task.status == "completed" else task,
            base,
            mutation,
        )

    async def _turn(
        self,
        scope: Scope,
        task_id: str,
        turned: Callable[[Task, dt.datetime], Task],
        base: int | None,
        mutation: Mutation | None,
    ) -> WriteResult[Task]:
        def decide(changes: WriteContext) -> Outcome[Task]:
            before = self._find(changes, scope, task_id, base, mutation)
            return self._replace(changes, before, turned(before, changes.at))

        return await self._submit(scope, self._reads(scope, task_id, {}), decide, mutation)

    async def stats(self, scope: Scope, tz: str) -> TaskStats:
        """Counts of the caller's tasks; the week is the present one in *tz*, from Monday."""
        now = self._clock()
        monday, _ = week_of(local_date(now, tz))
        week = (start_of_day(monday, tz), start_of_day(monday + WEEK, tz))
        rows = await self._tallies.tasks(scope.user, now, *week)
        return TaskStats(
            overview=_overview(rows),
            by_priority=_groups(rows, lambda row: row.priority),
            by_category=_groups(rows, lambda row: row.category),
            tz=tz,
            week_start=monday,
        )


def _overview(rows: Iterable[TaskTally]) -> TaskOverview:
    rows = list(rows)
    still = [row for row in rows if row.status in OPEN]
    return TaskOverview(
        total=sum(row.total for row in rows),
        pending=_total(rows, "pending"),
        in_progress=_total(rows, "in_progress"),
        completed=_total(rows, "completed"),
        cancelled=_total(rows, "cancelled"),
        overdue=sum(row.past for row in still),
        due_this_week=sum(row.between for row in still),
    )


def _groups(rows: Iterable[TaskTally], name: Callable[[TaskTally], str]) -> list[TaskGroup]:
    by_name: dict[str, list[TaskTally]] = {}
    for row in rows:
        by_name.setdefault(name(row), []).append(row)
    return [_group(group, by_name[group]) for group in sorted(by_name)]


def _group(name: str, rows: list[TaskTally]) -> TaskGroup:
    overview = _overview(rows)
    counted = overview.total - overview.cancelled
    return TaskGroup(
        name=name,
        total=overview.total,
        open=overview.pending + overview.in_progress,
        completed=overview.completed,
        overdue=overview.overdue,
        completion=overview.completed / counted if counted else None,
    )


def _total(rows: Iterable[TaskTally], status: str) -> int:
    return sum(row.total for row in rows if row.status == status)
