"""Goals: their history, assessments, templates and points of progress."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

import msgspec

from handlers.http.operations import (
    Call,
    Operation,
    Ordinal,
    Query,
    Reply,
    Run,
    document_reply,
    write_reply,
)
from handlers.http.operations.strict_json import LARGEST
from handlers.http.pagination import (
    Items,
    ListQuery,
    PageSize,
    UpdatedQuery,
    between,
    items_reply,
    next_path,
    page_by_order,
    span_and_rest,
)
from handlers.http.resources import resource
from handlers.http.time_zones import zone
from models.base.clock import utc_now
from models.base.errors import Invalid, invalid_parameter
from models.base.fields import Moment
from models.base.time import local_date
from models.base.validation import checked
from models.goals import (
    Goal,
    GoalPoint,
    GoalTemplate,
    NewGoal,
    NewGoalTemplate,
    PointDraft,
    PointId,
)
from models.goals.goal import GoalCategory, Priority, Status
from models.goals.templates import READY_TEMPLATES, ReadyTemplate
from upcoach.services.base.versions import Revision
from upcoach.services.goals import Goals, GoalServices, GoalTemplates
from upcoach.services.goals.goals import Assessment, GoalStats
from upcoach.store.base.conditions import Present
from upcoach.store.collections.documents import Selection

GOALS: Final = "/v1/goals"
GOAL: Final = GOALS + "/{id}"
TEMPLATES: Final = GOALS + "/templates"
HISTORY: Final = GOAL + "/history"
POINTS: Final = GOAL + "/progress"
POINT: Final = POINTS + "/{point}"
_VERSION: Final = re.compile("v[0-9]{1,9}")

_FIELDS: Final = {
    "created": "created_at",
    "updated": "updated_at",
    "progress": "progress",
    "target": "target_date",
}


class GoalQuery(UpdatedQuery, frozen=True, kw_only=True):
    """Some goals in some order.

    Attributes
    ----------
    target_from, target_to
        Target dates, both included.
    sort
        The order, descending with a minus: `created` by default, `updated` with *updated_since*.
        By `target` only goals with a target date are listed.
    status
        Goals of this status.
    priority
        Goals of this priority.
    category
        Goals of this category.
    archived
        Archived goals, or those that are not; both without it.

    """

    status: Status | None = None
    priority: Priority | None = None
    category: GoalCategory | None = None
    archived: bool | None = None
    target_from: dt.date | None = None
    target_to: dt.date | None = None
    sort: (
        Literal[
            "created",
            "-created",
            "updated",
            "-updated",
            "progress",
            "-progress",
            "target",
            "-target",
        ]
        | None
    ) = None

    def selection(self) -> Selection:
        """See `ListQuery.selection`."""
        order = _FIELDS[self.ordering().removeprefix("-")]
        target = between(self.target_from, self.target_to)
        span, rest = span_and_rest(order, {"target_date": target, "updated_at": self.updated()})
        return Selection(
            order=order,
            where=self.given("status", "priority", "category", "archived") | rest,
            span=span or (Present(dt.date) if order == "target_date" else None),
            descending=self.ordering().startswith("-"),
            after=self.after,
            limit=self.limit + 1,
        )


class AsOfQuery(Query, frozen=True, kw_only=True):
    """A moment of the past, or a version: `v3`.

    Attributes
    ----------
    as_of
        A moment of the past, or a version: `v3`.

    """

    as_of: str | None = None


class GoalDayQuery(Query, frozen=True, kw_only=True):
    """The zone whose date it is; the caller's without it."""

    tz: str | None = None


class HistoryQuery(Query, frozen=True, kw_only=True):
    """Up to *limit* changes, of versions below *before*.

    Attributes
    ----------
    before
        Changes that made versions below this one.

    """

    before: Ordinal | None = None
    limit: PageSize = 50


class PointQuery(ListQuery, frozen=True, kw_only=True):
    """Points of one key result, or of all; the last taken comes first with *sort* `-at`.

    Attributes
    ----------
    key_result
        Points of this key result; of all without it.
    sort
        The order by time; `-at` lists the last one first.

    """

    key_result: str | None = None
    sort: Literal["at", "-at"] = "at"

    def selection(self) -> Selection:
        """See `ListQuery.selection`."""
        return Selection(
            order="at",
            where=self.given("key_result"),
            descending=self.sort == "-at",
            after=self.after,
            limit=self.limit + 1,
        )


class Undo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which version's change is taken back; the last one without it.

    Attributes
    ----------
    version
        The version whose change is undone; the last one without it.

    """

    version: Annotated[int, msgspec.Meta(ge=2, le=LARGEST)] | None = None


async def read(services: GoalServices, call: Call) -> Reply:
    """Get a goal, as it is or as it was."""
    as_of = call.parse_query(AsOfQuery).as_of
    if as_of is None:
        return document_reply(await services.goals.get(call.scope, call.names["id"]))
    moment, version = _moment_or_version(as_of)
    return document_reply(
        await services.goals.history.at(call.scope, call.names["id"], moment, version)
    )


async def history(services: GoalServices, call: Call) -> Reply:
    """List the changes of a goal, field by field, the newest first."""
    query = call.parse_query(HistoryQuery)
    page = await services.goals.history.revisions(
        call.scope, call.names["id"], query.before, query.limit
    )
    following = ""
    if page.has_more:
        path, oldest = HISTORY.format(**call.names), page.items[-1]
        following = next_path(path, call.query, before=oldest.version)
    return items_reply(page.items, following)


async def undo(services: GoalServices, call: Call) -> Reply:
    """Undo one change of a goal."""
    version = call.read(Undo).version
    return write_reply(
        await services.goals.undo(call.scope, call.names["id"], version, call.mutation)
    )


async def assess(services: GoalServices, call: Call) -> Reply:
    """Assess a goal: how SMART it is, where it is going, and what it waits for."""
    day = await _today(services, call)
    return Reply(body=await services.goals.assess(call.scope, call.names["id"], day))


async def assess_all(services: GoalServices, call: Call) -> Reply:
    """Assess all active goals, the one that needs attention first."""
    day = await _today(services, call)
    return Reply(body={"items": await services.goals.assess_all(call.scope, day)})


async def stats(services: GoalServices, call: Call) -> Reply:
    """Get statistics of goals: how many there are, and how far."""
    return Reply(body=await services.goals.stats(call.scope, await _today(services, call)))


async def list_ready_templates(_services: GoalServices, _call: Call) -> Reply:
    """List the templates that come with the product."""
    return Reply(body={"items": READY_TEMPLATES})


async def list_points(services: GoalServices, call: Call) -> Reply:
    """List the points of progress of a goal."""
    selection = call.parse_query(PointQuery).selection()
    goal = call.names["id"]
    selection = msgspec.structs.replace(selection, where={**selection.where, "goal": goal})
    points = await services.points.page(call.scope, goal, selection)
    return page_by_order(POINTS.format(**call.names), call, points, selection)


async def set_point(services: GoalServices, call: Call) -> Reply:
    """Set a point of progress; sending the same id again replaces it."""
    return write_reply(
        await services.points.set(
            call.scope,
            call.names["id"],
            call.part("point", PointId),
            call.read(PointDraft),
            call.base,
            call.mutation,
        )
    )


async def delete_point(services: GoalServices, call: Call) -> Reply:
    """Delete a point of progress."""
    return write_reply(
        await services.points.delete(
            call.scope, call.names["id"], call.names["point"], call.base, call.mutation
        )
    )


async def _today(services: GoalServices, call: Call) -> dt.date:
    return local_date(
        utc_now(), await zone(services.zones, call, call.parse_query(GoalDayQuery).tz)
    )


def _moment_or_version(as_of: str) -> tuple[dt.datetime | None, int | None]:
    """The moment or the version that *as_of* names."""
    if _VERSION.fullmatch(as_of):
        return None, int(as_of[1:])
    try:
        return checked(as_of, Moment), None
    except Invalid:
        words = "as_of is a moment with its offset (RFC 3339), or a version: v3."
        raise invalid_parameter("as_of", words) from None


def _weight_of_read(call: Call) -> int:
    """What is put together from the log costs more than what lies there."""
    return 5 if "as_of" in call.query else 1


def _row(
    path: str,
    run: Run[GoalServices],
    gives: Any,
    query: type[Query],
    *,
    weight: int = 1,
    weigh: Callable[[Call], int] | None = None,
) -> Operation[GoalServices]:
    return Operation(
        method="GET",
        path=path,
        run=run,
        needs="goals:read",
        gives=gives,
        query=query,
        weight=weight,
        weigh=weigh,
    )


def _goals(services: GoalServices) -> Goals:
    return services.goals


def _templates(services: GoalServices) -> GoalTemplates:
    return services.templates


OPERATIONS = (
    _row(f"{GOALS}/stats", stats, GoalStats, GoalDayQuery, weight=3),
    _row(f"{GOALS}/assessments", assess_all, Items[Assessment], GoalDayQuery, weight=10),
    _row(f"{TEMPLATES}/ready", list_ready_templates, Items[ReadyTemplate], Query),
    *resource(
        TEMPLATES,
        _templates,
        new=NewGoalTemplate,
        gives=GoalTemplate,
    ),
    *(
        row
        for row in resource(GOALS, _goals, new=NewGoal, gives=Goal, lists=GoalQuery)
        if (row.method, row.path) != ("GET", GOAL)
    ),
    _row(GOAL, read, Goal, AsOfQuery, weigh=_weight_of_read),
    _row(HISTORY, history, Items[Revision], HistoryQuery, weight=5),
    _row(f"{GOAL}/assessment", assess, Assessment, GoalDayQuery, weight=3),
    Operation(
        method="POST",
        path=f"{GOAL}/undo",
        run=undo,
        needs="goals:write",
        body="json",
        takes=Undo,
        merges=True,
        gives=Goal,
        statuses=(200,),
        live=True,
    ),
    _row(POINTS, list_points, Items[GoalPoint], PointQuery),
    Operation(
        method="PUT",
        path=POINT,
        run=set_point,
        needs="goals:write",
        body="json",
        takes=PointDraft,
        gives=GoalPoint,
        base="taken",
        live=True,
    ),
    Operation(
        method="DELETE",
        path=POINT,
        run=delete_point,
        needs="goals:write",
        base="taken",
        live=True,
    ),
)
