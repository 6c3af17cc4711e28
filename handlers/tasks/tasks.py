"""Tasks."""

import datetime as dt
from typing import Final, Literal

from handlers.http.operations import Call, Operation, Query, Reply, write_reply
from handlers.http.pagination import UpdatedQuery, between, span_and_rest
from handlers.http.resources import resource
from handlers.http.time_zones import zone
from models.base.text.search_words import label
from models.tasks import OPEN, NewTask, Task
from models.tasks.task import Category, Priority
from upcoach.services.tasks import Tasks, TaskServices
from upcoach.services.tasks.tasks import TaskStats
from upcoach.store.base.conditions import OneOf, Present
from upcoach.store.collections.documents import Selection

TASKS: Final = "/v1/tasks"
DONE: Final = TASKS + "/{id}/done"

_FIELDS: Final = {
    "created": "created_at",
    "updated": "updated_at",
    "completed": "completed_at",
    "due": "due_at",
}


class TaskQuery(UpdatedQuery, frozen=True, kw_only=True):
    """Some tasks in some order.

    Attributes
    ----------
    status
        *open* is pending or in progress.
    due_from, due_to
        Due dates, both included.
    sort
        The order, descending with a minus: `created` by default, `updated` with *updated_since*.
        By `due` only tasks with a due date are listed, by `completed` only completed ones.
    priority
        Tasks of this priority.
    category
        Tasks of this category.
    goal
        Tasks of the goal with this id.
    tag
        Tasks with this tag; case and accents do not count.

    """

    status: Literal["pending", "in_progress", "completed", "cancelled", "open"] | None = None
    priority: Priority | None = None
    category: Category | None = None
    goal: str | None = None
    tag: str | None = None
    due_from: dt.date | None = None
    due_to: dt.date | None = None
    sort: (
        Literal[
            "created",
            "-created",
            "updated",
            "-updated",
            "completed",
            "-completed",
            "due",
            "-due",
        ]
        | None
    ) = None

    def selection(self) -> Selection:
        """See `ListQuery.selection`."""
        where = self.given("status", "priority", "category", "goal")
        if self.status == "open":
            where["status"] = OneOf(tuple(sorted(OPEN)))
        due = between(self.due_from, self.due_to)
        order = _FIELDS[self.ordering().removeprefix("-")]
        span, rest = span_and_rest(order, {"due_date": due, "updated_at": self.updated()})
        has_none = order in ("completed_at", "due_at")
        return Selection(
            order=order,
            where=where | rest,
            span=span or (Present(dt.datetime) if has_none else None),
            words=() if self.tag is None else (label(self.tag),),
            descending=self.ordering().startswith("-"),
            after=self.after,
            limit=self.limit + 1,
        )


class TaskStatsQuery(Query, frozen=True, kw_only=True):
    """The zone whose week it is; the caller's without it."""

    tz: str | None = None


async def stats(services: TaskServices, call: Call) -> Reply:
    """Get statistics of tasks: how many there are, are overdue, and are due this week."""
    tz = await zone(services.zones, call, call.parse_query(TaskStatsQuery).tz)
    return Reply(body=await services.tasks.stats(call.scope, tz))


async def complete(services: TaskServices, call: Call) -> Reply:
    """Complete a task."""
    return write_reply(
        await services.tasks.complete(call.scope, call.names["id"], call.base, call.mutation)
    )


async def reopen(services: TaskServices, call: Call) -> Reply:
    """Reopen a task."""
    return write_reply(
        await services.tasks.reopen(call.scope, call.names["id"], call.base, call.mutation)
    )


def _tasks(services: TaskServices) -> Tasks:
    return services.tasks


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{TASKS}/stats",
        run=stats,
        needs="tasks:read",
        query=TaskStatsQuery,
        gives=TaskStats,
        weight=3,
    ),
    *resource(TASKS, _tasks, new=NewTask, gives=Task, lists=TaskQuery),
    Operation(
        method="PUT",
        path=DONE,
        run=complete,
        needs="tasks:write",
        gives=Task,
        base="taken",
        statuses=(200,),
        live=True,
    ),
    Operation(
        method="DELETE",
        path=DONE,
        run=reopen,
        needs="tasks:write",
        gives=Task,
        base="taken",
        statuses=(200,),
        live=True,
    ),
)
