"""What quiet hours hold back, and what is put off, rings once and where it may."""

import asyncio
import dataclasses
import datetime as dt
from typing import Any

from config.settings import ProcessRole, Settings
from models.base.clock import utc_now
from models.notifications import Notification, notification_id
from tests.notifications.devices import Carried, carried_of, phone, registered
from tests.notifications.evening import Evening, by_day, types
from tests.notifications.writing import ids, new, tell
from tests.support.people.chaos import PATIENCE_S, until
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from tests.support.wire.writes import write
from upcoach.client import RestClient
from upcoach.services.notifications import NotificationRequest
from upcoach.services.notifications.base.notifying import NotificationSender
from upcoach.services.notifications.reminders.held_back import (
    HeldNotifications,
    SnoozedNotifications,
)
from upcoach.store.write.timers import COLLECTION


async def until_carried(carried: Carried, count: int) -> None:
    """Wait until so many pushes have left."""
    await until(lambda: len(carried.pushes) >= count)


async def test_what_was_put_off_comes_again(settings: Settings) -> None:
    async with serving(settings) as server:
        evening = Evening(server, await server.person())
        call = evening.person.call
        habit = {"name": "Run", "reminders": [{"time": "07:30"}]}
        await done(call("POST", "/v1/habits", habit))
        [told] = await evening.pass_over("habit_reminder")
        later = utc_now() + dt.timedelta(hours=2)
        path, headers = f"/v1/notifications/{told['id']}", {"If-Match": f'"v{told["version"]}"'}
        until = {"snoozed_until": later.isoformat(), "seen": True}
        await done(call("PATCH", path, until, headers=headers))
        carried = carried_of(server)
        await registered(evening.person, phone("token-of-the-phone"))

        await evening.pass_over("snooze_over")
        again = (await done(call("GET", path))).body
        assert (again.get("snoozed_until"), again["seen"]) == (None, False)
        await until_carried(carried, 1)
        assert [message.title for _, message in carried.pushes] == ["Run"]


async def test_what_the_night_held_back_comes_as_one_message(settings: Settings) -> None:
    async with serving(settings) as server:
        evening = Evening(server, await server.person())
        call = evening.person.call
        now = utc_now()
        start, end = now - dt.timedelta(hours=1), now + dt.timedelta(hours=1)
        night = {"start": f"{start:%H:%M}", "end": f"{end:%H:%M}"}
        quiet = {"quiet_hours": night, "hold_own_times": True}
        await done(call("PATCH", "/v1/notifications/preferences", quiet))
        carried = carried_of(server)
        await registered(evening.person, phone("token-of-the-phone"))
        soon = now + dt.timedelta(minutes=3)
        due = {"due_date": str(soon.date()), "due_time": f"{soon:%H:%M}", "tz": "UTC"}
        for title in ("Pay", "Call", "Write"):
            await done(call("POST", "/v1/tasks", {"title": title, **due}))
        told = await evening.at(soon)
        assert types(told) == ["task_due"] * 3
        assert carried.pushes == []
        await evening.at(end)
        await until_carried(carried, 1)
        [(_, message)] = carried.pushes
        assert message.body == "3 notifications are waiting for you."
        await evening.at(evening.now + dt.timedelta(hours=1))
        async with server.node.database.connection():
            rows = await server.node.database[COLLECTION].count_documents(
                {"rule": "quiet_hours_over"}
            )
        assert (rows, len(carried.pushes)) == (0, 1)


BOTH: frozenset[ProcessRole] = frozenset({"web", "schedule"})
HOUR = dt.timedelta(hours=1)
HOLDING = {"hold_own_times": True}
SILENT = {"channels": {"task_due": {"push": False}}}

# Hours from now: when quiet hours begin and end, of what is held back and put off until when;
# what else is preferred; how many pushes there are after two hours, and in all.
HELD_AND_SNOOZED: list[
    tuple[tuple[int, int], int | None, int | None, dict[str, Any], tuple[int, int]]
] = [
    ((5, 6), None, 2, {}, (1, 1)),
    ((5, 6), None, 2, SILENT, (0, 0)),
    ((1, 3), None, 2, {}, (1, 1)),  # it is a time that the person has set
    ((1, 3), None, 2, HOLDING, (0, 1)),
    ((1, 3), 3, 2, {}, (1, 1)),  # not once more when the quiet hours end
    ((1, 2), 2, 2, {}, (1, 1)),  # which they do at the same moment
    ((1, 2), 2, 3, {}, (0, 1)),
    ((1, 2), 2, None, {}, (1, 1)),
    ((1, 3), 2, None, {}, (0, 1)),  # they last longer than was meant when it was held back
]


async def test_what_was_held_back_or_put_off_rings_once_and_where_it_may(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        carried, now = carried_of(server), utc_now().replace(second=0, microsecond=0)
        people = [await server.person() for _ in HELD_AND_SNOOZED]
        evening = Evening(server, people[0])
        for number, (person, case) in enumerate(zip(people, HELD_AND_SNOOZED, strict=True)):
            (start, end), held, snoozed, more, _ = case
            night = {"start": f"{now + start * HOUR:%H:%M}", "end": f"{now + end * HOUR:%H:%M}"}
            preferences = {"quiet_hours": night, **more}
            await done(person.call("PATCH", "/v1/notifications/preferences", preferences))
            await registered(person, phone(f"token-of-the-phone-{number}"))
            await tell_held(server, person, None if held is None else now + held * HOUR)
            if snoozed is not None:
                await snooze(person, now + snoozed * HOUR)
        counts = []
        for hours in (2, 4):
            await evening.at(now + hours * HOUR + dt.timedelta(seconds=1))
            counts.append(await pushes_to(server, carried, people))

        expected = [pushes for *_, pushes in HELD_AND_SNOOZED]
        assert list(zip(*counts, strict=True)) == expected


async def tell_held(server: Server, person: RestClient, until: dt.datetime | None) -> None:
    """Give *person* a notification that quiet hours hold back until a moment."""
    name = notification_id(scope_of(server, person).user, utc_now(), str(until))
    await tell(server, person, new(name, held_until=until))


async def snooze(person: RestClient, until: dt.datetime) -> None:
    """Put off the only notification of *person*."""
    [told] = (await done(person.call("GET", "/v1/notifications"))).body["items"]
    path, headers = f"/v1/notifications/{told['id']}", {"If-Match": '"v1"'}
    patch = {"snoozed_until": until.isoformat()}
    await done(person.call("PATCH", path, patch, headers=headers))


async def pushes_to(server: Server, carried: Carried, people: list[RestClient]) -> list[int]:
    """How many pushes each of *people* got, when one more that is sent to each has come."""
    key = f"mark:{len(carried.pushes)}"
    for person in people:
        owner = scope_of(server, person).user
        mark = NotificationRequest(
            owner=owner, type="new_login", case="browser", at=utc_now(), key=key, link=key
        )
        assert await NotificationSender(server.node.committer).send(mark)

    def is_marked() -> bool:
        return sum(message.link == key for _, message in carried.pushes) == len(people)

    await until(is_marked)
    rings = [token for token, message in carried.pushes if message.type != "new_login"]
    return [rings.count(f"token-of-the-phone-{number}") for number in range(len(people))]


def night(*hours: float) -> dict[str, Any]:
    """Quiet hours that begin and end so many hours from now."""
    start, end = (utc_now() + each * HOUR for each in hours)
    return {"quiet_hours": {"on": True, "start": f"{start:%H:%M}", "end": f"{end:%H:%M}"}}


async def test_a_night_that_is_shorter_or_over_holds_no_longer(settings: Settings) -> None:
    async with serving(dataclasses.replace(settings, roles=BOTH)) as server:
        person, carried = await server.person(), carried_of(server)
        database = server.node.database
        await registered(person, phone("token-of-the-phone"))

        async def prefer(patch: dict[str, Any]) -> None:
            await done(person.call("PATCH", "/v1/notifications/preferences", patch))

        async def due_in_hours() -> float:
            async with database.connection():
                row = await database[COLLECTION].find_one({"rule": "quiet_hours_over"})
            return float("inf") if row is None else (row["due"] - utc_now()) / HOUR

        await prefer(night(-2, 4))
        for title in ("Pay", "Call"):
            request = NotificationRequest(
                owner=scope_of(server, person).user,
                type="task_due",
                case="today",
                at=utc_now(),
                key=title,
                values={"task": title},
                link="/tasks",
            )
            assert await NotificationSender(server.node.committer).send(request)
        assert 3 < await due_in_hours() < 4.1

        await prefer(night(-2, 2))
        while await due_in_hours() > 2.1:
            await asyncio.sleep(0.01)
        assert carried.pushes == []

        await prefer({"quiet_hours": {"on": False}})
        await until_carried(carried, 1)
        [(_, digest)] = carried.pushes
        assert (digest.type, digest.title) == ("digest", "While you were away")
        assert await due_in_hours() == float("inf")


async def test_a_night_that_ends_early_lets_go_all_that_it_held(settings: Settings) -> None:
    async with serving(dataclasses.replace(settings, roles=BOTH)) as server:
        person, later = await server.person(), utc_now() + 8 * HOUR
        rows = server.node.database[COLLECTION]
        held = [new(name, held_until=later) for name in ids(250, utc_now())]
        await tell(server, person, *held)

        quiet = {"quiet_hours": {"on": False}}
        await done(person.call("PATCH", "/v1/notifications/preferences", quiet))

        async with asyncio.timeout(PATIENCE_S), server.node.database.connection():
            while await rows.count_documents({"rule": "quiet_hours_over"}):
                await asyncio.sleep(0.01)


async def test_who_moves_out_of_the_night_is_told_at_once(settings: Settings) -> None:
    async with serving(dataclasses.replace(settings, roles=BOTH)) as server:
        person, carried = await server.person(), carried_of(server)
        await registered(person, phone("token-of-the-phone"))
        me = (await done(person.call("GET", "/v1/me"))).body
        zone = {"tz": by_day()}
        await tell_held(server, person, utc_now() + 3 * HOUR)

        await write(person, "PATCH", "/v1/me", zone, me["version"])

        await until_carried(carried, 1)


async def test_what_was_read_or_let_go_meanwhile_is_left_alone(settings: Settings) -> None:
    async with serving(settings) as server:
        person, later = await server.person(), utc_now() + HOUR
        handlers = server.node.assembly.timers._handlers
        held_back, snoozed = handlers["quiet_hours_over"], handlers["snooze_over"]
        assert isinstance(held_back, HeldNotifications)
        assert isinstance(snoozed, SnoozedNotifications)
        documents, owner = held_back._documents, scope_of(server, person).user
        await tell_held(server, person, None)
        await snooze(person, later)
        [free] = await documents.page(Notification, owner)
        assert free.snoozed_until is not None
        await done(
            person.call(
                "PATCH",
                f"/v1/notifications/{free.id}",
                {"read": True},
                headers={"If-Match": '"v2"'},
            )
        )
        await tell_held(server, person, later)
        kept = await documents.page(Notification, owner)

        assert not await snoozed.act(free, free.snoozed_until, later)
        assert not await held_back.act(free, later, later)
        assert await documents.page(Notification, owner) == kept
