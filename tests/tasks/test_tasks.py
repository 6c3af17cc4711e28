"""Tasks: when they are due, what follows them, how they are listed and counted."""

import asyncio
import datetime as dt
import itertools
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Settings
from models.base.merge_patch import Json
from models.base.recurrence import Repeat, Unit
from models.base.validation import checked
from models.tasks import NewTask, Task
from tests.support.laws.snapshots import events_since, snapshot
from tests.support.server import serving
from tests.support.wire.answers import done, next_page
from tests.support.wire.writes import write
from tests.tasks.rows import TASKS
from upcoach.client import RestClient
from upcoach.store.schema.profile import profiled

NOON = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)


def task(**fields: Any) -> Task:
    """A task that Ann has made at noon."""
    return Task.drafted(checked({"title": "Run"} | fields, NewTask), owner="usr_1", at=NOON)


@pytest.mark.parametrize(
    ("day", "clock", "tz", "expected"),
    [
        ("2026-01-05", None, "UTC", "2026-01-05T23:59:59.999Z"),
        ("2026-01-05", "09:30", "America/New_York", "2026-01-05T14:30:00Z"),
        ("2026-03-29", "02:30", "Europe/Berlin", "2026-03-29T01:30:00Z"),  # there is no such time
        ("2026-10-25", "02:30", "Europe/Berlin", "2026-10-25T00:30:00Z"),  # there are two
        ("2026-04-05", "01:45", "Australia/Lord_Howe", "2026-04-04T14:45:00Z"),
        ("2026-01-05", None, "Asia/Kathmandu", "2026-01-05T18:14:59.999Z"),
        ("2011-12-29", None, "Pacific/Apia", "2011-12-30T09:59:59.999Z"),
        ("2011-12-30", None, "Pacific/Apia", "2011-12-30T09:59:59.999Z"),  # left out as a whole
        ("2026-04-23", None, "Africa/Cairo", "2026-04-23T21:59:59.999Z"),  # midnight is left out
        ("2999-12-31", None, "Pacific/Apia", "2999-12-31T10:59:59.999Z"),
    ],
)
def test_a_task_is_due_by_the_clocks_of_its_zone(
    day: str, clock: str | None, tz: str, expected: str
) -> None:
    made = task(due_date=day, due_time=clock, tz=tz)

    assert made.due_at == dt.datetime.fromisoformat(expected)


@given(
    st.sampled_from(("day", "week", "month", "year")),
    st.integers(1, 40),
    st.dates(dt.date(1990, 1, 1), dt.date(2050, 1, 1)),
    st.integers(-400, 4_000),
)
def test_a_series_never_drifts(unit: Unit, every: int, first: dt.date, days: int) -> None:
    after = first + dt.timedelta(days=days)
    repeat = Repeat(unit, every)
    dates = [first]
    while dates[-1] <= after:
        dates.append(repeat.following(first, dates[-1]))

    assert repeat.following(first, after) == next(date for date in dates if date > after)
    assert dates == sorted(set(dates))
    if unit == "month":
        assert all(date.day <= first.day for date in dates)
        gaps = [date.year * 12 + date.month for date in dates]
        assert {b - a for a, b in itertools.pairwise(gaps)} <= {every}


@pytest.mark.parametrize(
    ("due", "repeats", "done_on", "expected"),
    [
        ("2026-01-05", {"unit": "day"}, "2026-01-05", "2026-01-06"),
        ("2026-01-05", {"unit": "day"}, "2026-01-09", "2026-01-10"),  # late: not before tomorrow
        ("2026-01-05", {"unit": "week", "every": 2}, "2026-01-01", "2026-01-19"),
        ("2026-01-31", {"unit": "month"}, "2026-01-31", "2026-02-28"),
        ("2028-02-29", {"unit": "year"}, "2028-02-29", "2029-02-28"),
    ],
)
def test_the_next_one_is_due_on_the_next_date_of_the_series(
    due: str, repeats: Json, done_on: str, expected: str
) -> None:
    steps = {"a": {"title": "Warm up", "done": True}}
    made = task(due_date=due, repeats=repeats, steps=steps, tz="Asia/Tokyo")
    at = dt.datetime.fromisoformat(f"{done_on}T03:00:00Z")

    following = made.completed(at).successor(at)

    assert following is not None
    assert (str(following.due_date), following.status) == (expected, "pending")
    assert following.steps["a"].done is False
    assert following.series == made.due_date


def test_the_last_day_of_the_month_comes_back() -> None:
    made = task(due_date="2026-01-31", repeats={"unit": "month"})
    dates = []
    for _ in range(4):
        at = dt.datetime.combine(made.due_date or dt.date.min, dt.time(12), dt.UTC)
        following = made.successor(at)
        assert following is not None
        made = following
        dates.append(str(made.due_date))

    assert dates == ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]


async def make(person: RestClient, **fields: Any) -> Json:
    """A task of somebody's."""
    body: Json = (await done(person.call("POST", TASKS, {"title": "Run"} | fields))).body
    return body


async def test_a_series_goes_on_once_however_often_it_is_completed(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        one = await make(person, due_date="2999-01-01", repeats={"unit": "day"})
        path = f"{TASKS}/{one['id']}/done"

        answers = await asyncio.gather(*(write(person, "PUT", path) for _ in range(5)))
        both = await titles(person, "sort=due")
        reopened = await done(person.call("DELETE", path))
        alone = await titles(person, "sort=due")
        await done(person.call("PUT", path))
        [following] = [t for t in (await items(person, "status=open")) if t["id"] != one["id"]]
        changed = {"title": "Walk"}
        await write(person, "PATCH", f"{TASKS}/{following['id']}", changed, following["version"])
        await done(person.call("DELETE", path))
        await done(person.call("PUT", path))

        assert {answer.status for answer in answers} == {200}
        assert both == ["Run", "Run"]
        assert (reopened.body["status"], alone) == ("pending", ["Run"])
        assert await titles(person, "sort=due") == ["Run", "Walk"]


async def items(person: RestClient, query: str) -> list[Json]:
    """All that a list holds, page by page."""
    found: list[Json] = []
    path = f"{TASKS}?{query}"
    while path:
        answer = await person.call("GET", path)
        assert answer.status == 200, answer
        found += answer.body["items"]
        path = next_page(answer)
    return found


async def titles(person: RestClient, query: str) -> list[str]:
    """The titles in a list."""
    return [item["title"] for item in await items(person, query)]


async def test_tasks_are_listed_by_what_is_asked_for(settings: Settings) -> None:
    async with serving(settings) as server:
        person, goal = await server.person(), "gol_01a20c66-99df-75bd-8f37-3328887fd981"
        await make(person, title="a", priority="high", due_date="2026-01-07", tags=["Café au lait"])
        await make(person, title="b", status="in_progress", category="work", goal=goal)
        await make(person, title="c", status="completed", due_date="2026-01-05", due_time="09:00")
        await make(person, title="d", status="cancelled", due_date="2026-01-06", tags=["x", "y"])
        await make(await server.person(), title="e", due_date="2026-01-06")

        for query, expected in {
            "": "abcd",
            "sort=-created": "dcba",
            "sort=-updated&limit=1": "dcba",
            "sort=due": "cda",
            "sort=due&limit=1": "cda",
            "sort=-due&limit=2": "adc",
            "sort=completed": "c",
            "status=open": "ab",
            "status=open&sort=due": "a",
            "status=cancelled": "d",
            "priority=high": "a",
            "category=work&limit=1": "b",
            f"goal={goal}": "b",
            "goal=gol_1": "",
            "due_from=2026-01-06": "ad",
            "due_from=2026-01-05&due_to=2026-01-06&sort=due&limit=1": "cd",
            "tag=cafe+AU+lait": "a",
            "tag=y": "d",
            "tag=lait": "",
            "tag=y&status=open": "",
        }.items():
            assert "".join(await titles(person, query)) == expected, query


REFUSED: Final = {
    "sort=title": "parameter_invalid",
    "status=done": "parameter_invalid",
    "status=open&status=open": "parameter_repeated",
    "priority=critical": "parameter_invalid",
    "category[$ne]=x": "parameter_unknown",
    "due_from=tomorrow": "parameter_invalid",
    "due_to=2026-02-30": "parameter_invalid",
    "updated_since=2026-01-05": "parameter_invalid",
    "updated_since=2026-01-05T08:00:00": "parameter_invalid",
    "updated_since=0001-01-01T00:00:00%2B14:00": "parameter_invalid",
    "after=%7B%7D": "after_invalid",
    "page=2": "parameter_unknown",
}


async def test_a_list_is_asked_for_rightly(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        other = await person.call("GET", f"{TASKS}?sort=due&after=x")

        stats = await person.call("GET", f"{TASKS}/stats?tz=Mars")
        refused = {query: await person.call("GET", f"{TASKS}?{query}") for query in REFUSED}

        assert {
            query: (answer.status, answer.body["code"]) for query, answer in refused.items()
        } == {query: (400, code) for query, code in REFUSED.items()}
        assert (other.status, other.body["code"]) == (400, "after_invalid")
        assert (stats.status, stats.body["errors"][0]["pointer"]) == (400, "?tz")


async def test_statistics_count_what_is_there(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        nothing = (await person.call("GET", f"{TASKS}/stats")).body
        tz = "Pacific/Kiritimati"
        today = dt.datetime.now(dt.UTC).astimezone(dt.timezone(dt.timedelta(hours=14))).date()
        sunday = today + dt.timedelta(days=7 - today.isoweekday())
        for fields in (
            {"due_date": "2026-01-05", "priority": "urgent"},
            {"due_date": "2026-01-05", "status": "completed", "priority": "urgent"},
            {"due_date": "2026-01-05", "status": "cancelled", "category": "work"},
            {"due_date": str(sunday), "status": "in_progress"},
            {"due_date": str(sunday + dt.timedelta(days=1)), "due_time": "00:00"},
            {},
        ):
            await make(person, tz=tz, **fields)
        await make(await server.person(), due_date="2026-01-05")

        stats = (await person.call("GET", f"{TASKS}/stats?tz={tz}")).body

        assert set(nothing["overview"].values()) == {0}
        assert nothing["by_priority"] == []
        assert stats["overview"] == {
            "total": 6,
            "pending": 3,
            "in_progress": 1,
            "completed": 1,
            "cancelled": 1,
            "overdue": 1,
            "due_this_week": 1,
        }
        assert stats["week_start"] == str(sunday - dt.timedelta(days=6))
        assert [row["name"] for row in stats["by_priority"]] == ["medium", "urgent"]
        assert stats["by_priority"][1] == {
            "name": "urgent",
            "total": 2,
            "open": 1,
            "completed": 1,
            "overdue": 1,
            "completion": 0.5,
        }
        assert [row["completion"] for row in stats["by_category"]] == [0.2, None]


async def test_statistics_read_no_task(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        await make(person, due_date="2026-01-05")

        async with profiled(server.node.database) as profile:
            await person.call("GET", f"{TASKS}/stats?tz=UTC")
            await person.call("GET", f"{TASKS}?sort=due&status=pending")
            operations = await profile.fresh()
        reads = [one for one in operations if one.collection == "tasks"]

        assert {one.plan.split()[0] for one in reads} == {"IXSCAN"}
        assert [one.documents for one in reads if one.what == "aggregate"] == [0]


async def test_a_card_number_never_reaches_the_database(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        before = await snapshot(person)

        made = await make(person, notes="4111 1111 1111 1111")
        patch = {"notes": "4111… and 5500 0000 0000 0004"}
        await write(person, "PATCH", f"{TASKS}/{made['id']}", patch, 1)

        [first, second] = await events_since(person, before[1])
        assert first["doc"]["notes"] == "4111…"
        assert second["patch"]["notes"] == "4111… and 5500…"
