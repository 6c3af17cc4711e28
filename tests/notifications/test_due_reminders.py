"""Reminders of tasks before they are due, and of goals, as their people have set them."""

import datetime as dt
from typing import Any

import msgspec

from config.settings import Settings
from models.base.clock import utc_now
from models.base.time import DAY, instant_of_minute
from models.goals import Goal
from models.notifications import Notification
from tests.notifications.evening import Evening
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from tests.support.wire.answers import done
from upcoach.services.base.timers import DocumentTimer

HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)
FAR = "Pacific/Kiritimati"
FIRST = {"If-Match": '"v1"'}


def bodies(items: list[Any]) -> list[str]:
    """What notifications say, the first of them first."""
    return [item["body"] for item in reversed(items)]


async def test_a_task_reminds_so_long_before_it_is_due_as_was_set(settings: Settings) -> None:
    async with serving(settings) as server:
        evening = Evening(server, await server.person())
        due = dt.datetime.combine(utc_now().date() + 4 * DAY, dt.time(18), dt.UTC)
        task = {"title": "Call", "due_date": str(due.date()), "due_time": "18:00", "tz": "UTC"}
        before = {"reminder_minutes_before": [0, 2 * 1440, 180, 60, 1]}
        made = (await done(evening.person.call("POST", "/v1/tasks", task | before))).body

        said = [
            "Due in 2 days, at 6:00\u202fPM.",
            "Due in 3 hours, at 6:00\u202fPM.",
            f"Due on {due:%B} {due.day}, {due.year} at 6:00\u202fPM.",  # which came late
            "Due in 1 minute, at 6:00\u202fPM.",
            "Due at 6:00\u202fPM.",
        ]
        times = (2 * DAY, 3 * HOUR, 50 * MINUTE, MINUTE, dt.timedelta(), -DAY)
        told = list[Any]()
        for count, time in enumerate(times, start=1):
            told = await evening.at(due - time)
            assert bodies(told) == said[:count]
        assert {item["title"] for item in told} == {"Call"}
        assert {item["about"] for item in told} == {made["id"]}
        assert {item["link"] for item in told} == {f"/tasks/{made['id']}"}
        assert [item["type"] for item in told] == ["task_due"] + 4 * ["task_reminder"]


async def test_what_is_due_some_time_on_a_date_reminds_before_its_morning(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        evening = Evening(server, await server.person())
        day = utc_now().date() + 5 * DAY
        minutes = {"reminder_minutes_before": [3 * 1440, 1440, 60]}
        task = {"title": "Pay", "due_date": str(day), "tz": FAR}
        await done(evening.person.call("POST", "/v1/tasks", task | minutes))
        nine = instant_of_minute(day, 9 * 60, FAR)

        told = list[Any]()
        for count, time in enumerate((3 * DAY, DAY, HOUR)):
            assert len(await evening.at(nine - time - MINUTE)) == count
            told = await evening.at(nine - time + MINUTE)

        date = f"{day:%B} {day.day}, {day.year}"
        assert bodies(told) == [f"Due in 3 days, on {date}.", "Due tomorrow.", "Due today."]


async def test_a_reminder_follows_its_task(settings: Settings) -> None:
    async with serving(settings) as server:
        evening = Evening(server, await server.person())
        call = evening.person.call
        noon = dt.datetime.combine(utc_now().date() + 3 * DAY, dt.time(12), dt.UTC)
        task = {
            "title": "Water",
            "due_date": str(noon.date()),
            "due_time": "12:00",
            "tz": "UTC",
            "repeats": {"unit": "week"},
            "reminder_minutes_before": [60],
        }
        path = f"/v1/tasks/{(await done(call('POST', '/v1/tasks', task))).body['id']}"
        await done(call("PATCH", path, {"due_time": "15:00"}, headers=FIRST))
        assert await evening.at(noon) == []
        assert len(await evening.at(noon + 2 * HOUR)) == 1
        await done(call("PATCH", path, {"due_time": "18:00"}, headers={"If-Match": '"v2"'}))
        await done(call("PUT", f"{path}/done"))
        assert len(await evening.at(noon + 6 * DAY)) == 1

        # The next of the series reminds as well.
        told = await evening.at(noon + 7 * DAY + 5 * HOUR)
        assert bodies(told) == [
            "Due in 1 hour, at 3:00\u202fPM.",
            "Due in 1 hour, at 6:00\u202fPM.",
        ]


async def test_what_nobody_did_in_time_reminds_once_or_not_at_all(settings: Settings) -> None:
    async with serving(settings) as server:
        evening = Evening(server, await server.person())
        call = evening.person.call
        day = utc_now().date() + 3 * DAY
        for minutes in ([300, 30, 20, 10], [500], [3]):
            task = {"title": "Go", "due_date": str(day), "due_time": "12:00", "tz": "UTC"}
            await done(call("POST", "/v1/tasks", task | {"reminder_minutes_before": minutes}))
        noon = dt.datetime.combine(day, dt.time(12), dt.UTC)

        told = await evening.at(noon - 5 * MINUTE)
        assert [item["type"] for item in told] == ["task_reminder"]
        told = await evening.at(noon + MINUTE)  # what is due by now is announced no more
        assert [item["type"] for item in told].count("task_due") == 3
        assert len(told) == 4


async def test_a_goal_reminds_by_the_clocks_of_its_person_and_before_its_target_date(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        evening = Evening(server, await server.person())
        call = evening.person.call
        await done(call("PATCH", "/v1/me", {"tz": FAR}, headers=FIRST))
        target = utc_now().date() + 6 * DAY
        goal = {
            "title": "Run",
            "starts_on": str(target - 2 * DAY),
            "target_date": str(target),
            "reminders": [{"time": "07:30"}],
            "reminder_minutes_before": [3 * 1440, 1440, 0],
        }
        made = (await done(call("POST", "/v1/goals", goal))).body
        assert made["tz"] == FAR

        said, told = list[str](), list[Any]()
        for days in range(4, -2, -1):
            for minute in (7 * 60 + 29, 7 * 60 + 30, 9 * 60 - 1, 9 * 60):
                told = await evening.at(instant_of_minute(target - days * DAY, minute, FAR))
                new = bodies(told)[len(said) :]
                said += [f"{days} {minute // 60}:{minute % 60:02} {text}" for text in new]

        step = "It\u2019s time. A small step brings you closer."
        assert said == [
            f"3 9:00 3 days left until {target:%B} {target.day}, {target.year}.",
            f"2 7:30 {step}",
            f"1 7:30 {step}",
            "1 9:00 Tomorrow is the day that you set for this.",
            f"0 7:30 {step}",
            "0 9:00 Today is the day that you set for this.",
        ]
        assert {item["link"] for item in told} == {f"/goals/{made['id']}"}
        assert {item["type"] for item in told} == {"goal_reminder"}


async def test_nobody_is_told_of_a_day_of_a_goal_twice_who_moves(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        owner, today = scope_of(server, person).user, utc_now().date()
        goal = {
            "title": "Run",
            "target_date": str(today + DAY),
            "reminders": [{"time": "12:00"}],
            "reminder_minutes_before": [1440],
        }
        await done(person.call("POST", "/v1/goals", goal))
        handlers, told = server.node.assembly.timers._handlers, list[bool]()
        for rule, minute in (("goal_reminder", 12 * 60), ("goal_target", 9 * 60)):
            handler = handlers[rule]
            assert isinstance(handler, DocumentTimer)
            [document] = await handler._documents.page(Goal, owner)
            for zone in ("UTC", "Pacific/Honolulu"):
                moved = msgspec.structs.replace(document, tz=zone)
                at = instant_of_minute(today, minute, zone)
                told.append(await handler.act(moved, at, at))
                assert not await handler.act(moved, at + HOUR, at + HOUR)

        assert told == [True, False, True, False]


async def test_quiet_hours_hold_back_no_reminder_that_was_set(settings: Settings) -> None:
    async with serving(settings) as server:
        evening = Evening(server, await server.person())
        call, now = evening.person.call, utc_now()
        night = {"start": f"{now - 2 * HOUR:%H:%M}", "end": f"{now + 2 * HOUR:%H:%M}"}
        await done(call("PATCH", "/v1/notifications/preferences", {"quiet_hours": night}))
        day = now.date() + 3 * DAY
        plain = {"due_date": str(day), "tz": "UTC"}
        for title, minutes in (("held", []), ("own", [0]), ("before", [60])):
            task = plain | {"title": title, "reminder_minutes_before": minutes}
            await done(call("POST", "/v1/tasks", task))
        await evening.at(instant_of_minute(day, 8 * 60, "UTC"))
        await evening.at(instant_of_minute(day, 9 * 60, "UTC"))

        documents = server.node.services.habits.habits._documents
        found = await documents.page(Notification, scope_of(server, evening.person).user)
        held = {(one.type, one.title): one.held_until is not None for one in found}
        assert held == {
            ("task_due", "held"): True,
            ("task_due", "own"): False,
            ("task_reminder", "before"): False,
            ("task_due", "before"): True,
        }
