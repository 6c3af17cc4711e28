"""What in the log notifies people, and what does not."""

import dataclasses
import datetime as dt
from typing import Any

import pytest

from config.settings import Settings
from models.base.clock import utc_now
from models.base.merge_patch import Json
from models.notifications import Occasion, has_moved, occasion_of
from models.notifications.occasions import STALE
from models.wire.frames import Author, Ev
from streams.consumers.notifier import NotificationConsumer
from tests.consumers.goal_count import ground_of
from tests.notifications.writing import NOTIFICATIONS, PREFERENCES, heard
from tests.support.people.relations import share, unshare
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, Server, serving
from tests.support.server.learning import connected
from tests.support.wire.answers import done
from tests.support.wire.writes import write
from upcoach.client import RestClient, SyncDevice
from upcoach.services.notifications import NotificationServices, occasions

NOON = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
GOAL = "/v1/goals/{}"


def event(type_: str, by: str = "ann", **content: Any) -> Ev:
    """An event in Ann's feed."""
    named: dict[str, Any] = {"id": "x"} | content
    return Ev(f="u:ann", seq=9, type=type_, ver=2, by=Author(user=by), at=NOON, **named)


def milestones(**parts: Json | None) -> Json:
    """The patch of a goal whose milestones change."""
    return {"patch": {"milestones": parts}}


def booked(by: str, status: str) -> Ev:
    """The event of a session that is booked."""
    return event("coaching_session.created", by, doc={"status": status})


def session(by: str, **patch: Any) -> Ev:
    """The event of a session that is changed."""
    return event("coaching_session.updated", by, patch=patch)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (event("session.created", doc={}), ("new_login", "", ())),
        (event("session.ended", patch={}), None),
        (
            event("goal.updated", **milestones(a={"done": True}, b=None)),
            ("goal_milestone", "", "a"),
        ),
        (event("goal.updated", **milestones(a={"done": None})), None),
        (event("goal.updated", **milestones(a={"title": "New", "done": True})), None),
        (event("goal.updated", patch={"title": "Run"}), None),
        (event("goal.created", doc={"milestones": {"a": {"done": True}}}), None),
        (event("habit.entry.set", id="x/2026-01-05", doc={}), ("achievement_unlocked", "", ())),
        (event("habit.entry.set", id="x/2025-12-29", patch={}), ("achievement_unlocked", "", ())),
        (event("habit.entry.set", id="x/2025-12-28", doc={}), None),
        (event("habit.entry.deleted"), None),
        (event("share.set", "bob", doc={}), ("share_changed", "coach_joined", ())),
        (event("share.set", doc={}), None),
        (event("share.deleted", "bob"), ("share_changed", "coach_left", ())),
        (event("share.set", "bob", patch={"kinds": ["goal"]}), None),
        (event("share.deleted"), None),
        (event("client.set", "bob", doc={}), ("share_changed", "client_joined", ())),
        (
            event("client.set", "bob", patch={"kinds": ["goal"]}),
            ("share_changed", "client_shares", ()),
        ),
        (event("client.set", "bob", patch={"accepted_at": "x"}), None),
        (event("client.deleted", "bob"), ("share_changed", "client_left", ())),
        (event("client.entry.created", "bob", doc={}), None),
        (event("user.updated", patch={"tz": "UTC"}), None),
        (booked("bob", "confirmed"), ("session_booked", "", ())),
        (booked("bob", "pending"), ("session_booked", "pending", ())),
        (booked("ann", "confirmed"), None),
        (session("bob", status="confirmed"), ("session_changed", "confirmed", ())),
        (session("bob", status="declined", reason="Away"), ("session_changed", "declined", ())),
        (session("bob", status="cancelled"), ("session_changed", "cancelled", ())),
        (session("bob", starts_at="x", status="pending"), ("session_changed", "moved", ())),
        (session("bob", status="completed"), ("session_changed", "completed", ())),
        (session("bob", status="in_progress"), None),
        (session("bob", client_rating=5), None),
        (session("ann", status="cancelled"), None),
    ],
    ids=lambda given: given.type if isinstance(given, Ev) else "",
)
def test_an_event_says_whether_it_is_an_occasion(
    said: Ev, expected: tuple[str, str, str] | None
) -> None:
    found = occasion_of(said)

    shown = None if found is None else (found.type, found.case, found.parts)
    assert shown == (expected and (*expected[:2], tuple(expected[2])))


def test_what_is_a_day_ago_is_stale_and_a_zone_is_heard_of() -> None:
    occasion = Occasion(type="new_login", owner="ann", about="x", at=NOON)

    assert [occasion.is_stale(NOON + age) for age in (STALE, STALE * 2)] == [False, True]
    assert has_moved(event("user.updated", patch={"tz": "UTC"}))
    assert not has_moved(event("user.updated", patch={"name": "Ann"}))


async def log_in(server: Server, person: RestClient, device: str, **fields: str) -> None:
    """Log *person* in once more."""
    email = (await person.call("GET", "/v1/me")).body["email"]
    body = {"email": email, "password": PASSWORD, "device": device} | fields
    await done(server.client().call("POST", "/v1/auth/login", body))


async def test_a_device_is_known_however_many_logins_are_older(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(occasions, "SESSIONS", 2)
    both = dataclasses.replace(settings, roles=frozenset({"web", "schedule"}))
    async with serving(both) as server:
        person, client = await server.person(), await server.person()
        async with SyncDevice([server.url], person.token) as phone:
            await phone.until(lambda device: device.live)
            for device in ("watch", "tablet", "tablet"):
                await log_in(server, person, device, device_name=device)
            await share(client, person)

            await heard(phone, "New login", "New login", "You have a new client")


async def test_people_are_notified_of_what_happens(settings: Settings) -> None:
    both = dataclasses.replace(settings, roles=frozenset({"web", "schedule"}))
    async with serving(both) as server:
        person, client = await server.person(), await server.person()
        await done(person.call("PATCH", PREFERENCES, {"digest": True}))
        async with SyncDevice([server.url], person.token) as phone:
            await phone.until(lambda device: device.live)
            await log_in(server, person, "watch", device_name="Ann's watch")
            await log_in(server, person, "watch", device_name="Ann's watch")
            for number in range(2):  # as pages do it, whose devices have no name of their own
                browser = f"browser:{number}"
                await log_in(server, person, browser, device_name="Firefox", app="web")
            await reach_milestones(person)
            await swim_for_the_first_time(person)
            await share(client, person)
            await unshare(client, person)
            me = (await person.call("GET", "/v1/me")).body
            await write(person, "PATCH", "/v1/me", {"tz": "Asia/Tokyo"}, me["version"])

            found = await heard(
                phone,
                "Achievement unlocked",
                "Coaching ended",
                "Milestone reached",
                "Milestone reached",
                "New login",
                "New login",
                "Sharing updated",
                "You have a new client",
            )
            await phone.until(lambda device: zone_on(device) == "Asia/Tokyo")

        bodies = sorted(one["body"] for one in found)
        assert bodies == [
            "Swim: done for the first time!",
            "Your account was used to log in on “Ann's watch”. Not you? Change your password now.",
            "Your account was used to log in on “Firefox”. Not you? Change your password now.",
            "“10k” is done. One step closer to “Run”.",
            "“5k” is done. One step closer to “Run”.",
            "“Test Person” has accepted your invitation.",
            "“Test Person” has changed what you can see.",
            "“Test Person” is no longer sharing with you.",
        ]
        stale = Occasion(
            type="share_changed",
            owner=scope_of(server, person).user,
            about=scope_of(server, client).user,
            at=utc_now() - 2 * STALE,
            case="client_joined",
        )
        await server.node.services.notifications.occasions.tell(stale)
        assert len((await person.call("GET", NOTIFICATIONS)).body["items"]) == len(found)


async def reach_milestones(person: RestClient) -> None:
    """Reach two milestones of a goal, one of them twice."""
    parts = {"a": {"title": "5k"}, "b": {"title": "10k", "place": 1.0}}
    goal = await done(person.call("POST", "/v1/goals", {"title": "Run", "milestones": parts}))
    path = GOAL.format(goal.body["id"])
    for version, (name, is_done) in enumerate(
        [("a", True), ("a", False), ("a", True), ("b", True)], start=1
    ):
        reached = {"milestones": {name: {"done": is_done}}}
        await done(write(person, "PATCH", path, reached, version))


async def swim_for_the_first_time(person: RestClient) -> None:
    """Log a habit today, take it back, and log it again; and on a day long ago."""
    habit = (await done(person.call("POST", "/v1/habits", {"name": "Swim"}))).body
    entries = f"/v1/habits/{habit['id']}/entries"
    today = f"{entries}/{utc_now().date()}"
    await done(person.call("PUT", today, {}))
    await done(person.call("DELETE", today))
    await done(person.call("PUT", today, {}))


def zone_on(device: SyncDevice) -> str | None:
    """The zone of the preferences on a device."""
    [kept] = device.documents["notification_preferences"].values()
    tz: str | None = kept.get("tz")
    return tz


def consumer_of(services: NotificationServices) -> NotificationConsumer:
    """Another notifier."""
    return NotificationConsumer(services.occasions, services.held)


async def test_what_a_process_that_died_had_told_is_not_told_again(settings: Settings) -> None:
    async with serving(settings) as server, connected(settings) as redis:
        person = await server.person()
        services = server.node.services.notifications
        ground = ground_of(server, settings, redis)
        dead, heir = (ground.durable(consumer_of(services)) for _ in range(2))
        await dead.load()
        await log_in(server, person, "watch")
        await dead.step()  # and nothing is saved
        [told] = (await person.call("GET", NOTIFICATIONS)).body["items"]
        await done(person.call("DELETE", f"{NOTIFICATIONS}/{told['id']}"))

        await heir.load()
        await log_in(server, person, "tablet")
        await heir.recover()
        await heir.step()

        [other] = (await person.call("GET", NOTIFICATIONS)).body["items"]
        assert told["about"] != other["about"]
        assert told["body"].startswith("Your account was used to log in on a phone.")
