"""What a goal was, what became of it, and taking it back."""

import itertools
from typing import Any

from config.settings import Settings
from handlers import openapi
from handlers.contexts import ROUTER
from models.base.merge_patch import Json
from tests.goals.people import GOAL, GOALS, PLAIN, POINT, POINT_2, UNDO, WEIGHT, furnished
from tests.support.server import serving
from tests.support.wire.writes import write
from upcoach.client import RestClient

PLACE = GOAL.format(id=PLAIN)

EDITS: tuple[Json, ...] = (
    {"description": "Ten kilometres"},
    {"priority": "high", "smart": {"relevant": "Health"}},
    {"milestones": {"a": {"title": "Five", "done": True}, "b": {"title": "Ten"}}},
    {"milestones": {"b": {"done": True}}},
    {"milestones": {"b": None}, "description": None},
    {"status": "active", "progress": None},
    {"private_notes": "afraid of it"},
)


async def edited(person: RestClient) -> list[Json]:
    """Every state that a goal has had, after some edits."""
    states = [(await person.call("GET", PLACE)).body]
    for edit in EDITS:
        answer = await write(person, "PATCH", PLACE, edit, states[-1]["version"])
        if answer.status == 200 and answer.body != states[-1]:
            states.append(answer.body)
    return states


async def test_every_past_state_is_told_exactly(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        states = await edited(person)
        # Another goal's events stand between.
        await write(
            person, "PUT", POINT.format(id=WEIGHT, point=POINT_2), {"value": 81, "key_result": "kg"}
        )

        by_version = [
            (await person.call("GET", f"{PLACE}?as_of=v{state['version']}")).body
            for state in states
        ]
        by_time = [
            (await person.call("GET", f"{PLACE}?as_of={state['updated_at']}")).body
            for state in states
        ]
        await write(person, "DELETE", PLACE)
        gone = await person.call("GET", f"{PLACE}?as_of=2999-01-01T00:00:00Z")
        before = await person.call("GET", f"{PLACE}?as_of={states[-1]['updated_at']}")
        too_early = await person.call("GET", f"{PLACE}?as_of=2020-01-01T00:00:00Z")

        assert len(states) > 4
        assert by_version == states
        assert by_time == states
        assert (gone.status, too_early.status) == (404, 404)
        assert before.body == states[-1]


async def test_the_history_names_each_field_before_and_after(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        states = await edited(person)

        listed: list[Json] = []
        path = f"{PLACE}/history?limit=3"
        while path:
            page = await person.call("GET", path)
            listed += page.body["items"]
            path = page.headers.get("link", "").partition("<")[2].partition(">")[0]

        revisions = listed[::-1]
        assert [one["version"] for one in revisions] == [state["version"] for state in states]
        assert revisions[0]["type"] == "goal.created"
        for revision, (was, is_now) in zip(revisions[1:], itertools.pairwise(states), strict=True):
            for change in revision["changes"]:
                assert change["before"] == at(was, change["field"])
                assert change["after"] == at(is_now, change["field"])
                assert change["before"] != change["after"]
        assert {one["field"] for one in revisions[1]["changes"]} == {"/description"}
        assert revisions[1]["device"] == "phone"


async def test_undoing_everything_step_by_step_leads_back_to_the_beginning(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        states = await edited(person)

        for state in states[:0:-1]:
            answer = await write(
                person, "POST", UNDO.format(id=PLAIN), {"version": state["version"]}
            )
            assert answer.status == 200, answer

        now = (await person.call("GET", PLACE)).body
        differing = {"version", "updated_at", "track"}
        assert without(now, differing) == without(states[0], differing)


async def test_an_undo_that_meets_a_later_edit_shows_both(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await write(person, "PATCH", PLACE, {"title": "Run far", "priority": "high"}, 1)
        await write(person, "PATCH", PLACE, {"title": "Run farther"}, 2)

        clash = await write(person, "POST", UNDO.format(id=PLAIN), {"version": 2})
        kept = (await person.call("GET", PLACE)).body
        last = await write(person, "POST", UNDO.format(id=PLAIN), {})

        assert (clash.status, clash.body["code"]) == (409, "conflict")
        assert clash.body["conflicts"] == [
            {"path": "/title", "base": "Run far", "mine": "Run", "theirs": "Run farther"}
        ]
        assert (kept["title"], kept["priority"]) == ("Run farther", "high")
        assert (last.status, last.body["title"], last.body["priority"]) == (200, "Run far", "high")


async def test_an_undo_below_later_edits_tells_what_it_kept_of_them(settings: Settings) -> None:
    described = openapi.document(ROUTER)["paths"][UNDO]["post"]["responses"]["200"]["headers"]
    async with serving(settings) as server:
        person = await furnished(server)
        await write(person, "PATCH", PLACE, {"title": "Run far"}, 1)
        await write(person, "PATCH", PLACE, {"priority": "high"}, 2)

        answer = await write(person, "POST", UNDO.format(id=PLAIN), {"version": 2})

        assert (answer.body["title"], answer.body["priority"]) == ("Run", "high")
        told = {name for name in answer.headers if name.startswith("upcoach-")}
        assert "upcoach-merged" in told
        assert told <= {name.lower() for name in described}


async def test_somebody_elses_goal_has_no_past(settings: Settings) -> None:
    async with serving(settings) as server:
        person, other = await furnished(server), await server.person()
        await edited(person)

        for path in (f"{PLACE}?as_of=v1", f"{PLACE}/history", f"{PLACE}/assessment"):
            answer, nowhere = (
                await other.call("GET", path),
                await other.call("GET", path.replace(PLAIN, PLAIN[:-1] + "f")),
            )
            assert (answer.status, answer.body["code"]) == (404, nowhere.body["code"])
        for as_of in ("", "v", "v0", "yesterday", "2026-01-01", "2026-01-01T00:00:00", "v1e9"):
            answer = await person.call("GET", f"{PLACE}?as_of={as_of}")
            assert answer.status in (400, 404), as_of
        assert (await person.call("GET", f"{GOALS}?as_of=v1")).status == 400


def at(state: Json, pointer: str) -> Any:
    value: Any = state
    for part in pointer.split("/")[1:]:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def without(state: Json, names: set[str]) -> Json:
    return {name: value for name, value in state.items() if name not in names}
