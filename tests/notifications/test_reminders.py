"""Reminders come at their time, once, whatever dies, and not where nothing is left to do."""

import datetime as dt
import random

import msgspec
import pytest

from config.settings import Settings
from models.base.clock import utc_now
from models.base.reminders import Reminder
from models.base.time import DAY, instant_of_minute, local_date, minute_of_day
from models.habits import Habit
from tests.notifications.evening import Evening, by_day, types
from tests.notifications.simulated_weeks import ZONES, Simulation
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from tests.support.wire.answers import done
from upcoach.services.base.timers import DocumentTimer

TIMES = ["00:10", "02:30", "07:45", "21:30"]  # further apart than a step and a lease


async def simulated(settings: Settings, *, people: int, days: int, seed: int) -> int:
    """Let weeks pass with schedulers that die; how many reminders there were."""
    async with serving(settings) as server:
        simulation = Simulation(server, random.Random(seed), days=days)
        for number in range(people):
            person = await server.person()
            for tz in ZONES:
                await simulation.add(person, tz, TIMES[number % 4 :] or TIMES)

        await simulation.run(kills=0.2)

        told = await simulation.told()
        assert len(told) == len(set(told))
        assert told == simulation.expected()
        return len(told)


async def test_no_reminder_is_missing_and_none_comes_twice(settings: Settings) -> None:
    assert await simulated(settings, people=1, days=1, seed=1) > 50


@pytest.mark.chaos
@pytest.mark.timeout(3_600)
async def test_ten_thousand_reminders_over_weeks(settings: Settings) -> None:
    assert await simulated(settings, people=8, days=70, seed=2) > 10_000


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
        day = utc_now().date() + DAY
        tomorrow = str(day)
        at_six = {"title": "Call", "due_date": tomorrow, "due_time": "18:00", "tz": "UTC"}
        await done(call("POST", "/v1/tasks", at_six))
        await done(call("POST", "/v1/tasks", {"title": "Pay", "due_date": tomorrow, "tz": "UTC"}))
        seven = dt.datetime.combine(day, dt.time(19), dt.UTC)
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
                at = instant_of_minute(today, minute, zone)
                is_told = await handler.act(moved, at, at)
                told.setdefault(rule, []).append(is_told)

        reminders = handlers["habit_reminder"]
        assert isinstance(reminders, DocumentTimer)
        [document] = await reminders._documents.page(Habit, owner)
        for zone, time in ((tz, "12:00"), (west, "12:00"), (west, "13:00")):
            moved = msgspec.structs.replace(document, tz=zone, reminders=(Reminder(time=time),))
            moment = instant_of_minute(today, minute_of_day(time), zone)
            told.setdefault(time, []).append(await reminders.act(moved, moment, moment))

        once = [True, False, False]
        assert told == {
            "mood_check_in": once,
            "journal_prompt": once,
            "daily_summary": once,
            "evening_check": once,
            "12:00": [True, False],
            "13:00": [True],
        }
