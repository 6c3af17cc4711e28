"""For every mutation: the old snapshot and its events give the new snapshot."""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

import pytest

from config.settings import Settings
from models.base.merge_patch import Json
from models.contexts import KINDS
from models.insights import HabitForecast, insight_id
from tests.imports.exports import loop
from tests.laws.contexts import CONTEXTS, WRITES, WRITING
from tests.support.laws.context import ContextRows
from tests.support.laws.snapshots import (
    Documents,
    Row,
    anonymous,
    apart,
    as_frame,
    assert_law,
    change_first,
    events_since,
    kept,
    over_rest,
    snapshot,
)
from tests.support.laws.surface import surface
from tests.support.people.furnished import (
    DRINK,
    ENTRY,
    GOAL,
    GOALS,
    HABIT,
    MEDITATE,
    ONE_GOAL,
    ONE_HABIT,
    furnished,
    publish,
)
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, Server, serving
from tests.support.wire.answers import done
from upcoach.client import RestClient, SyncDevice, apply_event

EVERY_CONTEXT = pytest.mark.parametrize("context", WRITING, ids=lambda context: context.name)


def test_every_operation_that_writes_is_here() -> None:
    rows = {(row.method, row.path) for row in WRITES}
    elsewhere = {place for context in CONTEXTS for place in context.elsewhere}
    alone = {place for context in CONTEXTS for place in context.alone}
    names = [(context.name, row.name) for context in WRITING for row in context.writes]

    assert rows | elsewhere == surface(live=True)
    assert alone == surface(live=False)
    assert len(names) == len(set(names))


@EVERY_CONTEXT
async def test_old_snapshot_and_events_are_the_new_snapshot(
    settings: Settings, context: ContextRows
) -> None:
    async with serving(settings) as server:
        for rows in apart(row for row in context.writes if row.events):
            await try_rows(server, context, rows)


@EVERY_CONTEXT
async def test_a_write_that_changes_nothing_has_no_event(
    settings: Settings, context: ContextRows
) -> None:
    quiet = [row for row in context.writes if not row.events]
    async with serving(settings) as server:
        await try_rows(server, context, [row for row in quiet if row.earlier is None])
        for rows in apart(row for row in quiet if row.earlier is not None):
            await try_rows(server, context, rows)


async def try_rows(server: Server, context: ContextRows, rows: Iterable[Row]) -> None:
    """Ann writes over REST, Bob on his phone's socket: they get and see the same."""
    ann, bob = await asyncio.gather(server.person(), server.person())
    await asyncio.gather(*(context.furnish(server, person) for person in (ann, bob)))
    held = [await Held.by(server, person) for person in (ann, bob)]
    async with SyncDevice([server.url], bob.token) as phone:
        for row in rows:
            if row.earlier is not None:
                await asyncio.gather(change_first(ann, row), change_first(bob, row))
                held = [await Held.by(server, person) for person in (ann, bob)]
            await phone.until(lambda device: device.live)

            answer = await over_rest(ann, row)
            frame = await phone.mutate(row.method, row.url, row.body, row.base)

            assert answer.status == row.status, (row.name, answer)
            assert anonymous(as_frame(answer) | {"t": "res", "id": frame["id"]}) == anonymous(frame)
            held = [await one.followed(row.events) for one in held]
            # Also of kinds without an event, before the next row hides it.
            assert held[0].documents == await kept(server, ann), row.name
            await caught_up(phone, held[1].cursor)
            assert phone.documents == held[1].documents
    assert set(phone.applied.values()) <= {1}
    assert (held[0].documents, held[0].cursor) == await snapshot(ann)


async def caught_up(phone: SyncDevice, cursor: str) -> None:
    """Return when *phone* has heard all up to *cursor*."""
    await phone.until(lambda device: f"{device.epoch}.{device.seq}" == cursor)


class Held(NamedTuple):
    """What somebody holds who has followed a person up to a cursor."""

    person: RestClient
    documents: Documents
    cursor: str

    @classmethod
    async def by(cls, server: Server, person: RestClient) -> "Held":
        """What *person* holds now, as the node reads it."""
        cursor = (await person.call("GET", "/v1/snapshot?limit=1")).headers["upcoach-cursor"]
        return cls(person, await kept(server, person), cursor)

    async def followed(self, expected: tuple[str, ...]) -> "Held":
        """The same with the events since then, which are of the *expected* types, by the law."""
        events = await events_since(self.person, self.cursor)
        assert tuple(event["type"] for event in events) == expected
        if not events:
            return self
        for event in events:
            apply_event(self.documents, event)
        cursor = ""
        for kind in {event["type"].rpartition(".")[0] for event in events}:
            answer = await self.person.call("GET", f"/v1/snapshot?kind={kind}")
            assert self.documents[kind] == {one["id"]: one for one in answer.body["items"]}
            cursor = answer.headers["upcoach-cursor"]
        return Held(self.person, self.documents, cursor)


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
        await insights.withdraw(HabitForecast, scope, insight_id(HABIT))
        await assert_law(before, person, ("insight.deleted",))
        before = await snapshot(person)
        await insights.withdraw(HabitForecast, scope, insight_id(HABIT))
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
            done(person.call("DELETE", ONE_GOAL.format(id=GOAL))),
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
        "reports": [],
        "reports_unlisted": 0,
    }
