"""A version never comes twice for an id, whatever was deleted and made again in between."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
import pytest

from config.settings import Settings
from models.base.ids import new_mutation_id
from models.base.merge_patch import Json
from tests.goals.people import GOALS, POINT, POINT_1, WEIGHT
from tests.goals.people import furnished as with_goals
from tests.support.people.furnished import ENTRY, HABIT, HABITS, ONE_HABIT, VACATIONS, furnished
from tests.support.server import ServerProcess, serving
from tests.support.wire.answers import done
from tests.support.wire.writes import send, statuses, write
from upcoach.client import Response, RestClient
from upcoach.store.log.event_log import EventLog

DAY = ENTRY.format(id=HABIT, local_date="2026-01-07")
ENTRY_ID = "jen_01a20c66-99df-75bd-8f37-3328887fdb01"
UNSAVED = f"/v1/journal/{ENTRY_ID}/draft"
MOOD = "moo_01a20c66-99df-75bd-8f37-3328887fdb02"
TASK = "tsk_01a20c66-99df-75bd-8f37-3328887fdb03"
TASKS, MOODS = "/v1/tasks", "/v1/moods"
GOAL = "gol_01a20c66-99df-75bd-8f37-3328887fdb04"
VACATION = "vac_01a20c66-99df-75bd-8f37-3328887fdb05"


class Place(msgspec.Struct, frozen=True):
    """A document that can be made where one was: how it is made, and where it then is."""

    method: str
    at: str
    body: Any
    one: str
    other: Any


PLACES = (
    Place("PUT", DAY, {"note": "10"}, DAY, {"note": "12"}),
    Place("POST", MOODS, {"id": MOOD, "level": 3}, f"{MOODS}/{MOOD}", {"level": 4}),
    Place("POST", TASKS, {"id": TASK, "title": "A"}, f"{TASKS}/{TASK}", {"title": "B"}),
    Place("POST", GOALS, {"id": GOAL, "title": "A"}, f"{GOALS}/{GOAL}", {"title": "B"}),
    Place(
        "POST",
        VACATIONS,
        {"id": VACATION, "first": "2026-03-01", "last": "2026-03-02"},
        f"{VACATIONS}/{VACATION}",
        {"note": "B"},
    ),
    Place("PUT", UNSAVED, {"text": "10"}, UNSAVED, {"text": "12"}),
)


def version_of(answer: Response) -> int:
    """The version that an answer names."""
    assert answer.status in (200, 201), answer
    return int(answer.headers["etag"].strip('"').removeprefix("v"))


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.one)
async def test_what_comes_again_is_no_version_that_was(settings: Settings, place: Place) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        seen = [version_of(await person.call(place.method, place.at, place.body))]
        for _ in range(2):
            await done(person.call("DELETE", place.one))
            seen.append(version_of(await person.call(place.method, place.at, place.body)))
        change = "PUT" if place.method == "PUT" else "PATCH"

        late = await person.call(change, place.one, place.other, headers={"If-Match": '"v1"'})
        gone = await person.call("DELETE", place.one, headers={"If-Match": '"v1"'})

        assert seen[0] == 1
        assert len(set(seen)) == 3
        assert seen == sorted(seen)
        assert (late.status, gone.status) == (412, 412)
        assert late.body["current"]["version"] == gone.body["version"] == seen[-1]


async def test_an_edit_of_a_former_life_is_no_edit_of_this_one(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await done(write(person, "PUT", DAY, {"note": "10"}))
        await done(write(person, "DELETE", DAY))
        await done(write(person, "PUT", DAY, {"note": "100"}))

        late = await write(person, "PUT", DAY, {"note": "10\n12"}, base=1)

        assert late.status in (409, 412)
        listed = await person.call("GET", f"{ONE_HABIT.format(id=HABIT)}/entries")
        assert late.body["current"]["note"] == listed.body["items"][-1]["note"] == "100"


async def test_a_life_may_begin_and_end_within_one_batch(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        path = DAY

        def asked(op: str, body: Any = None, base: int | None = None) -> Json:
            frame: Json = {"id": new_mutation_id(), "op": op, "path": path}
            frame |= {} if body is None else {"body": body}
            return frame | ({} if base is None else {"base": base})

        answers = await send(
            person,
            asked("PUT", {"note": "10"}),
            asked("PUT", {"note": "11"}),
            asked("DELETE"),
            asked("PUT", {"note": "100"}),
            asked("PUT", {"note": "12"}, 2),  # of the former life
            asked("PUT", {"note": "101"}, 1),  # of what this request has made
            asked("DELETE"),
            asked("PUT", {"note": "1000"}),
        )

        assert statuses(answers) == [201, 200, 204, 201, 412, 200, 204, 201]
        versions = [answer["ver"] for answer in answers if answer["status"] in (200, 201)]
        assert len(set(versions)) == 5


async def test_whoever_did_not_make_it_does_not_know_its_first_version(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await done(write(person, "PUT", DAY, {"note": "10"}))
        await done(write(person, "DELETE", DAY))
        name = new_mutation_id()
        await done(write(person, "PUT", DAY, {"note": "100"}, name=name))

        async def late(follows: str) -> int:
            headers = {"If-Match": '"v1"', "Upcoach-Follows": follows}
            headers["Idempotency-Key"] = new_mutation_id()
            return (await person.call("PUT", DAY, {"note": "12"}, headers=headers)).status

        assert await late(new_mutation_id()) == 412
        assert await late(name) == 200


@pytest.mark.parametrize("swept", [True, False])
async def test_a_child_that_went_with_its_parent_goes_on(
    settings: Settings,
    swept: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await done(person.call("PUT", DAY, {"note": "1"}))
        before = version_of(await person.call("PUT", DAY, {"note": "2"}))
        if not swept:
            await done(person.call("DELETE", DAY))
        await done(person.call("DELETE", ONE_HABIT.format(id=HABIT)))
        await done(person.call("POST", HABITS, {"id": HABIT, "name": "Meditate"}))

        after = version_of(await person.call("PUT", DAY, {"note": "3"}))

        assert after > before


async def test_the_next_of_a_series_goes_while_it_is_untouched(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        task = {"id": TASK, "title": "A", "due_date": "2026-01-05", "repeats": {"unit": "day"}}
        await done(person.call("POST", TASKS, task))
        one = f"{TASKS}/{TASK}"

        found = []
        for _ in range(2):
            await done(person.call("PUT", f"{one}/done"))
            found.append((await person.call("GET", TASKS)).body["items"])
            await done(person.call("DELETE", f"{one}/done"))
            found.append((await person.call("GET", TASKS)).body["items"])

        assert [len(items) for items in found] == [2, 1, 2, 1]
        versions = [one["version"] for items in found for one in items if one["id"] != TASK]
        assert len(set(versions)) == 2


async def test_a_point_of_a_goal_that_was_deleted_is_not_made_by_its_edit(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await with_goals(server)
        path = POINT.format(id=WEIGHT, point=POINT_1)
        body = {"value": 87, "key_result": "kg", "at": "2026-03-01T08:00:00Z"}
        await done(person.call("DELETE", path))

        late = await person.call("PUT", path, body, headers={"If-Match": '"v1"'})

        assert late.status == 404


async def test_two_nodes_go_on_from_each_others_versions(
    settings: Settings, environ: dict[str, str]
) -> None:
    async with ServerProcess(dict(environ)) as other, serving(settings) as server:
        person = await furnished(server)
        there = RestClient(other.url, person.token)
        seen = set()
        for number in range(6):
            here = (person, there)[number % 2]
            seen.add(version_of(await here.call("PUT", DAY, {"note": str(number)})))
            await done((there, person)[number % 2].call("DELETE", DAY))
        there.close()

        assert len(seen) == 6


async def test_a_fresh_id_is_not_looked_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        asked = watched(monkeypatch)

        await done(person.call("POST", GOALS, {"title": "Run"}))
        unasked = len(asked)
        await done(person.call("POST", GOALS, {"id": GOAL, "title": "Run"}))

        assert unasked == 0
        assert [GOAL in ids for ids in asked] == [True]


def watched(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The ids that are looked up in the log from now on."""
    asked: list[set[str]] = []
    plain = EventLog.last_numbers

    async def last_numbers(
        self: EventLog, ids: Mapping[str, Collection[str]]
    ) -> dict[tuple[str, str], int]:
        asked.extend(map(set, ids.values()))
        return await plain(self, ids)

    monkeypatch.setattr(EventLog, "last_numbers", last_numbers)
    return asked
