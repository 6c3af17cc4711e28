"""All that stands in a calendar, and what it means for bookings."""

import datetime as dt

from config.settings import Settings
from models.base.clock import utc_now
from models.base.time import DAY
from tests.calendar.writing import CALENDAR, made, shown
from tests.scheduling.booking import book, coach_of, slots, tomorrow
from tests.support.server import serving
from tests.support.wire.answers import done, next_page
from tests.support.wire.writes import write
from upcoach.client import RestClient

HOUR = dt.timedelta(hours=1)


async def test_everything_with_a_time_stands_in_the_calendar(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        _, coach_id = await coach_of(server, person)
        day, after = (utc_now().date() + days * DAY for days in (3, 4))
        session = await done(book(person, coach_id, tomorrow(12, days=3)))
        ids = await furnished(person, day)

        items = await shown(person, str(day), str(after), "UTC")

        assert [(item["kind"], item["starts"][10:], item["title"]) for item in items] == [
            ("event", "", "Fair"),
            ("goal", "", "Run"),
            ("habit", "", "Read"),
            ("milestone", "", "10k"),
            ("task", "", "Pay"),
            ("habit", "T07:30", "Swim"),
            ("event", "T09:00", "Dentist"),
            ("session", "T12:00", "A talk"),
            ("task", "T18:00", "Call"),
        ]
        assert [item["id"] for item in items if item["kind"] == "session"] == [session.body["id"]]
        assert [item["part"] for item in items if "part" in item] == [str(day), "a", f"{day}T09:00"]
        some = await shown(person, str(day), str(after), "UTC", "&kinds=task,milestone")
        assert [item["kind"] for item in some] == ["milestone", "task", "task"]
        assert some[0]["id"] == ids["goal"]
        east = await shown(person, str(day), str(after), "Asia/Tokyo", "&kinds=task")
        assert [item["starts"] for item in east] == [str(day), f"{after}T03:00"]


async def furnished(person: RestClient, day: dt.date) -> dict[str, str]:
    """Give *person* one of each on a day; the ids of some."""
    await made(person, title="Fair", all_day=True, starts=str(day), ends=str(day))
    await made(person, title="Dentist", starts=f"{day}T09:00", ends=f"{day}T10:00", tz="UTC")
    milestones = {"a": {"title": "10k", "target_date": str(day)}, "b": {"title": "Marathon"}}
    goal = {"title": "Run", "target_date": str(day), "milestones": milestones}
    made_goal = await done(person.call("POST", "/v1/goals", goal))
    for task in ({"title": "Pay"}, {"title": "Call", "due_time": "18:00"}, {"title": "Rest"}):
        due = {"due_date": str(day), "tz": "UTC"} if task["title"] != "Rest" else {}
        await done(person.call("POST", "/v1/tasks", task | due))
    starting = {"tz": "UTC", "starts_on": str(day - DAY)}
    swim = {"name": "Swim", "reminders": [{"time": "07:30"}], **starting}
    await done(person.call("POST", "/v1/habits", swim))
    await done(person.call("POST", "/v1/habits", {"name": "Read", **starting}))
    often = {"name": "Call a friend", "schedule": {"type": "per_week", "times": 2}, **starting}
    await done(person.call("POST", "/v1/habits", often))
    return {"goal": made_goal.body["id"]}


async def test_a_calendar_is_read_page_by_page(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        await made(person, rule="FREQ=DAILY;COUNT=7")
        found, path = [], f"{CALENDAR}?from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z&limit=3"
        while path:
            answer = await done(person.call("GET", path))
            found.append([item["part"][8:10] for item in answer.body["items"]])
            path = next_page(answer)

        assert found == [["02", "03", "04"], ["05", "06", "07"], ["08"]]


async def test_a_part_that_is_none_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        march = "from=2026-03-01T00:00:00Z&to=2026-03-31T00:00:00Z"
        refused = [
            (await person.call("GET", f"{CALENDAR}?{query}")).body["errors"][0]["pointer"]
            for query in (
                "from=2026-03-01T00:00:00Z&to=2026-03-01T00:00:00Z",
                "from=2026-03-01T00:00:00Z&to=2026-06-01T00:00:00Z",
                "from=0001-03-01T00:00:00Z&to=2026-06-01T00:00:00Z",
                f"{march}&tz=Mars",
                f"{march}&kinds=event,moon",
            )
        ]

        assert refused == ["?to", "?to", "?from", "?tz", "?kinds"]


async def test_who_has_an_event_cannot_be_booked_then(settings: Settings) -> None:
    async with serving(settings) as server:
        client = await server.person()
        coach, coach_id = await coach_of(server, client)
        noon = tomorrow(12)
        daily = {"rule": "FREQ=DAILY", "starts": "2020-01-01T14:30", "ends": "2020-01-01T15:00"}
        await made(coach, tz="UTC", **daily)
        today = f"{noon:%Y-%m-%dT%H:%M}"
        lunch = await made(client, tz="UTC", starts=today, ends=f"{noon + HOUR:%Y-%m-%dT%H:%M}")
        await made(
            client,
            tz="UTC",
            busy=False,
            starts=f"{noon + HOUR:%Y-%m-%dT%H:%M}",
            ends=f"{noon + 2 * HOUR:%Y-%m-%dT%H:%M}",
        )
        await made(client, all_day=True, starts=str(noon.date()), ends=str(noon.date()))

        refused = [await book(client, coach_id, noon + hours * HOUR) for hours in (0, 2)]
        items = await slots(client, coach_id, noon, noon + 4 * HOUR, explain="true")

        assert [one.body["reasons"] for one in refused] == [["own_conflict"], ["booked"]]
        assert [item["reasons"] for item in items] == [["own_conflict"], [], ["booked"], []]
        path = f"/v1/calendar/events/{lunch['id']}"
        await done(write(client, "PATCH", path, {"status": "cancelled"}, 1))
        assert (await book(client, coach_id, noon)).status == 201
