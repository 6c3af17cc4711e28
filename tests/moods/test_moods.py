"""Moods: on which date they count, how they are listed, and what they come to."""

import datetime as dt
import random
import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Settings
from models.base.merge_patch import Json
from models.base.trend import trend
from models.base.validation import checked
from models.moods import Mood, MoodDraft, NewMood
from tests.moods.rows import MOODS
from tests.support.server import serving
from tests.support.wire.answers import done, next_page
from tests.support.wire.writes import write
from upcoach.client import RestClient

NOON = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
MONDAY = dt.date(2026, 1, 5)


@pytest.mark.parametrize(
    ("at", "tz", "expected"),
    [
        ("2026-01-05T23:30:00Z", "Europe/Berlin", "2026-01-06"),
        ("2026-01-05T23:30:00Z", "America/New_York", "2026-01-05"),
        ("2011-12-30T09:59:00Z", "Pacific/Apia", "2011-12-29"),
        ("2011-12-30T10:00:00Z", "Pacific/Apia", "2011-12-31"),
        ("2026-01-05T18:15:00Z", "Asia/Kathmandu", "2026-01-06"),
        ("2026-04-04T13:29:59Z", "Australia/Lord_Howe", "2026-04-05"),
        ("2022-03-21T20:30:00Z", "Asia/Tehran", "2022-03-22"),
    ],
)
def test_a_mood_is_on_the_date_of_its_zone(at: str, tz: str, expected: str) -> None:
    mood = logged(at=at, tz=tz)

    assert str(mood.local_date) == expected


def logged(**fields: Any) -> Mood:
    """A mood that Ann has logged."""
    return Mood.drafted(checked({"level": 3} | fields, NewMood), owner="usr_1", at=NOON)


def test_its_date_moves_with_its_moment_and_its_zone_only() -> None:
    mood = logged(at="2026-01-05T23:30:00Z", tz="Europe/Berlin")

    def again(**fields: Any) -> str:
        draft = checked(mood.to_draft() | fields, MoodDraft)
        return str(mood.revised(draft, NOON).local_date)

    assert again(level=5, note="x") == "2026-01-06"
    assert again(at="2026-01-05T22:30:00.000Z") == "2026-01-05"
    assert again(tz="UTC") == "2026-01-05"


@given(st.lists(st.integers(1, 5), min_size=4, max_size=40))
def test_a_trend_is_a_least_squares_line(levels: list[int]) -> None:
    days = {MONDAY + dt.timedelta(days=n): float(level) for n, level in enumerate(levels)}
    line = statistics.linear_regression(range(len(levels)), levels)

    found = trend(days)

    assert found is not None
    assert found.slope == pytest.approx(line.slope)
    assert found.n == len(levels)
    opposite = trend(days, more_is_better=False)
    assert opposite is not None
    assert {found.direction, opposite.direction} in ({"stable"}, {"improving", "declining"})


def test_a_trend_says_nothing_of_three_points_or_of_noise() -> None:
    def of(*levels: int) -> str | None:
        found = trend({MONDAY + dt.timedelta(days=n): level for n, level in enumerate(levels)})
        return None if found is None else found.direction

    assert of(1, 3, 5) is None
    assert of(1, 2, 3, 4) == "improving"
    assert of(5, 4, 3, 1) == "declining"
    assert of(3, 3, 3, 3) == "stable"
    assert of(1, 5, 1, 5, 1, 5) == "stable"


async def log(person: RestClient, level: int, **fields: Any) -> Json:
    """A mood of somebody's."""
    body: Json = (await done(person.call("POST", MOODS, {"level": level} | fields))).body
    return body


async def levels(person: RestClient, query: str) -> str:
    """The levels in a list, page by page."""
    found, path = "", f"{MOODS}?{query}"
    while path:
        answer = await person.call("GET", path)
        assert answer.status == 200, answer
        found += "".join(str(item["level"]) for item in answer.body["items"])
        path = next_page(answer)
    return found


async def test_moods_are_listed_by_what_is_asked_for(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        await log(person, 1, at="2026-01-05T08:00:00Z", category="work", activities=["Meeting"])
        await log(person, 5, at="2026-01-05T20:00:00Z", activities=["run", "Beer garden"])
        await log(person, 3, at="2026-01-06T23:30:00Z", tz="Europe/Berlin", category="work")
        await log(person, 2, at="2026-01-04T12:00:00Z")
        await log(await server.person(), 4, at="2026-01-05T12:00:00Z")

        for query, expected in {
            "": "3512",
            "sort=at": "2153",
            "sort=at&limit=1": "2153",
            "limit=3": "3512",
            "level=5": "5",
            "category=work": "31",
            "category=work&limit=1": "31",
            "activity=RUN": "5",
            "activity=beer++garden": "5",
            "activity=beer": "",
            "from=2026-01-05": "351",
            "from=2026-01-05&to=2026-01-05": "51",
            "from=2026-01-07": "3",
        }.items():
            assert await levels(person, query) == expected, query


async def test_a_mood_without_a_moment_is_felt_now(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()

        mood = await log(person, 4, tz="Pacific/Kiritimati")
        patch = {"level": 5}
        changed = await write(person, "PATCH", f"{MOODS}/{mood['id']}", patch, 1)

        assert mood["at"] == mood["created_at"]
        assert (changed.body["at"], changed.body["level"]) == (mood["at"], 5)


async def test_without_moods_everything_is_null(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()

        stats = (await person.call("GET", f"{MOODS}/stats")).body

        first, last = (dt.date.fromisoformat(stats.pop(name)) for name in ("first", "last"))
        assert (last - first).days == 89
        assert stats == {
            "n": 0,
            "days_logged": 0,
            "mean": None,
            "trend": None,
            "distribution": [{"level": n, "n": 0, "share": None} for n in (1, 2, 3, 4, 5)],
            "days": [],
            "weeks": [],
            "months": [],
            "activities": [],
            "categories": [],
        }


async def test_a_range_that_is_none_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()

        answers = [
            await person.call("GET", f"{MOODS}{query}")
            for query in (
                "/stats?from=2026-01-06&to=2026-01-05",
                "/stats?from=1900-01-01",
                "/stats?from=2026-01-01&to=0001-01-01",
                "/stats?from=x",
                "/stats?tz=x",
                "/stats?days=3",
                "?level=0",
                "?level=x",
                "?category=x",
                "?sort=level",
            )
        ]

        assert {answer.status for answer in answers} == {400}


async def test_statistics_kept_by_the_database_are_those_counted_by_hand(
    settings: Settings,
) -> None:
    chance = random.Random(7)
    zones = ("America/New_York", "Asia/Kathmandu", "Africa/Casablanca", "Pacific/Apia")
    async with serving(settings) as server:
        person = await server.person()
        for _ in range(60):
            at = NOON + dt.timedelta(hours=chance.randrange(24 * 40))
            fields: Json = {
                "at": at.isoformat(),
                "tz": chance.choice(zones),
                "category": chance.choice(("work", "family", None)),
                "activities": chance.sample(("run", "Read", "Beer garden"), chance.randrange(3)),
                "sleep": chance.choice((None, 1, 4)),
            }
            await log(person, chance.randint(1, 5), **fields)
        for mood in (await person.call("GET", f"{MOODS}?limit=9")).body["items"]:
            path = f"{MOODS}/{mood['id']}"
            if mood["level"] > 3:
                await done(person.call("DELETE", path))
            else:
                await write(person, "PATCH", path, {"level": 3, "activities": ["READ"]}, 1)
        moods = (await person.call("GET", MOODS)).body["items"]

        query = "from=2026-01-06&to=2026-02-09"
        stats = (await person.call("GET", f"{MOODS}/stats?{query}")).body

        inside = [one for one in moods if "2026-01-06" <= one["local_date"] <= "2026-02-09"]
        assert stats["n"] == len(inside) < len(moods)
        assert_grouped(stats["days"], inside, lambda day: day)
        assert_grouped(stats["weeks"], inside, lambda day: day - dt.timedelta(day.weekday()))
        assert_grouped(stats["months"], inside, lambda day: day.replace(day=1))
        assert_shared(stats, inside)


def mean(values: list[int]) -> float | None:
    """The mean as the server rounds it; null for nothing."""
    return sum(values) / len(values) if values else None


def assert_grouped(rows: list[Json], moods: list[Json], start: Any) -> None:
    """*rows* are what *moods* come to by the dates at which *start* has their periods begin."""
    groups: dict[str, list[Json]] = {}
    for one in moods:
        day = dt.date.fromisoformat(one["local_date"])
        groups.setdefault(str(start(day)), []).append(one)
    assert rows == [
        {
            "start": first,
            "n": len(some),
            "mean": mean([one["level"] for one in some]),
            "lowest": min(one["level"] for one in some),
            "highest": max(one["level"] for one in some),
            "energy": None,
            "stress": None,
            "sleep": mean([one["sleep"] for one in some if "sleep" in one]),
        }
        for first, some in sorted(groups.items())
    ]


def assert_shared(stats: Json, moods: list[Json]) -> None:
    """The shares in *stats* are those of *moods*."""
    whole = mean([one["level"] for one in moods])
    assert whole is not None
    by_activity = {
        name: [
            one["level"] for one in moods if name in {text.lower() for text in one["activities"]}
        ]
        for name in ("run", "read", "beer garden")
    }
    by_category = {
        name: [one["level"] for one in moods if one.get("category") == name]
        for name in ("work", "family")
    }
    assert stats["mean"] == whole
    for shares, expected in (
        (stats["activities"], by_activity),
        (stats["categories"], by_category),
    ):
        assert {share["name"].lower() for share in shares} == set(expected)
        for share in shares:
            some = expected[share["name"].lower()]
            assert (share["n"], share["mean"]) == (len(some), mean(some))
            assert share["difference"] == share["mean"] - whole
    assert [row["n"] for row in stats["distribution"]] == [
        len([one for one in moods if one["level"] == level]) for level in (1, 2, 3, 4, 5)
    ]
