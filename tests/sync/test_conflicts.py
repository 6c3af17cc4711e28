"""Writes of several devices from one version: merged, or refused with all that it takes."""

import asyncio

import msgspec
import pytest

from config.settings import Settings
from models.base.document import public
from models.base.errors import Conflict
from models.base.ids import new_mutation_id
from models.base.merge_patch import Json, merged
from tests.support.laws.snapshots import snapshot
from tests.support.people.furnished import (
    ENTRY,
    GOAL,
    GOALS,
    HABIT,
    ONE_GOAL,
    ONE_HABIT,
    WATER,
    furnished,
)
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from tests.support.wire.answers import done
from tests.support.wire.sockets import mut, talking
from tests.support.wire.writes import ask, send, write
from upcoach.store.log.event_log import COLLECTION
from upcoach.store.write import document_versions
from upcoach.store.write.document_versions import FIRST, PAGE, past_of
from upcoach.store.write.errors import WriteConflict
from upcoach.store.write.outcomes import Outcome

RUN = ONE_GOAL.format(id=GOAL)
MEDITATE = ONE_HABIT.format(id=HABIT)
CALM = ENTRY.format(id=HABIT, local_date="2026-01-05")
GLASSES = ENTRY.format(id=WATER, local_date="2026-01-05")


async def test_edits_of_different_fields_merge_over_rest(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        await done(write(person, "PATCH", RUN, {"title": "Run 15k", "priority": "high"}, 1))
        later = await done(
            write(person, "PATCH", RUN, {"target_date": None, "priority": "high"}, 1)
        )

        assert later.status == 200
        assert later.headers["upcoach-merged"] == "/title"
        assert later.headers["etag"] == '"v3"'
        assert later.body == (await person.call("GET", RUN)).body
        assert (later.body["title"], later.body["priority"]) == ("Run 15k", "high")
        assert "target_date" not in later.body


async def test_edits_of_different_fields_merge_on_the_socket(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await done(person.call("PATCH", MEDITATE, {"color": None}, headers={"If-Match": '"v1"'}))

        async with talking(server, person, {"f": "u:me"}) as wire:
            await wire.until("live")
            await wire.send(
                mut("PATCH", MEDITATE, {"schedule": {"type": "weekdays", "days": [1]}}, base=1)
            )
            frames = [await wire.frame(), await wire.frame()]

        answer = next(frame for frame in frames if frame["t"] == "res")
        event = next(frame for frame in frames if frame["t"] == "ev")
        assert (answer["status"], answer["ver"], answer["merged"]) == (200, 3, ["/color"])
        assert set(event["patch"]) == {"schedule", "version", "updated_at"}


async def test_the_same_field_edited_twice_is_a_conflict_that_shows_everything(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await done(write(person, "PATCH", RUN, {"title": "Run 15k"}, 1))
        await done(write(person, "PATCH", RUN, {"description": None}, 2))
        before = await snapshot(person)
        current = (await person.call("GET", RUN)).body
        patch = {"title": "Run 10k", "target_date": "2026-11-30"}

        over_rest = await write(person, "PATCH", RUN, patch, 1)
        async with talking(server, person) as wire:
            (answer,) = await ask(wire, mut("PATCH", RUN, patch, base=1))

        assert set(answer) == {"t", "id", "status", "problem"}
        assert answer["status"] == 409
        assert answer["problem"] == {
            "type": "/problems/conflict",
            "title": "Edited elsewhere",
            "status": 409,
            "detail": "Version 3 has other edits of the same fields: /title.",
            "code": "conflict",
            "instance": RUN,
            "base": 1,
            "current": {"ver": 3} | current,
            "conflicts": [
                {"path": "/title", "base": "Run", "mine": "Run 10k", "theirs": "Run 15k"}
            ],
            "merged": {"target_date": "2026-11-30"},
        }
        del over_rest.body["request_id"]
        assert over_rest.body == answer["problem"]
        assert await snapshot(person) == before


async def test_a_conflict_is_settled_with_what_it_shows(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await done(write(person, "PATCH", RUN, {"title": "Run 15k"}, 1))
        patch = {"title": "Run 10k", "target_date": "2026-11-30"}
        problem = (await write(person, "PATCH", RUN, patch, 1)).body

        settled = problem["merged"] | {"title": problem["conflicts"][0]["mine"]}
        answer = await done(write(person, "PATCH", RUN, settled, problem["current"]["ver"]))

        expected = merged(problem["current"], patch) | {"version": 3}
        assert without(answer.body, "updated_at") == without(expected, "ver", "updated_at")


def without(document: Json, *names: str) -> Json:
    """*document* without some of its members."""
    return {name: value for name, value in document.items() if name not in names}


@pytest.mark.parametrize(
    ("mine", "theirs", "base", "result", "places"),
    [
        ({"value": 3}, {"value": 3}, {"value": 2}, {"value": 4.0}, "/value"),
        ({"value": 1}, {"value": 2.5}, {"value": 2}, {"value": 1.5}, "/value"),
        ({"value": 0.3}, {"value": 0.2}, {"value": 0.1}, {"value": 0.4}, "/value"),
        (
            {"value": 2, "note": "tea\nmilk"},
            {"value": 2, "note": "tea\nwater"},
            {"value": 2, "note": "tea"},
            {"value": 2.0, "note": "tea\nwater\nmilk"},
            "/note",
        ),
        (
            {"value": 3, "note": "tea"},
            {"value": 2, "state": "missed"},
            {"value": 2},
            {"value": 3.0, "note": "tea", "state": "missed"},
            "/state",
        ),
    ],
)
async def test_what_two_devices_log_for_a_day_is_kept_of_both(
    settings: Settings, mine: Json, theirs: Json, base: Json, result: Json, places: str
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await done(write(person, "PUT", GLASSES, base))
        await done(write(person, "PUT", GLASSES, theirs, 1))

        answer = await done(write(person, "PUT", GLASSES, mine, 1))

        kept = {
            name: answer.body[name] for name in ("value", "note", "state") if name in answer.body
        }
        assert kept == {"state": "done"} | result
        assert answer.headers["upcoach-merged"] == places
        assert answer.body["achieved"] is (result["value"] >= 2 and kept["state"] == "done")


async def test_without_a_base_an_entry_is_the_last_word(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await done(write(person, "PUT", GLASSES, {"value": 2}))
        await done(write(person, "PUT", GLASSES, {"value": 3}))

        answer = await done(write(person, "PUT", GLASSES, {"value": 1}))

        assert answer.body["value"] == 1.0


async def test_a_write_without_a_name_is_not_merged(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await done(write(person, "PATCH", RUN, {"title": "Walk"}, 1))
        await done(write(person, "PUT", CALM, {"note": "calm!"}))
        before = await snapshot(person)
        first = {"If-Match": '"v1"'}

        answers = [
            await person.call("PATCH", RUN, {"priority": "high"}, headers=first),
            await person.call("PATCH", RUN, {"title": "Walk"}, headers=first),
            await person.call("PUT", CALM, {"note": "calm, long"}, headers=first),
        ]

        assert [answer.status for answer in answers] == [412, 412, 412]
        assert {answer.body["code"] for answer in answers} == {"version_stale"}
        assert await snapshot(person) == before


async def test_of_writes_without_names_one_is_the_first(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        scope, goals = scope_of(server, person), server.node.services.goals.goals
        patches = ({"title": "a"}, {"priority": "high"}, {"status": "paused"}, {"title": "a"})

        answers = await asyncio.gather(
            *(goals.change(scope, GOAL, patch, 1) for patch in patches), return_exceptions=True
        )

        assert [type(answer) for answer in answers] == [Outcome, Conflict, Conflict, Conflict]


async def test_a_node_that_is_behind_reads_again(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        feed, heads = scope_of(server, person).feed, server.node.committer.heads
        await done(write(person, "PATCH", RUN, {"title": "Walk"}, 1))
        behind = heads[feed]
        await done(write(person, "PATCH", RUN, {"title": "Swim"}, 2))
        heads.advance(feed, behind)

        answer = await done(write(person, "PATCH", RUN, {"priority": "high"}, 1))

        assert answer.headers["upcoach-merged"] == "/title"
        assert (answer.body["title"], answer.body["version"]) == ("Swim", 4)


async def test_a_deletion_is_of_the_version_that_was_seen(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await done(write(person, "PATCH", RUN, {"title": "Walk"}, 1))
        await done(write(person, "PUT", CALM, {"note": "calm!"}))

        stale = [await write(person, "DELETE", path, base=1) for path in (RUN, CALM)]
        fresh = [await write(person, "DELETE", path, base=2) for path in (RUN, CALM)]

        assert [answer.status for answer in stale] == [412, 412]
        assert [answer.body["current"]["version"] for answer in stale] == [2, 2]
        assert [answer.status for answer in fresh] == [204, 204]


async def test_a_version_of_an_earlier_life_is_none_of_this_one(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        for title in ("a", "b", "c"):
            await done(write(person, "PATCH", RUN, {"title": title}, "abc".index(title) + 1))
        await done(write(person, "DELETE", RUN))
        made = await done(write(person, "POST", GOALS, {"id": GOAL, "title": "New"}))
        first = made.body["version"]
        await done(write(person, "PATCH", RUN, {"title": "Newer"}, first))

        of_old = [
            await write(person, "PATCH", RUN, {"priority": "high"}, base) for base in range(1, 6)
        ]
        of_new = await done(write(person, "PATCH", RUN, {"priority": "high"}, first))

        assert {(one.status, one.body["code"]) for one in of_old} == {(412, "version_stale")}
        assert (of_new.body["title"], of_new.body["priority"]) == ("Newer", "high")


async def test_what_fits_alone_and_not_together_is_a_conflict(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        rate = {"schedule": {"type": "rate", "times": 2, "days": 7}, "name": "Sit"}
        await done(write(person, "PATCH", MEDITATE, rate, 1))
        await done(write(person, "PATCH", MEDITATE, {"schedule": {"days": 3}}, 2))
        await done(write(person, "PUT", CALM, {"note": "x" * 600}, 1))

        often = {"schedule": {"times": 5}, "archived": True}
        answers = [
            await write(person, "PATCH", MEDITATE, often, 2),
            await write(person, "PUT", CALM, {"note": "calm" + "y" * 600}, 1),
        ]
        nonsense = await write(person, "PATCH", MEDITATE, {"schedule": {"times": 9}}, 2)

        assert [answer.status for answer in answers] == [409, 409]
        assert answers[0].body["conflicts"] == [
            {"path": "/schedule/times", "base": 2, "mine": 5, "theirs": 2}
        ]
        assert answers[0].body["merged"] == {"archived": True}
        assert [clash["path"] for clash in answers[1].body["conflicts"]] == ["/note"]
        assert (nonsense.status, nonsense.body["code"]) == (422, "body_invalid")


async def test_a_base_that_the_log_does_not_hold_is_stale(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        feed = scope_of(server, person).feed
        for version in (1, 2, 3):
            await done(write(person, "PATCH", RUN, {"title": f"Run {version}"}, version))
        named = {"feed": feed, "id": GOAL}
        events = await server.node.database[COLLECTION].find(named, sort=[("seq", 1)]).to_list()

        merged_before = await write(person, "PATCH", RUN, {"priority": "high"}, 3)
        await server.node.database[COLLECTION].delete_many({"feed": feed, "seq": events[0]["seq"]})
        cut = await write(person, "PATCH", RUN, {"priority": "low"}, 3)
        unknown = [await write(person, "PATCH", RUN, {"priority": "low"}, base) for base in (9, 99)]

        assert merged_before.status == 200
        for answer in (cut, *unknown):
            assert (answer.status, answer.body["code"]) == (412, "version_stale")
            assert answer.body["current"] == merged_before.body


async def test_a_past_is_read_in_pages_and_not_for_ever(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        changes = [
            mut("PATCH", RUN, {"title": f"Run {version}"}, base=version)
            for version in range(1, PAGE + 20)
        ]
        for start in range(0, len(changes), 100):
            await send(person, *changes[start : start + 100])

        scope = scope_of(server, person)
        goal = await server.node.services.goals.goals.get(scope, GOAL)
        head = (await server.node.committer.heads.read(scope.feed)).seq
        found = await past_of(server.node.log, goal, 3, head)

        within = await write(person, "PATCH", RUN, {"priority": "high"}, 1)
        monkeypatch.setattr(document_versions, "REACH", PAGE)
        beyond = await write(person, "PATCH", RUN, {"status": "paused"}, 1)

        assert [one.document.version for one in found] == list(range(3, PAGE + 21))
        assert (within.status, within.body["version"]) == (200, PAGE + 21)
        assert (beyond.status, beyond.body["code"]) == (412, "version_stale")


async def test_the_past_of_a_document_is_that_of_its_events(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        scope = scope_of(server, person)
        bodies = [(await person.call("GET", MEDITATE)).body]
        names = [new_mutation_id() for _ in range(4)]
        patches: list[Json] = [
            {"schedule": {"type": "weekdays", "days": [1, 2]}},
            {"color": None},
            {"measure": {"type": "amount", "target": 2}},
            {"question": "Did you?"},
        ]
        for version, (patch, name) in enumerate(zip(patches, names, strict=True), start=1):
            bodies.append((await done(write(person, "PATCH", MEDITATE, patch, version, name))).body)
        habit = await server.node.services.habits.habits.get(scope, HABIT)
        head = (await server.node.committer.heads.read(scope.feed)).seq

        pasts = [await past_of(server.node.log, habit, since, head) for since in (1, 2, 4, 5)]
        with pytest.raises(WriteConflict):
            await past_of(server.node.log, habit, 1, head - 1)

        for start, found in zip((0, 1, 3, 4), pasts, strict=True):
            assert [one.document.version for one in found] == list(range(start + 1, 6))
            assert [one.mutation for one in found] == ["", *names][start:]
            assert found[-1].document == habit
            lines = [msgspec.json.encode(public(one.document)) for one in found]
            assert [msgspec.json.decode(line) for line in lines] == bodies[start:]


async def test_only_a_documents_own_events_are_read_for_its_past(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        feed = scope_of(server, person).feed
        for version in (1, 2, 3):
            await done(write(person, "PATCH", RUN, {"title": f"Run {version}"}, version))
            await done(write(person, "PATCH", MEDITATE, {"name": f"Sit {version}"}, version))
        database = server.node.database.handle
        await database.command("profile", 2)

        await done(write(person, "PATCH", RUN, {"priority": "high"}, 4))
        at_the_top = await database["system.profile"].find({"command.filter.id": GOAL}).to_list()
        await done(write(person, "PATCH", RUN, {"status": "paused"}, 4))
        await database.command("profile", 0)
        (query,) = await database["system.profile"].find({"command.filter.id": GOAL}).to_list()
        plan = await server.node.database[COLLECTION].find(query["command"]["filter"]).explain()

        assert at_the_top == []
        assert query["command"]["filter"]["feed"] == feed
        assert query["planSummary"] == "IXSCAN { feed: 1, id: 1, seq: 1 }"
        assert query["command"]["limit"] == FIRST
        assert (query["docsExamined"], query["nreturned"]) == (5, 5)
        assert not query.get("hasSortStage")
        assert plan["queryPlanner"]["winningPlan"]["inputStage"]["indexName"] == "history"
