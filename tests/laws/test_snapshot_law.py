"""For every mutation: the old snapshot and its events give the new snapshot."""

import asyncio

import pytest

from config.settings import Settings
from models.base.merge_patch import Json
from models.contexts import KINDS
from models.insights.insight import insight_id
from tests.imports.exports import loop
from tests.laws.live_rows import LIVE_ROWS, RUN
from tests.support.laws.snapshots import (
    Documents,
    Row,
    assert_law,
    assert_same_both_ways,
    events_since,
    snapshot,
)
from tests.support.laws.surface import surface
from tests.support.people.diary import PREFIXES as DIARY
from tests.support.people.furnished import (
    DRINK,
    ENTRY,
    GOALS,
    HABIT,
    MEDITATE,
    ONE_GOAL,
    ONE_HABIT,
    furnished,
    publish,
)
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, serving
from tests.support.wire.answers import done
from upcoach.client import Device, apply_event

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
        insights = server.node.services.insights.insights

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


def imported(habits: tuple[int, int], entries: tuple[int, int, int]) -> Json:
    """What an import answers that has nothing to remark."""
    return {
        "habits": dict(zip(("created", "kept"), habits, strict=True)),
        "entries": dict(zip(("created", "updated", "kept"), entries, strict=True)),
        "notes": [],
    }
