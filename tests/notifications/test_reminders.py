"""Reminders come at their time, once, whatever dies, and not where nothing is left to do."""

import datetime as dt
import random
from typing import Any

import msgspec
import pytest

from config.settings import Settings
from models.base.clock import utc_now
from models.base.metrics import Metrics
from models.base.time import DAY, instant_of_minute, local_date
from models.habits import Habit
from models.habits.reminders import Reminder
from models.notifications import Notification, notification_id
from models.notifications.delivery import minute_of_day
from tests.notifications.devices import Carried, carried_of, phone, registered
from tests.notifications.simulated_weeks import ZONES, Simulation
from tests.notifications.writing import new, tell
from tests.support.people.chaos import until
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from upcoach.client import RestClient
from upcoach.services.base.timers import DocumentTimer, TimerRunner
from upcoach.services.notifications import NotificationRequest
from upcoach.services.notifications.base.notifying import NotificationSender
from upcoach.services.notifications.reminders.held_back import (
    HeldNotifications,
    SnoozedNotifications,
)
from upcoach.store.write.timers import COLLECTION, Timers

TIMES = ["00:10", "02:30", "07:45", "21:30"]  # further apart than a step and a lease


async def simulated(settings: Settings, *, people: int, days: int, seed: int) -> int:
    """Let weeks pass with schedulers that die; how many reminders there were."""
    async with serving(settings) as server:
        simulation = Simulation(server, random.Random(seed))
        for number in range(people):
            person = await server.person()
            for tz in ZONES:
                await simulation.add(person, tz, TIMES[number % 4 :] or TIMES)
        until = simulation.began + days * DAY

        await simulation.run(until, kills=0.2)

        told = await simulation.told()
        assert len(told) == len(set(told))
        assert told == simulation.expected()
        return len(told)


async def test_no_reminder_is_missing_and_none_comes_twice(settings: Settings) -> None:
    assert await simulated(settings, people=1, days=1, seed=1) > 25


@pytest.mark.chaos
@pytest.mark.timeout(3_600)
async def test_ten_thousand_reminders_over_weeks(settings: Settings) -> None:
    assert await simulated(settings, people=8, days=70, seed=2) > 10_000


class Evening:
    """A server whose timers fire when a test says what time it is."""

    def __init__(self, server: Server, person: RestClient) -> None:
        self.person = person
        self._server = server
        self._owner = scope_of(server, person).user
        self._now = utc_now()

    async def pass_over(self, rule: str) -> list[Any]:
        """Let the next moment of the person's timers of a rule come; what is told then."""
        database = self._server.node.database
        async with database.connection():
            row = await database[COLLECTION].find_one({"rule": rule, "owner": self._owner})
        assert row is not None, rule
        return await self.at(row["due"] + dt.timedelta(seconds=1))

    async def at(self, now: dt.datetime) -> list[Any]:
        """Let it be *now*; what the person's notifications are then, the newest first."""
        self._now = now
        runner = self._runner()
        await runner.run_due()
        answer = await done(self.person.call("GET", "/v1/notifications"))
        items: list[Any] = answer.body["items"]
        return items

    def _runner(self) -> TimerRunner:
        node = self._server.node
        runner = TimerRunner(
            Timers(node.database, lambda: self._now),
            node.services.habits.habits._documents,
            lambda: self._now,
            Metrics(),
        )
        for rule, handler in node.assembly.timers._handlers.items():
            runner.handles(rule, handler)
        return runner


async def until_carried(carried: Carried, count: int) -> None:
    """Wait until so many pushes have left."""
    await until(lambda: len(carried.pushes) >= count)


def types(items: list[Any]) -> list[str]:
    """The types of notifications."""
    return [item["type"] for item in items]


def by_day() -> str:
    """A zone whose clocks show some time between noon and one."""
    hours = 12 - utc_now().hour
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"


async def test_what_is_done_already_reminds_nobody(settings: Settings) -> None:
    async with serving(settings) as server:
        evening = Evening(server, await server.person())
        call, tz = evening.person.call, by_day()
        habit = {"name": "Run", "tz": tz, "reminders": [{"time": "23:30"}]}
        made = (await done(call("POST", "/v1/habits", habit))).body
        today = local_date(utc_now(), tz)
        await done(call("PUT", f"/v1/habits/{made['id']}/entries/{today}", {}))

        assert await evening.pass_over("habit_reminder") == []
        [told] = await evening.pass_over("habit_reminder")
        assert (told["type"], told["title"], told["about"], told["link"]) == (
            "habit_reminder",
            "Run",
            made["id"],
            f"/habits/{made['id']}",
        )
        assert told["data"]["date"] == str(today + DAY)


async def test_a_vacation_reminds_nobody(settings: Settings) -> None:
    async with serving(settings) as server:
        evening = Evening(server, await server.person())
        call = evening.person.call
        habit = {"name": "Run", "reminders": [{"time": "07:30"}]}
        await done(call("POST", "/v1/habits", habit))
        first = utc_now().date()
        leave = {"first": str(first - DAY), "last": str(first + 5 * DAY)}
        await done(call("POST", "/v1/habits/vacations", leave))
        for _ in range(3):
            assert await evening.pass_over("habit_reminder") == []


async def test_a_task_is_told_of_when_it_is_due(settings: Settings) -> None:
    async with serving(settings) as server:
        evening = Evening(server, await server.person())
        call = evening.person.call
        tomorrow = str(utc_now().date() + DAY)
        at_six = {"title": "Call", "due_date": tomorrow, "due_time": "18:00", "tz": "UTC"}
        await done(call("POST", "/v1/tasks", at_six))
        await done(call("POST", "/v1/tasks", {"title": "Pay", "due_date": tomorrow, "tz": "UTC"}))
        seven = dt.datetime.combine(utc_now().date() + DAY, dt.time(19), dt.UTC)
        told = await evening.at(seven)
        assert {(item["title"], item["body"]) for item in told} == {
            ("Call", "Due at 6:00\u202fPM."),
            ("Pay", "Due today."),
        }
        assert await evening.at(seven + DAY) == told


async def test_people_are_asked_at_the_times_that_they_have_set(settings: Settings) -> None:
    async with serving(settings) as server:
        evening = Evening(server, await server.person())
        call = evening.person.call
        times = {"mood_check_in": "12:00", "journal_prompt": "20:00", "daily_summary": "21:00"}
        await done(call("PATCH", "/v1/notifications/preferences", times))
        for type_ in ("mood_check_in", "journal_prompt"):
            assert types(await evening.pass_over(type_)).count(type_) == 1
        assert "daily_summary" not in types(await evening.pass_over("daily_summary"))

        await done(call("POST", "/v1/habits", {"name": "Run"}))
        told = await evening.pass_over("daily_summary")
        [summary] = [item for item in told if item["type"] == "daily_summary"]
        assert summary["body"] == "You\u2019ve completed 0 of 1 habit today."


async def test_who_has_said_how_they_feel_is_not_asked(settings: Settings) -> None:
    async with serving(settings) as server:
        evening = Evening(server, await server.person())
        call, tz = evening.person.call, by_day()
        await done(call("PATCH", "/v1/me", {"tz": tz}, headers={"If-Match": '"v1"'}))
        times = {"mood_check_in": "23:30", "journal_prompt": "23:30"}
        await done(call("PATCH", "/v1/notifications/preferences", times))
        await done(call("POST", "/v1/moods", {"level": 4, "tz": tz}))
        await done(call("POST", "/v1/journal", {"text": "A day.", "tz": tz}))

        assert await evening.pass_over("mood_check_in") == []
        assert len(await evening.pass_over("mood_check_in")) == 2


async def test_what_is_given_to_write_about_tells_of_no_mood(settings: Settings) -> None:
    async with serving(settings) as server:
        evening = Evening(server, await server.person())
        call, tz = evening.person.call, by_day()
        await done(call("PATCH", "/v1/me", {"tz": tz}, headers={"If-Match": '"v1"'}))
        at_night = {"journal_prompt": "23:30"}
        await done(call("PATCH", "/v1/notifications/preferences", at_night))
        await done(call("POST", "/v1/moods", {"level": 1, "tz": tz}))

        [told] = await evening.pass_over("journal_prompt")

        assert told["data"]["id"].startswith("day-")
        assert told["link"].endswith(told["data"]["id"])


async def test_a_streak_that_ends_tonight_is_warned_of_once(settings: Settings) -> None:
    async with serving(settings) as server:
        evening = Evening(server, await server.person())
        call = evening.person.call
        today = utc_now().date()
        begin = {"name": "Read", "tz": "UTC", "starts_on": str(today - 10 * DAY)}
        made = (await done(call("POST", "/v1/habits", begin))).body
        for days in range(1, 6):
            path = f"/v1/habits/{made['id']}/entries/{today - days * DAY}"
            await done(call("PUT", path, {}))
        told = await evening.pass_over("evening_check")
        assert types(told) == ["streak_at_risk"]
        assert "5 in a row" in told[0]["body"]
        assert await evening.at(evening._now) == told


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
        await evening.at(evening._now + dt.timedelta(hours=1))
        async with server.node.database.connection():
            rows = await server.node.database[COLLECTION].count_documents(
                {"rule": "quiet_hours_over"}
            )
        assert (rows, len(carried.pushes)) == (0, 1)


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
    ((1, 2), -13, None, {}, (0, 0)),  # too long ago
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

        assert not await snoozed.act(free, free.snoozed_until)
        assert not await held_back.act(free, later)
        assert await documents.page(Notification, owner) == kept


async def test_nobody_is_told_of_a_date_twice_who_moves_or_changes_a_time(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person, tz, west = await server.person(), by_day(), "Pacific/Honolulu"
        call, owner = person.call, scope_of(server, person).user
        times = {"mood_check_in": "12:00", "journal_prompt": "12:00", "daily_summary": "12:00"}
        await done(call("PATCH", "/v1/notifications/preferences", times))
        today = local_date(utc_now(), tz)
        begin = {"name": "Read", "tz": tz, "starts_on": str(today - 10 * DAY)}
        habit = (await done(call("POST", "/v1/habits", begin))).body
        for days in range(1, 6):
            path = f"/v1/habits/{habit['id']}/entries/{today - days * DAY}"
            await done(call("PUT", path, {}))
        handlers = server.node.assembly.timers._handlers
        told = dict[str, list[bool]]()
        for rule in ("mood_check_in", "journal_prompt", "daily_summary", "evening_check"):
            handler = handlers[rule]
            assert isinstance(handler, DocumentTimer)
            [document] = await handler._documents.page(handler.kind, owner)
            for zone, minute in ((tz, 12 * 60), (tz, 13 * 60), (west, 12 * 60)):
                moved = msgspec.structs.replace(document, tz=zone)
                is_told = await handler.act(moved, instant_of_minute(today, minute, zone))
                told.setdefault(rule, []).append(is_told)

        reminders = handlers["habit_reminder"]
        assert isinstance(reminders, DocumentTimer)
        [document] = await reminders._documents.page(Habit, owner)
        for zone, time in ((tz, "12:00"), (west, "12:00"), (west, "13:00")):
            moved = msgspec.structs.replace(document, tz=zone, reminders=(Reminder(time=time),))
            moment = instant_of_minute(today, minute_of_day(time), zone)
            told.setdefault(time, []).append(await reminders.act(moved, moment))

        once = [True, False, False]
        assert told == {
            "mood_check_in": once,
            "journal_prompt": once,
            "daily_summary": once,
            "evening_check": once,
            "12:00": [True, False],
            "13:00": [True],
        }
