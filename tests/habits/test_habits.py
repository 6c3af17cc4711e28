"""Habits as a person lives with them, over REST."""

import asyncio
import datetime as dt

import pytest

from config.settings import Settings
from models.base.ids import new_id
from models.base.merge_patch import Json
from models.base.time import zone_of
from tests.habits.asking import DAY, HABITS, done, get, listed, log, make, today
from tests.support.server import Server, serving


async def test_a_day_is_decided_by_the_moment_the_zone_and_the_beginning_of_the_day(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        habit = await make(person, tz="Europe/Berlin", day_start=240)
        path = f"{HABITS}/{habit}/entries"

        late = await done(person, "POST", path, {"at": "2026-03-29T01:30:00Z"})  # 03:30, new time
        abroad = await done(
            person, "POST", path, {"at": "2026-04-01T20:30:00Z", "tz": "Asia/Kathmandu"}
        )
        again = await done(person, "POST", path, {"at": "2026-03-29T01:30:00Z"})
        moved = {"tz": "America/New_York", "day_start": 0}
        await done(person, "PATCH", f"{HABITS}/{habit}", moved, **{"If-Match": '"v1"'})
        corrected = await done(person, "PUT", f"{path}/2026-03-28", {"note": "late"})

        assert (late["local_date"], late["minute"], late["backfilled"]) == ("2026-03-28", 210, True)
        assert (abroad["local_date"], abroad["minute"]) == ("2026-04-01", 135)
        assert (abroad["tz"], abroad["day_start"]) == ("Asia/Kathmandu", 240)
        assert again == late
        assert (corrected["tz"], corrected["day_start"]) == ("Europe/Berlin", 240)
        dates = [entry["local_date"] async for entry in listed(person, f"{path}?limit=1")]
        assert dates == ["2026-03-28", "2026-04-01"]


async def test_now_is_today_and_not_backfilled(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        habit = await make(person)

        before = today()
        entry = await done(person, "POST", f"{HABITS}/{habit}/entries", {})
        twice = await done(person, "POST", f"{HABITS}/{habit}/entries", {})

        assert dt.date.fromisoformat(entry["local_date"]) in (before, today())
        assert (entry["backfilled"], entry["version"], twice["version"]) == (False, 1, 1)
        assert 0 <= entry["minute"] < 1440
        assert "at" not in entry


async def test_today_says_what_is_due_done_remaining_and_at_risk(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        date = today() - DAY
        start = {"starts_on": (date - 5 * DAY).isoformat()}
        run = await make(person, **start)
        water = await make(person, measure={"type": "count", "target": 8}, position=1, **start)
        week = await make(person, schedule={"type": "per_week", "times": 7}, position=2, **start)
        never = await make(
            person, schedule={"type": "weekdays", "days": [(date + DAY).isoweekday()]}, position=3
        )
        await make(person, archived=True, position=4)
        await log(person, run, date - DAY)
        await log(person, water, date, value=3)
        await log(person, water, date - DAY, value=9)
        await log(person, week, date)

        items = (await get(person, f"{HABITS}/today?date={date}"))["items"]

        assert [item["habit"] for item in items] == [run, water, week, never]
        assert [item["due"] for item in items] == [True, True, True, False]
        assert [item["done"] for item in items] == [False, False, True, False]
        assert [item["at_risk"] for item in items] == [True, True, False, False]
        assert [item["streak"] for item in items] == [1, 1, 0, 0]
        assert [item.get("remaining") for item in items] == [None, 5.0, None, None]
        assert items[2]["times"]["done"] == 1
        assert {item["local_date"] for item in items} == {date.isoformat()}
        assert items[0]["ends_at"] == f"{date + DAY}T00:00:00Z"


async def test_today_is_where_somebody_is(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        await make(person, tz="Pacific/Pago_Pago")

        here = (await get(person, f"{HABITS}/today"))["items"][0]["local_date"]
        for tz in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"):
            [item] = (await get(person, f"{HABITS}/today?tz={tz}"))["items"]
            ends_at = dt.datetime.fromisoformat(item["ends_at"]).astimezone(zone_of(tz))
            assert ends_at > dt.datetime.now(dt.UTC), tz
            day = dt.date.fromisoformat(item["local_date"]) + DAY
            assert (ends_at.date(), ends_at.time()) == (day, dt.time()), tz
        path = f"{HABITS}/today?tz=Pacific/Kiritimati"
        there = (await get(person, path))["items"][0]["local_date"]

        # Samoa is 11 hours behind, the Line Islands are 14 ahead: they never share a date.
        assert there > here


async def test_a_streak_says_why_it_broke(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        end = today() - DAY
        habit = await make(person, starts_on=(end - 9 * DAY).isoformat())
        await log(person, habit, *(end - back * DAY for back in (9, 8, 7, 6, 4, 3, 2, 1)))
        await log(person, habit, end - 5 * DAY, state="missed")

        found = await get(person, f"{HABITS}/{habit}/streak?date={end}&windows=3")
        await log(person, habit, end - 5 * DAY, state="skip")
        mended = await get(person, f"{HABITS}/{habit}/streak?date={end}&windows=0")

        assert (found["current"]["length"], found["best"]["length"]) == (4, 4)
        assert found["at_risk"] is True
        assert found["broken"]["on"] == (end - 5 * DAY).isoformat()
        assert found["broken"]["reason"] == "logged_missed"
        assert [one["verdict"] for one in found["windows"]] == ["kept", "kept", "open"]
        assert found["freezes"] == {"held": 0, "used": 0, "done_until_next": 2}
        assert (mended["current"]["length"], mended["broken"], mended["windows"]) == (8, None, [])


async def test_a_vacation_pauses_and_can_be_taken_back(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        end = today() - DAY
        begin = end - 9 * DAY
        habit = await make(person, starts_on=begin.isoformat())
        other = await make(person, starts_on=begin.isoformat())
        for one in (habit, other):
            await log(person, one, begin, end)
        vacation = {
            "id": new_id("vac"),
            "first": (begin + DAY).isoformat(),
            "last": (end - DAY).isoformat(),
            "habits": [habit],
        }

        async def lengths() -> list[int]:
            paths = [f"{HABITS}/{one}/streak?date={end}" for one in (habit, other)]
            return [(await get(person, path))["current"]["length"] for path in paths]

        before = await lengths()
        await done(person, "POST", f"{HABITS}/vacations", vacation)
        during = await lengths()
        shown = (await get(person, f"{HABITS}/vacations?last_from={end - DAY}"))["items"]
        over = (await get(person, f"{HABITS}/vacations?last_from={end}"))["items"]
        await done(person, "DELETE", f"{HABITS}/vacations/{vacation['id']}")
        after = await lengths()

        assert (before, during, after) == ([1, 1], [2, 1], [1, 1])
        assert ([one["id"] for one in shown], over) == ([vacation["id"]], [])


async def test_analytics_of_one_habit_and_of_all(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        end = today() - DAY
        begin = end - 29 * DAY
        run = await make(person, starts_on=begin.isoformat(), category="fitness")
        read = await make(person, starts_on=begin.isoformat(), name="Read")
        days = [begin + number * DAY for number in range(30)]
        for day in days[:27]:
            at = f"{day}T07:15:00Z"
            await log(person, run, day, at=at)
        await log(person, read, *days[::3])
        span = f"from={begin}&to={end}"

        one = await get(person, f"{HABITS}/{run}/analytics?{span}")
        all_ = await get(person, f"{HABITS}/analytics?{span}")

        assert one["total"] == {"kept": 27, "judged": 30, "rate": 0.9}
        assert one["heatmap"] == [1.0] * 27 + [None] * 3
        assert sum(map(sum, one["hours"])) == sum(row[7] for row in one["hours"]) == 27
        best = {"begins": "07:15", "ends": "09:15", "share": 1.0, "n": 27}
        assert one["best_time"] == best
        assert one["streak"] is None
        assert one["best"]["length"] == 27
        kept = 0.5 ** (1 / 13)
        assert one["strength"] == pytest.approx((1 - kept**27) * kept**3)
        assert one["moving"][-1]["kept"] == 25
        assert [item["habit"] for item in all_["habits"]] == [run, read]
        assert all_["total"] == {"kept": 37, "judged": 60, "rate": 37 / 60}
        assert all_["perfect_days"] == 9
        assert [day["done"] for day in all_["days"][:4]] == [2, 1, 1, 2]
        assert all_["parts"] == {"morning": 27, "afternoon": 0, "evening": 0, "night": 0}
        rates = {rate["category"]: rate["kept"] for rate in all_["categories"]}
        assert rates == {"fitness": 27, None: 10}


async def test_mood_goes_with_a_habit_or_nothing_is_said(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        end = today() - DAY
        days = [end - back * DAY for back in range(12)]
        run = await make(person, starts_on=days[-1].isoformat())
        await log(person, run, *days[::2])
        before = await get(person, f"{HABITS}/{run}/analytics?to={end}")
        for number, day in enumerate(days):
            mood = {"level": 5 - number % 2 - (number == 3), "at": f"{day}T12:00:00Z"}
            await done(person, "POST", "/v1/moods", mood)

        after = await get(person, f"{HABITS}/{run}/analytics?to={end}")

        assert before["mood"] == {
            "n": 0,
            "done": 0,
            "r": None,
            "low": None,
            "high": None,
            "level_done": None,
            "level_not": None,
        }
        assert (after["mood"]["n"], after["mood"]["done"]) == (12, 6)
        assert 0.5 < after["mood"]["low"] < after["mood"]["r"] < after["mood"]["high"] < 1
        assert (after["mood"]["level_done"], after["trend"]) == (5.0, None)


async def test_achievements_and_reminders_are_listed(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        end = today() - DAY
        habit = await make(
            person,
            starts_on=(end - 6 * DAY).isoformat(),
            tz="Asia/Kathmandu",
            reminders=[{"time": "07:30"}],
        )
        await make(person, archived=True, reminders=[{"time": "07:30"}])
        await log(person, habit, *(end - back * DAY for back in range(7)))

        reached = (await get(person, f"{HABITS}/achievements"))["items"]
        coming = (await get(person, f"{HABITS}/reminders?limit=3"))["items"]

        unlocked = {
            (one["type"], one["threshold"]): one["unlocked_on"]
            for one in reached
            if one["habit"] == habit and one["unlocked_on"]
        }
        assert unlocked == {
            ("streak", 7): end.isoformat(),
            ("completion", 1): (end - 6 * DAY).isoformat(),
        }
        assert [one["at"][11:] for one in coming] == ["01:45:00Z"] * 3
        assert [one["habit"] for one in coming] == [habit] * 3
        assert len({one["at"] for one in coming}) == 3


async def test_lists_are_in_their_owners_order_and_filtered(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        last = await make(person, position=2, category="health")
        first = await make(person, position=-1.5)
        gone = await make(person, position=1, archived=True, category="health")
        same = await make(person, position=2, category="health")

        async def ids(query: str) -> list[str]:
            return [item["id"] async for item in listed(person, f"{HABITS}?limit=1{query}")]

        assert await ids("") == [first, gone, last, same]
        assert await ids("&archived=false") == [first, last, same]
        assert await ids("&archived=true") == [gone]
        assert await ids("&category=health&archived=false") == [last, same]
        assert await ids("&category=social") == []


async def test_entries_are_listed_between_two_dates(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        habit = await make(person)
        await log(person, habit, *(dt.date(2026, 1, day) for day in range(1, 9)))

        path = f"{HABITS}/{habit}/entries?from=2026-01-03&to=2026-01-06&limit=3"
        dates = [entry["local_date"] async for entry in listed(person, path)]

        assert dates == [f"2026-01-0{day}" for day in range(3, 7)]
        entry = await get(person, f"{HABITS}/{habit}/entries/2026-01-05")
        assert (entry["local_date"], entry["state"]) == ("2026-01-05", "done")
        for day in ("2026-01-09", "2026-01"):
            refused = await person.call("GET", f"{HABITS}/{habit}/entries/{day}")
            assert refused.status == {"2026-01": 422}.get(day, 404)


ODD = (
    "/today?tz=Mars/Olympus",
    "/today?tz=",
    "/today?date=2199-01-01",
    "/today?date=tomorrow",
    "/today?date=0001-01-01",
    "/today?limit=1",
    "/analytics?from=2026-01-02&to=2026-01-01",
    "/analytics?from=1970-01-01&to=2026-01-01",
    "/analytics?to=9999-12-31",
    "/analytics?from=x",
    "/achievements?from=2026-01-01",
    "/reminders?limit=0",
    "/reminders?limit=101",
    "/vacations?last_from=x",
    "/vacations?after=eA",
    "/{id}/streak?windows=367",
    "/{id}/streak?windows=-1",
    "/{id}/streak?date=2199-01-01",
    "/{id}/analytics?from=2199-01-01",
    "/{id}/entries?from=x",
    "/{id}/entries?to=2026-02-30",
    "?archived=maybe",
    "?category=sports",
    "?order=name",
    "?after=eA",
)


async def test_odd_questions_are_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        habit = await make(person)

        for question in ODD:
            answer = await person.call("GET", HABITS + question.format(id=habit))

            assert answer.status == 400, (question, answer)
            assert answer.headers["content-type"] == "application/problem+json", question
        for question in ("?from=0001-01-01", "?to=9999-12-31", "?from=9999-12-31"):
            answer = await person.call("GET", f"{HABITS}/{habit}/entries{question}")
            assert (answer.status, answer.body) == (200, {"items": []}), question


async def test_nobody_reads_of_anothers_habits(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, bob = await asyncio.gather(server.person(), server.person())
        habit = await make(ann)
        await log(ann, habit, dt.date(2026, 1, 5))

        for question in ("/streak", "/analytics", "/entries"):
            theirs = await bob.call("GET", f"{HABITS}/{habit}{question}")
            nothing = await bob.call("GET", f"{HABITS}/{new_id('hab')}{question}")
            assert theirs.status == nothing.status == 404
        for question in ("/today", "/achievements", "/reminders", "/vacations"):
            assert await get(bob, HABITS + question) == {"items": []}
        assert (await get(bob, f"{HABITS}/analytics"))["habits"] == []


async def test_habits_of_all_schedules_can_be_made(settings: Settings) -> None:
    async with serving(settings) as server:
        await _make_all(server)


async def _make_all(server: Server) -> None:
    person = await server.person()
    schedules: tuple[Json, ...] = (
        {"type": "per_week", "times": 7},
        {"type": "per_month", "times": 31},
        {"type": "every", "days": 366, "anchor": "2071-12-31"},
        {"type": "rrule", "rule": "FREQ=DAILY;COUNT=1", "anchor": "2071-12-31"},
        {"type": "rrule", "rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "anchor": "1970-01-01"},
    )
    measures: tuple[Json, ...] = (
        {"type": "yes_no"},
        {"type": "duration", "target": 20, "step": 5},
        {"type": "range", "low": 7, "high": 8.5, "unit": "h"},
        {"type": "amount", "target": 0, "at_most": True},
    )
    for schedule in schedules:
        for measure in measures:
            habit = await make(person, schedule=schedule, measure=measure)
            value = {} if measure["type"] == "yes_no" else {"value": 7.5}
            await log(person, habit, today(), **value)
            assert (await get(person, f"{HABITS}/{habit}/streak"))["habit"] == habit
            assert (await get(person, f"{HABITS}/{habit}/analytics"))["habit"] == habit
    assert len((await get(person, f"{HABITS}/today"))["items"]) == len(schedules) * len(measures)
    assert len((await get(person, f"{HABITS}/analytics"))["habits"]) == 20
