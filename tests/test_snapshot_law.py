"""For every mutation: the old snapshot and its events give the new snapshot."""

from collections.abc import Awaitable
from typing import Any, NamedTuple, cast

from handlers.surface import operations
from models.documents import KINDS
from models.documents.insight import insight_id
from models.merge_patch import Json
from streams.subscription import Feeds
from tests.support.server import Server
from upcoach.client import Client, Response

Documents = dict[str, dict[str, Json]]

# Ids begin with their owner in the database, so everybody can have documents of these names.
GOAL = "gol_01a20c66-99df-75bd-8f37-3328887fd981"
NEW_GOAL = "gol_01a20c66-99df-75bd-8f37-3328887fd982"
HABIT = "hab_01a20c66-99df-75bd-8f37-3328887fd983"
WATER = "hab_01a20c66-99df-75bd-8f37-3328887fd984"
NEW_HABIT = "hab_01a20c66-99df-75bd-8f37-3328887fd985"
NOWHERE = "gol_01a20c66-99df-75bd-8f37-3328887fd986"

LITRES = {"type": "amount", "target": 2, "unit": "l"}


class Row(NamedTuple):
    """A write with what it must bring about: the operation's path comes last."""

    name: str
    status: int
    events: tuple[str, ...]
    method: str
    path: str
    names: dict[str, str] = {}
    body: Any = None
    base: int | None = None

    @property
    def url(self) -> str:
        """The path with its variable parts."""
        return self.path.format(**self.names)


GOALS, ONE_GOAL = "/v1/goals", "/v1/goals/{id}"
HABITS, ONE_HABIT = "/v1/habits", "/v1/habits/{id}"
ENTRY = "/v1/habits/{id}/entries/{local_date}"
RUN, SWIM, NONE = {"id": GOAL}, {"id": NEW_GOAL, "title": "Swim"}, {"id": NOWHERE}
MEDITATE, DRINK = {"id": HABIT}, {"id": WATER}
MONDAY = {"local_date": "2026-01-05"}
TUESDAY = {"local_date": "2026-01-06"}
CREATED, CHANGED, DELETED, UNCHANGED = (201, 200, 204, 200)

LIVE_ROWS = (
    Row("create a goal", CREATED, ("goal.created",), "POST", GOALS, body=SWIM),
    Row(
        "create a goal that is completed already",
        CREATED,
        ("goal.created",),
        "POST",
        GOALS,
        body=SWIM | {"status": "completed", "progress": 1, "target_date": "2026-12-31"},
    ),
    Row("create a goal under a taken id", 409, (), "POST", GOALS, body={"id": GOAL, "title": "X"}),
    Row("create a goal without a title", 422, (), "POST", GOALS, body={"category": "health"}),
    Row(
        "change a goal",
        CHANGED,
        ("goal.updated",),
        "PATCH",
        ONE_GOAL,
        RUN,
        {"title": "Run 15k", "priority": "high"},
        1,
    ),
    Row(
        "remove a field of a goal",
        CHANGED,
        ("goal.updated",),
        "PATCH",
        ONE_GOAL,
        RUN,
        {"description": None, "target_date": None},
        1,
    ),
    Row(
        "complete a goal",
        CHANGED,
        ("goal.updated",),
        "PATCH",
        ONE_GOAL,
        RUN,
        {"status": "completed"},
        1,
    ),
    Row("change a goal to what it is", UNCHANGED, (), "PATCH", ONE_GOAL, RUN, {"title": "Run"}, 1),
    Row("change a version that is not", 412, (), "PATCH", ONE_GOAL, RUN, {"title": "Walk"}, 7),
    Row("change without a version", 428, (), "PATCH", ONE_GOAL, RUN, {"title": "Walk"}),
    Row("change a goal to nonsense", 422, (), "PATCH", ONE_GOAL, RUN, {"progress": 2}, 1),
    Row("change a goal that is not", 404, (), "PATCH", ONE_GOAL, NONE, {"title": "Walk"}, 1),
    Row("delete a goal", DELETED, ("goal.deleted",), "DELETE", ONE_GOAL, RUN),
    Row("delete a goal's version", DELETED, ("goal.deleted",), "DELETE", ONE_GOAL, RUN, base=1),
    Row("delete a version that is not", 412, (), "DELETE", ONE_GOAL, RUN, base=2),
    Row("delete a goal that is not", 404, (), "DELETE", ONE_GOAL, NONE),
    Row(
        "create a habit",
        CREATED,
        ("habit.created",),
        "POST",
        HABITS,
        body={
            "id": NEW_HABIT,
            "name": "Read",
            "tz": "Europe/Berlin",
            "schedule": {"type": "weekdays", "days": [1, 3, 5]},
        },
    ),
    Row(
        "change a habit",
        CHANGED,
        ("habit.updated",),
        "PATCH",
        ONE_HABIT,
        MEDITATE,
        {"schedule": {"type": "rate", "times": 3, "days": 7}},
        1,
    ),
    Row(
        "measure a habit in another way",
        CHANGED,
        ("habit.updated",),
        "PATCH",
        ONE_HABIT,
        DRINK,
        {"measure": {"type": "yes_no", "target": None, "unit": None, "at_most": None}},
        1,
    ),
    Row(
        "remove a habit's colour",
        CHANGED,
        ("habit.updated",),
        "PATCH",
        ONE_HABIT,
        MEDITATE,
        {"color": None},
        1,
    ),
    Row(
        "archive a habit",
        CHANGED,
        ("habit.updated",),
        "PATCH",
        ONE_HABIT,
        MEDITATE,
        {"archived": True},
        1,
    ),
    Row(
        "delete a habit with its entries and its insight",
        DELETED,
        ("habit.deleted", "insight.deleted"),
        "DELETE",
        ONE_HABIT,
        MEDITATE,
    ),
    Row("delete a habit without any", DELETED, ("habit.deleted",), "DELETE", ONE_HABIT, DRINK),
    Row("set an entry", CREATED, ("habit.entry.set",), "PUT", ENTRY, MEDITATE | TUESDAY, {}),
    Row(
        "set an amount",
        CREATED,
        ("habit.entry.set",),
        "PUT",
        ENTRY,
        DRINK | MONDAY,
        {"value": 1.5, "note": "tea"},
    ),
    Row(
        "set an entry again to something else",
        CHANGED,
        ("habit.entry.set",),
        "PUT",
        ENTRY,
        MEDITATE | MONDAY,
        {"state": "missed"},
    ),
    Row(
        "set an entry again to the same",
        UNCHANGED,
        (),
        "PUT",
        ENTRY,
        MEDITATE | MONDAY,
        {"note": "calm"},
    ),
    Row(
        "skip a day",
        CREATED,
        ("habit.entry.set",),
        "PUT",
        ENTRY,
        MEDITATE | TUESDAY,
        {"state": "skip", "note": "ill"},
    ),
    Row("set an amount without one", 422, (), "PUT", ENTRY, DRINK | MONDAY, {}),
    Row("set a date that is none", 422, (), "PUT", ENTRY, DRINK | {"local_date": "today"}, {}),
    Row("set an entry of no habit", 404, (), "PUT", ENTRY, NONE | MONDAY, {}),
    Row(
        "delete an entry", DELETED, ("habit.entry.deleted",), "DELETE", ENTRY, MEDITATE | MONDAY
    ),
    Row("delete an entry that is not", 404, (), "DELETE", ENTRY, MEDITATE | TUESDAY),
)

# What is asked for by itself below: no `mut` frame carries it.
OWN_TESTS = {
    ("POST", "/v1/auth/register"),
    ("POST", "/v1/auth/login"),
    ("POST", "/v1/auth/logout"),
    ("POST", "/v1/imports/loop"),
}


def surface(*, live: bool) -> set[tuple[str, str]]:
    """Every operation that writes, by method and path."""
    feeds = cast("Feeds", None)  # only looked at when an operation runs
    return {
        (operation.method, operation.path)
        for operation in operations(feeds)
        if operation.writes and operation.live == live
    }


def next_page(answer: Response) -> str:
    """Where the list goes on; empty on its last page."""
    link = answer.headers.get("link", "")
    return link.partition(">")[0].removeprefix("<")


async def snapshot(person: Client) -> tuple[Documents, str]:
    """All of a person's documents, in pages of two, and the cursor from which events go on."""
    documents: Documents = {kind: {} for kind in KINDS}
    path, cursor = "/v1/snapshot?limit=2", ""
    while path:
        answer = await person.call("GET", path)
        assert answer.status == 200, answer
        cursor = cursor or answer.headers["upcoach-cursor"]
        for item in answer.body["items"]:
            documents[answer.body["kind"]][item["id"]] = item
        path = next_page(answer)
    return documents, cursor


async def events_since(person: Client, cursor: str) -> list[Json]:
    """What happened since *cursor*, in pages of one."""
    events: list[Json] = []
    path = f"/v1/events?since={cursor}&limit=1"
    while path:
        answer = await person.call("GET", path)
        assert answer.status == 200, answer
        events += answer.body
        path = next_page(answer)
    return events


async def furnished(server: Server) -> Client:
    """Somebody with a goal, two habits, two entries and an insight."""
    person = await server.person()
    goal = {"id": GOAL, "title": "Run", "description": "10k", "target_date": "2026-12-31"}
    await done(person.call("POST", GOALS, goal))
    await done(
        person.call("POST", HABITS, {"id": HABIT, "name": "Meditate", "color": "#00ff00"})
    )
    await done(person.call("POST", HABITS, {"id": WATER, "name": "Drink", "measure": LITRES}))
    await done(person.call("PUT", ENTRY.format(**MEDITATE, **MONDAY), {"note": "calm"}))
    await done(person.call("PUT", ENTRY.format(**MEDITATE, local_date="2026-01-04"), {}))
    await publish(server, person, odds=0.5)
    return person


async def done(call: Awaitable[Response]) -> Response:
    """The answer to a write that is expected to succeed."""
    answer = await call
    assert answer.status in (200, 201, 204), answer
    return answer


async def publish(server: Server, person: Client, odds: float, habit: str = HABIT) -> None:
    """Say something about a habit, as a learner does."""
    accounts, insights = server.node.services.accounts, server.node.services.insights
    scope = (await accounts.authenticate(person.token)).scope
    now = (await accounts.authenticate(person.token)).expires_at
    kind = KINDS["insight"]
    fields: Any = {
        "id": insight_id(habit),
        "owner": scope.user,
        "created_at": now,
        "updated_at": now,
        "type": "habit_odds",
        "about": habit,
        "day": "2026-01-07",
        "odds": odds,
        "model": "test",
    }
    import msgspec

    await insights.publish(scope, cast("Any", msgspec.convert(fields, kind)))
