"""Edits that are right each by itself, and together make what no document may be."""

import datetime as dt
from typing import Any, Final

import msgspec
import pytest

from config.settings import Settings
from models.base.errors import Invalid
from models.base.merge_patch import Json
from models.habits import Habit
from models.habits.schedules import Every
from tests.store.whole import assert_whole
from tests.support.people.furnished import HABIT, ONE_HABIT, furnished
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from tests.support.wire.answers import done
from tests.support.wire.sockets import mut
from tests.support.wire.writes import send, statuses, write
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

EARLY: Final = dt.timezone(dt.timedelta(hours=23))
STEP, MILESTONE = {"title": "x"}, {"title": "x"}
RESULT = {"title": "x", "target": 5}


def some(name: str, count: int, one: Any) -> Json:
    """So many parts whose ids begin with *name*."""
    return {f"{name}{number}": one for number in range(count)}


def names(name: str, count: int) -> list[str]:
    """So many labels that begin with *name*."""
    return [f"{name}{number}" for number in range(count)]


class Pair(msgspec.Struct, frozen=True):
    """A document, and two edits of its first version."""

    place: str
    made: Json
    one: Json
    other: Json


PAIRS = (
    Pair("/v1/tasks", {"title": "T"}, {"notes": "a" * 6_000}, {"notes": "b" * 6_000}),
    Pair("/v1/tasks", {"title": "T"}, {"tags": names("a", 12)}, {"tags": names("b", 12)}),
    Pair(
        "/v1/tasks", {"title": "T"}, {"steps": some("a", 60, STEP)}, {"steps": some("b", 60, STEP)}
    ),
    Pair("/v1/moods", {"level": 3}, {"note": "a" * 1_100}, {"note": "b" * 1_100}),
    Pair("/v1/moods", {"level": 3}, {"activities": names("a", 12)}, {"activities": names("b", 12)}),
    Pair("/v1/moods", {"level": 3}, {"emotions": names("a", 12)}, {"emotions": names("b", 12)}),
    Pair("/v1/journal", {"text": ""}, {"text": "a" * 30_000}, {"text": "b" * 30_000}),
    Pair("/v1/journal", {"text": ""}, {"tags": names("a", 40)}, {"tags": names("b", 40)}),
    Pair(
        "/v1/goals", {"title": "G"}, {"private_notes": "a" * 6_000}, {"private_notes": "b" * 6_000}
    ),
    Pair(
        "/v1/goals",
        {"title": "G"},
        {"milestones": some("a", 60, MILESTONE)},
        {"milestones": some("b", 60, MILESTONE)},
    ),
    Pair(
        "/v1/goals",
        {"title": "G"},
        {"key_results": some("a", 20, RESULT)},
        {"key_results": some("b", 20, RESULT)},
    ),
    Pair("/v1/goals", {"title": "G"}, {"starts_on": "2026-05-01"}, {"target_date": "2026-04-01"}),
)


async def test_two_edits_that_do_not_fit_together_break_nothing(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        for pair in PAIRS:
            for way in ("rest", "batch"):
                made = await done(person.call("POST", pair.place, pair.made))
                path = f"{pair.place}/{made.body['id']}"
                edits = [mut("PATCH", path, one, base=1) for one in (pair.one, pair.other)]
                if way == "rest":
                    answers = [
                        (await write(person, "PATCH", path, one["body"], base=1)).status
                        for one in edits
                    ]
                else:
                    answers = statuses(await send(person, *edits))

                assert answers[0] in (200, 422), (pair, answers)
                assert answers[1] in (200, 409, 422), (pair, answers)
                assert (await person.call("GET", path)).status == 200
        await assert_whole(person)


async def test_an_undo_that_does_not_fit_breaks_nothing(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        first, second = some("a", 60, MILESTONE), some("b", 60, MILESTONE)
        goal = await done(person.call("POST", "/v1/goals", {"title": "G", "milestones": first}))
        path = f"/v1/goals/{goal.body['id']}"
        none = dict.fromkeys(first)
        await done(write(person, "PATCH", path, {"milestones": none}, base=1))
        await done(write(person, "PATCH", path, {"milestones": second}, base=2))

        answer = await write(person, "POST", f"{path}/undo", {"version": 2})

        assert answer.status in (409, 422), answer
        await assert_whole(person)


@pytest.mark.parametrize("unit", ["day", "week", "month", "year"])
async def test_a_series_ends_with_the_calendar(settings: Settings, unit: str) -> None:
    async with serving(settings) as server:
        person = await server.person()
        again = {"unit": unit, "every": 366}
        for place, field in (("/v1/tasks", "due_date"), ("/v1/goals", "target_date")):
            one = {"title": "Last", field: "2999-12-31", "repeats": again}
            made = (await done(person.call("POST", place, one))).body
            path = f"{place}/{made['id']}"
            await done(write(person, "PATCH", path, {"status": "completed"}, base=1))

            items = (await person.call("GET", place)).body["items"]

            assert [item["status"] for item in items] == ["completed"]
            changed = await write(person, "PATCH", path, {"title": "Very last"}, base=2)
            assert changed.status == 200
        await assert_whole(person)


async def test_whatever_is_kept_is_checked_as_it_is_read(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        scope = scope_of(server, person)
        ref = Ref(Habit, scope.user, HABIT)
        habit = await server.node.services.habits.habits.get(scope, HABIT)
        schedule = Every(367, habit.starts_on)
        flaws: list[Json] = []
        for fields in (
            {"schedule": schedule},
            {"day_start": 1_440},
            {"position": float("nan")},
            {"day_start": 2**63},
            {"name": "\ud800"},
            {"name": "x" * 256},
            {"question": "x" * (1 << 22)},
            {"created_at": dt.datetime(1, 1, 1, 1, tzinfo=EARLY)},
        ):
            bent = msgspec.structs.replace(habit.advanced(habit.created_at), **fields)

            def decide(changes: WriteContext, bent: Habit = bent) -> Outcome[None]:
                changes.update(changes.get(*ref), bent)
                return Outcome(verb="updated", document=None)

            with pytest.raises(Invalid) as refusal:
                await server.node.committer.submit(Write(scope=scope, reads=(ref,), decide=decide))
            assert refusal.value.code == "document_invalid"
            flaws += [{"field": flaw.pointer} for flaw in refusal.value.flaws]

        assert flaws[:2] == [{"field": "/schedule/days"}, {"field": "/day_start"}]
        assert (await person.call("GET", ONE_HABIT.format(id=HABIT))).body["version"] == 1
        await assert_whole(person)
