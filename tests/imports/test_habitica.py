"""Habitica's export of a user's data: shown first, brought once, told truly."""

from typing import Any

from config.settings import Settings
from models.base.merge_patch import Json
from tests.imports.games import GAME
from tests.support.laws.snapshots import assert_law, snapshot
from tests.support.server import serving
from upcoach.client import Response, RestClient


async def brought(person: RestClient, body: Any, query: str = "?tz=UTC") -> Response:
    return await person.call("POST", f"/v1/imports/habitica{query}", body)


async def test_what_is_shown_first_is_what_then_happens_once(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        nothing = await snapshot(person)

        shown = await brought(person, GAME, "?tz=UTC&dry_run=true")
        still = await snapshot(person)
        first = await brought(person, GAME)
        after = await snapshot(person)
        second = await brought(person, GAME)

        assert (shown.status, first.status, second.status) == (200, 200, 200), first
        assert still == nothing
        for area in ("habits", "entries", "tasks", "notes"):
            assert shown.body[area] == first.body[area]
        assert {one["name"]: one["verb"] for one in shown.body["documents"]} == dict.fromkeys(
            ("Drink water", "Read", "File taxes", "Call mother"), "created"
        )
        assert first.body["habits"] == {"created": 2, "kept": 0}
        assert first.body["tasks"] == {"created": 2, "kept": 0}
        assert second.body["habits"] == {"created": 0, "kept": 2}
        assert second.body["entries"]["created"] == second.body["entries"]["updated"] == 0
        assert await snapshot(person) == after
        begin = int(nothing[1].rpartition(".")[2])
        events = (await person.call("GET", "/v1/events?since=0")).body
        await assert_law(nothing, person, tuple(e["type"] for e in events if e["seq"] > begin))


async def test_the_days_are_those_on_which_it_was_done(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()

        answer = await brought(person, GAME)

        habits = {
            one["name"]: one for one in (await person.call("GET", "/v1/habits")).body["items"]
        }
        tasks = {one["title"]: one for one in (await person.call("GET", "/v1/tasks")).body["items"]}
        read, water = [
            {
                one["local_date"]: one
                for one in (
                    await person.call("GET", f"/v1/habits/{habits[name]['id']}/entries")
                ).body["items"]
            }
            for name in ("Read", "Drink water")
        ]
        assert habits["Read"]["schedule"] == {"type": "weekdays", "days": [1, 3]}
        assert habits["Read"]["day_start"] == 4 * 60
        assert read["2026-03-02"]["state"] == "done"
        # What was due on Wednesday was written down when the app was opened on Thursday.
        assert read["2026-03-04"]["state"] == "missed"
        assert set(read) == {"2026-03-02", "2026-03-04"}
        assert {day: one["value"] for day, one in water.items()} == {
            "2026-03-02": 3,
            "2026-03-03": 1,
        }
        assert tasks["File taxes"]["due_date"] == "2026-05-31"
        assert tasks["File taxes"]["tags"] == ["money"]
        assert [step["title"] for step in tasks["File taxes"]["steps"].values()] == [
            "Find receipts"
        ]
        assert tasks["Call mother"]["status"] == "completed"
        assert tasks["Call mother"]["completed_at"] == "2026-03-04T18:00:00Z"
        assert any("Cake" in note or "reward" in note.casefold() for note in answer.body["notes"])


async def test_what_a_person_changed_here_stays(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        await brought(person, GAME)
        [task] = [
            one
            for one in (await person.call("GET", "/v1/tasks")).body["items"]
            if one["title"] == "File taxes"
        ]
        match = {"If-Match": '"v1"'}
        await person.call("PATCH", f"/v1/tasks/{task['id']}", {"title": "Pay"}, headers=match)

        again = await brought(person, GAME)

        kept = (await person.call("GET", f"/v1/tasks/{task['id']}")).body
        assert again.body["tasks"] == {"created": 0, "kept": 2}
        assert kept["title"] == "Pay"


async def test_an_export_that_is_none_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        before = await snapshot(person)

        bodies: tuple[Json, ...] = (
            {},
            {"tasks": []},
            {"tasks": {"habits": [{"text": "x"}]}},
            {"tasks": {"todos": [{"_id": "t", "text": ""}]}},
        )
        for body in bodies:
            for query in ("?tz=UTC", "?tz=UTC&dry_run=true"):
                answer = await brought(person, body, query)
                assert answer.status == 422, (body, answer)
        assert await snapshot(person) == before
