"""For every mutation: the old snapshot and its events give the new snapshot."""

import asyncio
import datetime as dt
import io
import zipfile
from collections.abc import Awaitable
from typing import Any, cast

import msgspec
import pytest

from config.settings import Settings
from handlers.contexts import operations
from handlers.http.rest import Edge
from models.access.scope import Scope
from models.base.ids import new_mutation_id
from models.base.merge_patch import Json
from models.contexts import KINDS
from models.insights import Insight
from models.insights.insight import insight_id
from streams.feed.subscription import Feeds
from streams.redis.tickets import Tickets
from tests.support.diary import PREFIXES as DIARY
from tests.support.server import PASSWORD, Server, serving
from upcoach.client import Client, Device, Response, apply_event

Documents = dict[str, dict[str, Json]]

# Ids begin with their owner in the database, so everybody can have documents of these names.
GOAL = "gol_01a20c66-99df-75bd-8f37-3328887fd981"
NEW_GOAL = "gol_01a20c66-99df-75bd-8f37-3328887fd982"
HABIT = "hab_01a20c66-99df-75bd-8f37-3328887fd983"
WATER = "hab_01a20c66-99df-75bd-8f37-3328887fd984"
NEW_HABIT = "hab_01a20c66-99df-75bd-8f37-3328887fd985"
VACATION = "vac_01a20c66-99df-75bd-8f37-3328887fd988"
NOWHERE = "gol_01a20c66-99df-75bd-8f37-3328887fd986"

LITRES = {"type": "amount", "target": 2, "unit": "l"}


class Row(msgspec.Struct, frozen=True):
    """A write, and what it must bring about; *earlier* is what another device has sent there."""

    name: str
    status: int
    events: tuple[str, ...]
    method: str
    path: str
    names: dict[str, str] = {}
    body: Any = None
    base: int | None = None
    earlier: Any = None

    @property
    def url(self) -> str:
        """The path with its variable parts."""
        return self.path.format(**self.names)


VACATIONS, ONE_VACATION = "/v1/habits/vacations", "/v1/habits/vacations/{id}"
GOALS, ONE_GOAL = "/v1/goals", "/v1/goals/{id}"
HABITS, ONE_HABIT = "/v1/habits", "/v1/habits/{id}"
LOG = "/v1/habits/{id}/entries"
ENTRY = "/v1/habits/{id}/entries/{local_date}"
RUN, SWIM, NONE = {"id": GOAL}, {"id": NEW_GOAL, "title": "Swim"}, {"id": NOWHERE}
MEDITATE, DRINK = {"id": HABIT}, {"id": WATER}
LEAVE = {"id": VACATION}
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
    Row(
        "freeze a day that is to come",
        CREATED,
        ("habit.entry.set",),
        "PUT",
        ENTRY,
        MEDITATE | TUESDAY,
        {"state": "freeze"},
    ),
    Row(
        "set when it was done",
        CREATED,
        ("habit.entry.set",),
        "PUT",
        ENTRY,
        MEDITATE | TUESDAY,
        {"at": "2026-01-06T08:30:00.123456+01:00"},
    ),
    Row(
        "log a moment",
        CREATED,
        ("habit.entry.set",),
        "POST",
        LOG,
        MEDITATE,
        {"at": "2026-01-06T20:30:00Z", "tz": "Asia/Tokyo", "note": "on the plane"},
    ),
    Row(
        "log a moment of a day that is logged",
        CHANGED,
        ("habit.entry.set",),
        "POST",
        LOG,
        MEDITATE,
        {"at": "2026-01-05T20:30:00Z"},
    ),
    Row("log a moment of no habit", 404, (), "POST", LOG, NONE, {"at": "2026-01-05T20:30:00Z"}),
    Row("log a moment to come", 422, (), "POST", LOG, MEDITATE, {"at": "2199-01-05T20:30:00Z"}),
    Row("set a day to come", 422, (), "PUT", ENTRY, MEDITATE | {"local_date": "2199-01-01"}, {}),
    Row("set a day of old", 422, (), "PUT", ENTRY, MEDITATE | {"local_date": "1999-01-01"}, {}),
    Row(
        "set a moment of another day",
        422,
        (),
        "PUT",
        ENTRY,
        MEDITATE | TUESDAY,
        {"at": "2026-01-16T08:30:00Z"},
    ),
    Row(
        "repeat a habit by a rule, and be reminded",
        CHANGED,
        ("habit.updated",),
        "PATCH",
        ONE_HABIT,
        MEDITATE,
        {
            "schedule": {"type": "rrule", "rule": "FREQ=DAILY;INTERVAL=3", "anchor": "2026-01-01"},
            "reminders": [{"time": "07:30"}, {"time": "22:00", "weekdays": [5, 6]}],
            "day_start": 240,
            "category": "mindfulness",
            "position": 1,
        },
        1,
    ),
    Row(
        "count a habit, and with a step",
        CHANGED,
        ("habit.updated",),
        "PATCH",
        ONE_HABIT,
        DRINK,
        {"measure": {"type": "count", "target": 8, "step": 1, "unit": None}},
        1,
    ),
    Row(
        "pause habits",
        CREATED,
        ("habit.vacation.created",),
        "POST",
        VACATIONS,
        body={
            "id": "vac_01a20c66-99df-75bd-8f37-3328887fd989",
            "first": "2026-03-01",
            "last": "2026-03-01",
            "habits": [HABIT],
        },
    ),
    Row(
        "pause for less than a day",
        422,
        (),
        "POST",
        VACATIONS,
        body={"first": "2026-03-02", "last": "2026-03-01"},
    ),
    Row(
        "move a vacation",
        CHANGED,
        ("habit.vacation.updated",),
        "PATCH",
        ONE_VACATION,
        LEAVE,
        {"last": "2026-02-20", "note": None, "habits": [WATER]},
        1,
    ),
    Row(
        "merge two moves of a vacation",
        CHANGED,
        ("habit.vacation.updated",),
        "PATCH",
        ONE_VACATION,
        LEAVE,
        {"last": "2026-02-20"},
        1,
        {"first": "2026-01-30"},
    ),
    Row(
        "move the end of a vacation otherwise",
        409,
        (),
        "PATCH",
        ONE_VACATION,
        LEAVE,
        {"last": "2026-02-20"},
        1,
        {"last": "2026-02-10"},
    ),
    Row(
        "take a vacation back", DELETED, ("habit.vacation.deleted",), "DELETE", ONE_VACATION, LEAVE
    ),
    Row("set an amount without one", 422, (), "PUT", ENTRY, DRINK | MONDAY, {}),
    Row("set a date that is none", 422, (), "PUT", ENTRY, DRINK | {"local_date": "today"}, {}),
    Row("set an entry of no habit", 404, (), "PUT", ENTRY, NONE | MONDAY, {}),
    Row(
        "merge a change of another field",
        CHANGED,
        ("goal.updated",),
        "PATCH",
        ONE_GOAL,
        RUN,
        {"title": "Run 15k", "description": None},
        1,
        {"priority": "high", "target_date": "2027-01-31"},
    ),
    Row(
        "merge a change of another member",
        CHANGED,
        ("habit.updated",),
        "PATCH",
        ONE_HABIT,
        DRINK,
        {"measure": {"target": 3}},
        1,
        {"measure": {"unit": "cups"}},
    ),
    Row(
        "merge a larger share",
        CHANGED,
        ("goal.updated",),
        "PATCH",
        ONE_GOAL,
        RUN,
        {"progress": 0.5},
        1,
        {"progress": 0.25},
    ),
    Row(
        "merge a note",
        CHANGED,
        ("habit.entry.set",),
        "PUT",
        ENTRY,
        MEDITATE | MONDAY,
        {"note": "calm, and long"},
        1,
        {"note": "calm!", "state": "missed"},
    ),
    Row(
        "merge what was merged before",
        UNCHANGED,
        (),
        "PATCH",
        ONE_GOAL,
        RUN,
        {"title": "Walk"},
        1,
        {"title": "Walk", "priority": "low"},
    ),
    Row(
        "merge a smaller share",
        UNCHANGED,
        (),
        "PATCH",
        ONE_GOAL,
        RUN,
        {"progress": 0.1},
        1,
        {"progress": 0.25},
    ),
    Row(
        "change what was changed otherwise",
        409,
        (),
        "PATCH",
        ONE_GOAL,
        RUN,
        {"title": "Swim", "priority": "high"},
        1,
        {"title": "Walk"},
    ),
    Row(
        "set an entry that was set otherwise",
        409,
        (),
        "PUT",
        ENTRY,
        MEDITATE | MONDAY,
        {"state": "skip", "note": "calm"},
        1,
        {"state": "missed"},
    ),
    Row("set a version that is not", 412, (), "PUT", ENTRY, MEDITATE | MONDAY, {}, 9),
    Row("set a version of nothing", 404, (), "PUT", ENTRY, MEDITATE | TUESDAY, {}, 1),
    Row(
        "delete an entry's version",
        DELETED,
        ("habit.entry.deleted",),
        "DELETE",
        ENTRY,
        MEDITATE | MONDAY,
        base=1,
    ),
    Row("delete a version of old", 412, (), "DELETE", ENTRY, MEDITATE | MONDAY, base=1),
    Row("delete an entry", DELETED, ("habit.entry.deleted",), "DELETE", ENTRY, MEDITATE | MONDAY),
    Row("delete an entry that is not", 404, (), "DELETE", ENTRY, MEDITATE | TUESDAY),
)

ACCOUNT = {
    *(("POST", f"/v1/auth/totp/{name}") for name in ("enrol", "confirm", "disable")),
    *(
        ("POST", f"/v1/auth/{name}{more}")
        for name in ("challenge", "step-up", "passkeys/login")
        for more in ("", "/options")
    ),
    *(("POST", f"/v1/auth/{name}") for name in ("recovery-codes", "passkeys", "passkeys/options")),
    *(("PATCH", f"/v1/auth/{name}/{{id}}") for name in ("passkeys", "sessions")),
    *(("DELETE", f"/v1/auth/{name}/{{id}}") for name in ("passkeys", "sessions", "devices")),
    ("DELETE", "/v1/auth/sessions"),
}

# What is asked for by itself below: no `mut` frame carries it.
OWN_TESTS = {
    ("POST", "/v1/auth/register"),
    ("POST", "/v1/auth/login"),
    ("POST", "/v1/auth/refresh"),
    ("POST", "/v1/auth/logout"),
    ("POST", "/v1/auth/verify-email"),  # this and what follows: see tests/account
    ("POST", "/v1/auth/verify-email/resend"),
    ("POST", "/v1/auth/email"),
    ("POST", "/v1/auth/email/confirm"),
    ("POST", "/v1/auth/email/undo"),
    *(("POST", f"/v1/auth/additions/{word}") for word in ("confirm", "disown")),
    *(("POST", f"/v1/auth/password/{word}") for word in ("change", "forgot", "reset")),
    ("POST", "/v1/auth/nonce"),
    ("POST", "/v1/auth/{provider}/token"),
    ("POST", "/v1/auth/identities"),
    ("DELETE", "/v1/auth/identities/{id}"),
    ("DELETE", "/v1/auth/grants/{client}"),  # see tests/oauth/test_grants.py
    *ACCOUNT,  # see tests/account/factors/test_factors_law.py
    ("POST", "/v1/imports/loop"),
    *(("POST", f"/v1/imports/{name}") for name in ("dayone", "habitica")),  # see tests/imports
    *(("POST", f"/v1/imports/csv/{what}") for what in ("habits", "journal", "moods", "tasks")),
    ("POST", "/v1/mutations"),  # see tests/sync/test_mutations.py
    ("POST", "/v1/live/tickets"),
    *(("POST", f"/v1/invitations{name}") for name in ("", "/look", "/accept")),  # test_relations.py
}

# What concerns two people: see tests/sharing/test_shares.py.
ELSEWHERE = {
    ("PUT", "/v1/shares/{coach}"),
    ("DELETE", "/v1/shares/{coach}"),
    ("DELETE", "/v1/clients/{client}"),
    ("DELETE", "/v1/invitations/{id}"),
}

# What has a table of its own: see tests/laws/test_diary_law.py and tests/goals/test_law.py.
OTHER_TABLES = (*DIARY, "/v1/goals/templates", "/v1/goals/{id}/")


def surface(*, live: bool, below: tuple[str, ...] = ("/",)) -> set[tuple[str, str]]:
    """Every operation that writes *below* some paths, by method and path."""
    # Only looked at when an operation runs.
    feeds, edge, tickets = cast("Feeds", None), cast("Edge", None), cast("Tickets", None)
    return {
        (operation.method, operation.path)
        for operation in operations(feeds, edge, tickets)
        if operation.writes and operation.live == live and operation.path.startswith(below)
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
    """Somebody with a goal, two habits, two entries, a vacation and an insight."""
    person = await server.person()
    goal = {"id": GOAL, "title": "Run", "description": "10k", "target_date": "2026-12-31"}
    await done(person.call("POST", GOALS, goal))
    await done(person.call("POST", HABITS, {"id": HABIT, "name": "Meditate", "color": "#00ff00"}))
    await done(person.call("POST", HABITS, {"id": WATER, "name": "Drink", "measure": LITRES}))
    await done(person.call("PUT", ENTRY.format(**MEDITATE, **MONDAY), {"note": "calm"}))
    await done(person.call("PUT", ENTRY.format(**MEDITATE, local_date="2026-01-04"), {}))
    leave = {"id": VACATION, "first": "2026-02-01", "last": "2026-02-14", "note": "skiing"}
    await done(person.call("POST", VACATIONS, leave))
    await publish(server, person, odds=0.5)
    return person


async def done(call: Awaitable[Response]) -> Response:
    """The answer to a write that is expected to succeed."""
    answer = await call
    assert answer.status in (200, 201, 202, 204), answer
    return answer


async def publish(server: Server, person: Client, odds: float) -> None:
    """Say something about meditating, as a learner does."""
    scope = scope_of(server, person)
    insight = Insight(
        id=insight_id(HABIT),
        owner=scope.user,
        created_at=dt.datetime.fromtimestamp(0, dt.UTC),
        updated_at=dt.datetime.fromtimestamp(0, dt.UTC),
        type="habit_odds",
        about=HABIT,
        day=dt.date(2026, 1, 7),
        odds=odds,
        low=None if odds < 0.5 else odds / 2,
        model="test",
    )
    await server.node.services.insights.publish(scope, insight)


def scope_of(server: Server, person: Client) -> Scope:
    """The scope in which a person's requests run."""
    return server.node.services.sessions.authenticate(person.token).scope


async def assert_law(
    before: tuple[Documents, str], person: Client, expected: tuple[str, ...]
) -> None:
    """Whoever held the documents of *before* holds, with its events, those of now."""
    documents, cursor = before
    events = await events_since(person, cursor)
    for event in events:
        apply_event(documents, event)

    assert tuple(event["type"] for event in events) == expected
    assert documents == (await snapshot(person))[0]


async def assert_same_both_ways(ann: Client, bob: Client, phone: Device, row: Row) -> None:
    """Ann writes over REST, Bob on his phone's socket: they get and see the same."""
    if row.earlier is not None:
        await asyncio.gather(*(change_first(person, row) for person in (ann, bob)))
    await phone.until(lambda device: device.live)
    ann_before, bob_before = await snapshot(ann), await snapshot(bob)

    answer = await over_rest(ann, row)
    frame = await phone.mutate(row.method, row.url, row.body, row.base)
    bob_after, cursor = await snapshot(bob)
    await phone.until(lambda device: f"{device.epoch}.{device.seq}" == cursor)

    assert answer.status == row.status, (row.name, answer)
    assert anonymous(as_frame(answer) | {"t": "res", "id": frame["id"]}) == anonymous(frame)
    await assert_law(ann_before, ann, row.events)
    await assert_law(bob_before, bob, row.events)
    assert phone.documents == bob_after
    assert set(phone.applied.values()) <= {1}


def anonymous(answer: Any) -> Any:
    """*answer* without what differs between two people who ask for the same."""
    if not isinstance(answer, dict):
        return answer
    different = {"owner", "created_at", "updated_at", "archived_at", "completed_at", "request_id"}
    different |= {"trashed_at", "journal"}  # the default journal's id follows from its owner's
    return {
        name: anonymous(value) if name not in different else "different"
        for name, value in answer.items()
        if name != "request_id"
    }


async def change_first(person: Client, row: Row) -> None:
    """Write what comes before *row*, to the version that is."""
    if row.method == "PUT":
        await done(person.call("PUT", row.url, row.earlier))
        return
    etag = (await person.call("GET", row.url)).headers["etag"]
    await done(person.call("PATCH", row.url, row.earlier, headers={"If-Match": etag}))


async def over_rest(person: Client, row: Row) -> Response:
    """The answer of the REST route to the same write, which has a name as every `mut` has."""
    headers = {"Idempotency-Key": new_mutation_id()}
    if row.base is not None:
        headers["If-Match"] = f'"v{row.base}"'
    return await person.call(row.method, row.url, row.body, headers=headers)


def as_frame(answer: Response) -> Json:
    """What the socket would say in the place of *answer*."""
    frame: Json = {"status": answer.status}
    if answer.status >= 400:
        frame["problem"] = answer.body
    elif answer.status != 204:
        frame["body"] = answer.body
    if "upcoach-merged" in answer.headers:
        frame["merged"] = answer.headers["upcoach-merged"].split(", ")
    if "etag" in answer.headers:
        frame["ver"] = int(answer.headers["etag"].strip('"v'))
    if "upcoach-cursor" in answer.headers:
        frame["cur"] = answer.headers["upcoach-cursor"]
    return frame


def test_every_operation_that_writes_is_here() -> None:
    rows = {(row.method, row.path) for row in LIVE_ROWS}
    names = [row.name for row in LIVE_ROWS]

    assert rows | ELSEWHERE == surface(live=True) - surface(live=True, below=OTHER_TABLES)
    assert surface(live=False) == OWN_TESTS
    assert len(names) == len(set(names))


@pytest.mark.parametrize("row", [row for row in LIVE_ROWS if row.events], ids=lambda row: row.name)
async def test_old_snapshot_and_events_are_the_new_snapshot(settings: Settings, row: Row) -> None:
    async with serving(settings) as server:
        ann, bob = await asyncio.gather(furnished(server), furnished(server))
        async with Device([server.url], bob.token) as phone:
            await assert_same_both_ways(ann, bob, phone, row)


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.chaos)])
async def test_a_write_that_changes_nothing_has_no_event(settings: Settings, every: int) -> None:
    async with serving(settings) as server:
        ann, bob = await asyncio.gather(furnished(server), furnished(server))
        async with Device([server.url], bob.token) as phone:
            for row in [row for row in LIVE_ROWS if not row.events][::every]:
                await assert_same_both_ways(ann, bob, phone, row)


async def test_what_a_learner_says_follows_the_law(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        scope = scope_of(server, person)
        insights = server.node.services.insights

        before = await snapshot(person)
        await publish(server, person, odds=0.4)
        await assert_law(before, person, ("insight.updated",))
        before = await snapshot(person)
        await publish(server, person, odds=0.4)
        await assert_law(before, person, ())
        before = await snapshot(person)
        await insights.withdraw(scope, insight_id(HABIT))
        await assert_law(before, person, ("insight.deleted",))
        before = await snapshot(person)
        await insights.withdraw(scope, insight_id(HABIT))
        await assert_law(before, person, ())
        before = await snapshot(person)
        await publish(server, person, odds=0.6)
        await assert_law(before, person, ("insight.created",))


async def test_nothing_is_said_of_a_habit_that_is_gone(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await done(person.call("DELETE", ONE_HABIT.format(**MEDITATE)))
        before = await snapshot(person)

        await publish(server, person, odds=0.9)

        await assert_law(before, person, ())


async def test_registering_and_logging_in_begin_a_feed(settings: Settings) -> None:
    async with serving(settings) as server:
        nothing: Documents = {kind: {} for kind in KINDS}
        body = {"email": "ann@example.org", "password": PASSWORD, "name": "Ann", "tz": "UTC"}

        registered = await server.client().call("POST", "/v1/auth/register", body)
        login = {"email": "ANN@example.org", "password": PASSWORD, "device": "phone"}
        answer = await server.client().call("POST", "/v1/auth/login", login)
        ann = server.client(answer.body["token"])

        assert (registered.status, answer.status) == (202, 201)
        await assert_law((nothing, "0"), ann, ("user.created", "session.created"))


async def test_logging_out_of_one_device_is_seen_on_the_other(settings: Settings) -> None:
    async with serving(settings) as server:
        phone = await server.person("phone")
        email = (await phone.call("GET", "/v1/me")).body["email"]
        before = await snapshot(phone)

        login = {"email": email, "password": PASSWORD, "device": "watch", "device_name": "Watch"}
        answer = await server.client().call("POST", "/v1/auth/login", login)
        watch = server.client(answer.body["token"])
        await assert_law(before, phone, ("session.created",))
        before = await snapshot(phone)
        logged_out = await watch.call("POST", "/v1/auth/logout")

        assert logged_out.status == 204
        await assert_law(before, phone, ("session.ended",))
        assert (await watch.call("GET", "/v1/me")).status == 401


async def test_an_import_is_events_like_any_other(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        zipped = {"Content-Type": "application/zip"}
        days = ("2026-01-05,YES_MANUAL,", "2026-01-06,NO,", "2026-01-07,SKIP,ill")

        before = await snapshot(person)
        first = await person.call("POST", "/v1/imports/loop", raw=loop(*days), headers=zipped)
        await assert_law(before, person, ("habit.created", *["habit.entry.set"] * 3))
        before = await snapshot(person)
        again = await person.call("POST", "/v1/imports/loop", raw=loop(*days), headers=zipped)
        await assert_law(before, person, ())
        before = await snapshot(person)
        more = loop("2026-01-05,NO,", *days[1:], "2026-01-08,YES_MANUAL,")
        last = await person.call("POST", "/v1/imports/loop", raw=more, headers=zipped)
        await assert_law(before, person, ("habit.entry.set", "habit.entry.set"))

        assert [first.body, again.body, last.body] == [
            imported(habits=(1, 0), entries=(3, 0, 0)),
            imported(habits=(0, 1), entries=(0, 0, 3)),
            imported(habits=(0, 1), entries=(1, 1, 2)),
        ]


async def test_writes_of_several_devices_end_in_the_same_documents(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        before = await snapshot(person)
        days = [f"2026-02-{day:02}" for day in range(1, 21)]

        await asyncio.gather(
            *(done(person.call("PUT", ENTRY.format(id=HABIT, local_date=day), {})) for day in days),
            *(done(person.call("POST", GOALS, {"title": day})) for day in days),
            done(person.call("DELETE", ONE_GOAL.format(**RUN))),
            done(person.call("DELETE", ONE_HABIT.format(**DRINK))),
        )

        documents, cursor = before
        for event in await events_since(person, cursor):
            apply_event(documents, event)
        assert documents == (await snapshot(person))[0]
        assert len(documents["goal"]) == 20
        assert len(documents["habit.entry"]) == 22


def loop(*checkmarks: str) -> bytes:
    """An export of Loop Habit Tracker with one habit."""
    columns = "Position,Name,Type,Question,Description,FrequencyNumerator,FrequencyDenominator"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        row = "001,Stretch,YES_NO,,,1,1,#00897B,,,,false"
        more = "Color,Unit,Target Type,Target Value,Archived?"
        file.writestr("Habits.csv", f"{columns},{more}\n{row}\n")
        file.writestr("001 Stretch/Checkmarks.csv", "\n".join(("Date,Value,Notes", *checkmarks)))
    return archive.getvalue()


def imported(habits: tuple[int, int], entries: tuple[int, int, int]) -> Json:
    """What an import answers that has nothing to remark."""
    return {
        "habits": dict(zip(("created", "kept"), habits, strict=True)),
        "entries": dict(zip(("created", "updated", "kept"), entries, strict=True)),
        "notes": [],
    }
