"""Notifications: listed, counted, marked, snoozed, and deleted when their time is over."""

import datetime as dt

import pytest

from config.settings import Settings
from models.base.clock import utc_now
from models.base.ids import new_mutation_id
from models.base.merge_patch import Json
from models.notifications import notification_id
from tests.notifications.writing import NOTIFICATIONS, ONE, ids, new, tell
from tests.support.laws.snapshots import assert_law, events_since, snapshot
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.wire.answers import done, next_page
from tests.support.wire.writes import write
from upcoach.client import RestClient
from upcoach.services.notifications import notifications as service
from upcoach.store.write.requests import Mutation

NOON = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
COUNT = f"{NOTIFICATIONS}/unread-count"


async def titles(person: RestClient, query: str) -> str:
    """The titles in a list, page by page."""
    found, path = "", f"{NOTIFICATIONS}?{query}"
    while path:
        answer = await person.call("GET", path)
        assert answer.status == 200, answer
        found += "".join(item["title"] for item in answer.body["items"])
        path = next_page(answer)
    return found


async def counts(person: RestClient) -> tuple[int, int]:
    """How many are unread, and unseen."""
    body: Json = (await person.call("GET", COUNT)).body
    return body["unread"], body["unseen"]


async def mark(person: RestClient, name: str, **fields: object) -> Json:
    """Change a notification."""
    body: Json = (await write(person, "PATCH", ONE.format(id=name), fields, 1)).body
    return body


def test_the_id_follows_from_person_moment_and_key() -> None:
    later = NOON + dt.timedelta(seconds=1)
    names = [
        notification_id(owner, at, key)
        for owner in ("usr_1", "usr_2")
        for at in (NOON, later)
        for key in ("task:tsk_1", "task:tsk_2")
    ]

    assert len(set(names)) == 8
    assert names[0] == notification_id("usr_1", NOON, "task:tsk_1")
    assert max(names[:2]) < min(names[2:4])


async def test_notifications_are_listed_newest_first_by_what_is_asked_for(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        names = ids(4, NOON)
        for name, title, type_ in zip(
            names, "abcd", ("task_due", "new_login", "task_due", "new_login"), strict=True
        ):
            await tell(server, person, new(name, title=title, type=type_))
        await tell(server, await server.person(), new(names[0], title="x"))
        await mark(person, names[1], read=True)
        await mark(person, names[2], read=True)

        for query, expected in {
            "": "dcba",
            "limit=3": "dcba",
            "unread=true": "da",
            "unread=true&limit=1": "da",
            "unread=false": "cb",
            "type=new_login": "db",
            "type=new_login&limit=1": "db",
            "type=task_due&unread=true": "a",
            "type=mood_check_in": "",
        }.items():
            assert await titles(person, query) == expected, query
        for query in ("unread=yes", "type=weather", "sort=created_at", "limit=0", "after=x"):
            assert (await person.call("GET", f"{NOTIFICATIONS}?{query}")).status == 400, query


async def test_what_is_read_was_seen_and_what_is_snoozed_waits(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        first, second, third = ids(3, NOON)
        await tell(server, person, *map(new, (first, second, third)))
        assert await counts(person) == (3, 3)

        read = await mark(person, first, read=True)
        seen = await mark(person, second, seen=True)
        later = (utc_now() + dt.timedelta(hours=1)).isoformat()
        snoozed = await mark(person, third, snoozed_until=later)

        assert (read["read"], read["seen"], read["read_at"]) == (True, True, read["seen_at"])
        assert (seen["read"], seen["seen"], "read_at" in seen) == (False, True, False)
        assert (snoozed["read"], "snoozed_until" in snoozed) == (False, True)
        assert await counts(person) == (1, 1)
        past = (utc_now() - dt.timedelta(seconds=1)).isoformat()
        await write(person, "PATCH", ONE.format(id=third), {"snoozed_until": past}, 2)
        assert await counts(person) == (2, 1)


async def test_all_are_marked_in_parts_and_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PART", 4)
    async with serving(settings) as server:
        person = await server.person()
        names = ids(10, NOON)
        await tell(server, person, *map(new, names))
        await mark(person, names[3], read=True)
        before = await snapshot(person)
        key = {"Idempotency-Key": new_mutation_id()}

        seen = await person.call("POST", f"{NOTIFICATIONS}/seen-all")
        first = await person.call("POST", f"{NOTIFICATIONS}/read-all", headers=key)
        again = await person.call("POST", f"{NOTIFICATIONS}/read-all", headers=key)
        other = await person.call("POST", f"{NOTIFICATIONS}/read-all")

        bodies = [answer.body["marked"] for answer in (seen, first, again, other)]
        assert first.body["up_to"].endswith("Z")  # as all moments are
        assert bodies == [9, 9, 9, 0]
        assert await counts(person) == (0, 0)
        await assert_law(before, person, ("notification.updated",) * 18)


async def test_what_was_cut_off_goes_on_and_leaves_later_changes_alone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PART", 2)
    async with serving(settings) as server:
        person = await server.person()
        names = ids(5, NOON)
        await tell(server, person, *map(new, names))
        scope, mutation = scope_of(server, person), Mutation(new_mutation_id(), b"read-all")
        notifications = server.node.services.notifications.notifications

        first = await notifications._mark_first(scope, mutation, read=True)
        assert await counts(person) == (3, 3)
        unread = [one["id"] for one in await listed(person) if not one["read"]]
        await mark(person, unread[0], seen=True)
        again = await notifications.mark_all(scope, mutation, read=True)

        assert (first.body or {})["marked"] == 5
        assert again.body == first.body
        assert [one["id"] for one in await listed(person) if not one["read"]] == [unread[0]]


async def listed(person: RestClient) -> list[Json]:
    """The notifications of *person*."""
    items: list[Json] = (await person.call("GET", NOTIFICATIONS)).body["items"]
    return items


async def test_what_has_expired_is_deleted_and_told(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        names = ids(3, NOON)
        past = utc_now() - dt.timedelta(minutes=1)
        await tell(
            server,
            person,
            new(names[0], expires_at=past),
            new(names[1], expires_at=utc_now() + dt.timedelta(hours=1)),
            new(names[2], expires_at=past),
        )
        before = await snapshot(person)

        await server.node.services.notifications.expiry.delete_expired()

        await assert_law(before, person, ("notification.deleted",) * 2)
        assert await left(server, person) == [names[1]]


async def test_of_too_many_the_oldest_are_deleted(settings: Settings) -> None:
    async with serving(settings) as server:
        person, other = await server.person(), await server.person()
        names = ids(5, NOON)
        for name in names:
            await tell(server, person, new(name))
        await tell(server, other, *map(new, names[:2]))
        expiry = server.node.services.notifications.expiry
        expiry.most = 2
        cursor = (await snapshot(person))[1]

        await expiry.delete_surplus()
        await expiry.delete_surplus()

        assert await left(server, person) == sorted(names[3:])
        assert await left(server, other) == sorted(names[:2])
        assert len(await events_since(person, cursor)) == 3


async def left(server: Server, person: RestClient) -> list[str]:
    """The ids of the notifications that *person* has."""
    page = await server.node.services.notifications.notifications.page(scope_of(server, person))
    return [notification.id for notification in page]


async def test_nobody_makes_a_notification_by_hand(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()

        answer = await person.call("POST", NOTIFICATIONS, {"title": "You have won"})

        assert answer.status == 405
        assert (await done(person.call("GET", NOTIFICATIONS))).body["items"] == []
