"""Progress points: whatever the order in which they come and go, the goal is where they say."""

import asyncio
import random

from config.settings import Settings
from models.base.ids import new_id
from models.base.merge_patch import Json
from tests.goals.people import (
    BOOK,
    GOAL,
    GOALS,
    KILOS,
    PLAIN,
    POINT,
    POINTS,
    WEIGHT,
    furnished,
)
from tests.support.server import serving
from tests.support.wire.answers import next_page
from tests.support.wire.writes import send, write
from upcoach.client import RestClient

PLACE = GOAL.format(id=WEIGHT)


async def points_of(person: RestClient, query: str = "limit=7") -> list[Json]:
    """All points of the measured goal, in pages."""
    found: list[Json] = []
    path = f"{POINTS.format(id=WEIGHT)}?{query}"
    while path:
        answer = await person.call("GET", path)
        assert answer.status == 200, answer
        found += answer.body["items"]
        path = next_page(answer)
    return found


async def assert_recomputed(person: RestClient) -> None:
    """The goal is where its points, read anew, put it."""
    goal = (await person.call("GET", PLACE)).body
    points = await points_of(person)

    assert goal["points"] == len(points)
    shares = []
    for name, result in goal["key_results"].items():
        of_it = [one for one in points if one.get("key_result") == name]
        newest = max(of_it, key=lambda one: (one["at"], one["id"]), default=None)
        assert result.get("current") == (newest and newest["value"])
        assert goal["measured"].get(name) == (newest and newest["at"])
        current = result["baseline"] if newest is None else newest["value"]
        share = (current - result["baseline"]) / (result["target"] - result["baseline"])
        shares.append(min(1, max(0, share)))
    assert goal["progress"] == sum(shares) / len(shares)


async def test_points_in_any_order_put_the_goal_where_they_say(settings: Settings) -> None:
    chance = random.Random(5)
    async with serving(settings) as server:
        person = await furnished(server)
        answer = await write(person, "PATCH", PLACE, {"key_results": {"fat": KILOS}}, 2)
        assert answer.status == 200
        known = [new_id("pnt") for _ in range(12)]

        for _ in range(60):
            place = POINT.format(id=WEIGHT, point=chance.choice(known))
            if chance.random() < 0.3:
                answer = await write(person, "DELETE", place)
                assert answer.status in (204, 404)
                continue
            number = known.index(place.rpartition("/")[2])
            point = {
                "value": chance.randint(70, 95),
                "key_result": ("kg", "fat")[number % 2],
                "at": f"2026-03-{chance.randint(1, 5):02}T08:00:00Z",
            }
            assert (await write(person, "PUT", place, point)).status in (200, 201)
        await assert_recomputed(person)


async def test_a_hundred_points_of_a_phone_that_was_away_arrive_at_once(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        days = list(range(1, 29))
        random.Random(7).shuffle(days)
        writes = [
            {
                "t": "mut",
                "id": f"01a20c66-99df-75bd-8f37-3328887f{number:04}",
                "op": "PUT",
                "path": POINT.format(id=WEIGHT, point=new_id("pnt")),
                "body": {
                    "value": 90 - number / 10,
                    "key_result": "kg",
                    "at": f"2026-03-{days[number % 28]:02}T{number % 24:02}:00:00Z",
                },
            }
            for number in range(100)
        ]

        answers = await send(person, *writes)

        assert {one["status"] for one in answers} == {201}
        await assert_recomputed(person)
        listed = await points_of(person, "sort=-at&key_result=kg&limit=30")
        assert [one["at"] for one in listed] == sorted((one["at"] for one in listed), reverse=True)


async def test_two_devices_delete_the_newest_points_at_once(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        names = [new_id("pnt") for _ in range(8)]
        for day, name in enumerate(names, start=2):
            point = {"value": 90 - day, "key_result": "kg", "at": f"2026-03-{day:02}T08:00:00Z"}
            await write(person, "PUT", POINT.format(id=WEIGHT, point=name), point)

        gone = await asyncio.gather(
            *(write(person, "DELETE", POINT.format(id=WEIGHT, point=name)) for name in names[3:])
        )

        assert {one.status for one in gone} == {204}
        await assert_recomputed(person)


async def test_what_follows_from_goals_is_told_without_inventing_anything(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person, nobody = await furnished(server), await server.person()

        one = (await person.call("GET", f"{GOAL.format(id=BOOK)}/assessment")).body
        every = (await person.call("GET", f"{GOALS}/assessments")).body["items"]
        stats = (await person.call("GET", f"{GOALS}/stats")).body
        empty = (await nobody.call("GET", f"{GOALS}/stats")).body
        await write(person, "PATCH", GOAL.format(id=PLAIN), {"status": "completed"}, 1)
        free = (await person.call("GET", f"{GOAL.format(id=BOOK)}/assessment")).body

        assert (one["blocked"], one["blocked_by"]) == (True, [PLAIN])
        assert (free["blocked"], free["blocked_by"]) == (False, [])
        assert one["outlook"]["progress"] == 0.5
        assert one["outlook"]["velocity"] is None
        assert {each["goal"] for each in every} == {PLAIN, WEIGHT, BOOK}
        assert stats["overview"] == {
            "total": 3,
            "active": 3,
            "paused": 0,
            "completed": 0,
            "cancelled": 0,
            "overdue": 0,
            "completion_rate": None,
            "mean_progress": (0.2 + 0.5) / 3,
        }
        assert [each["name"] for each in stats["by_category"]] == ["personal"]
        assert empty["overview"]["mean_progress"] is None
        assert (empty["by_priority"], empty["by_category"]) == ([], [])


async def test_goals_are_listed_as_they_are_asked_for(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await write(
            person, "PATCH", GOAL.format(id=PLAIN), {"archived": True, "priority": "low"}, 1
        )

        async def listed(query: str) -> list[str]:
            found: list[str] = []
            path = f"{GOALS}?{query}"
            while path:
                answer = await person.call("GET", path)
                assert answer.status == 200, answer
                found += [one["id"] for one in answer.body["items"]]
                path = next_page(answer)
            return found

        assert await listed("limit=1") == [PLAIN, WEIGHT, BOOK]
        assert await listed("sort=-created&limit=2") == [BOOK, WEIGHT, PLAIN]
        assert await listed("sort=progress&limit=1") == [PLAIN, WEIGHT, BOOK]
        assert await listed("sort=target") == [BOOK]
        assert await listed("target_from=2026-12-31&target_to=2026-12-31") == [BOOK]
        assert await listed("sort=-target&target_to=2026-12-30") == []
        assert await listed("archived=true") == [PLAIN]
        assert await listed("archived=false&status=active&limit=1") == [WEIGHT, BOOK]
        assert await listed("priority=low") == [PLAIN]
        assert await listed("category=health") == []
        for query in ("status=done", "sort=title", "archived=maybe", "target_from=soon", "x=1"):
            assert (await person.call("GET", f"{GOALS}?{query}")).status == 400, query
        ready = (await person.call("GET", f"{GOALS}/templates/ready")).body["items"]
        made = [await write(person, "POST", GOALS, startable(one["draft"])) for one in ready]
        assert {one.status for one in made} == {201}


def startable(draft: Json) -> Json:
    return {name: value for name, value in draft.items() if name != "days" and value is not None}
