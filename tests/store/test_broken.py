"""One document that cannot be read never takes the others along."""

import itertools
from collections.abc import Iterable

import pytest

from config.settings import Settings
from models.account import Factors
from models.base.document import Document
from models.base.merge_patch import Json
from models.goals import Goal
from models.habits import Entry, Habit, Vacation
from models.journal import JournalEntry
from models.moods import Mood
from models.sharing import Share
from models.tasks import Task
from tests.laws.contexts import COUNTED, DELETED
from tests.store.breaking import BREAKAGES, KINDS, broken, deletion, with_everything
from tests.support.laws.snapshots import Documents, events_since, snapshot
from tests.support.laws.surface import SURFACE
from tests.support.people.furnished import ENTRY, HABIT, ONE_HABIT, furnished
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from tests.support.wire.writes import write
from upcoach.client import RestClient, SyncDevice, apply_event
from upcoach.store.base import codec
from upcoach.store.base.database import Bson
from upcoach.store.write.refs import Ref

ASKED = {"/v1/events": "?since=0", "/v1/journal/search": "?q=canary"}

# Of each sort one: with children, below a parent, shared, about logging in.
SOME = (Habit, Entry, JournalEntry, Share, Factors)

# What needs nothing else than a person; audit is for operators, the wait of events is a wait.
LISTS = tuple(
    f"{row.path}{ASKED.get(row.path, '')}"
    for row in SURFACE
    if row.method == "GET" and "{" not in row.path and not row.public
)


MANY = 100  # documents of a kind; what is small is tried elsewhere


def place_of(ref: Ref) -> str:
    """Where the document *ref* is found, and deleted."""
    return DELETED[ref.kind.kind].format(*ref.id.split("/"))


async def refs_of(server: Server, person: RestClient, kind: type[Document]) -> list[Ref]:
    """The documents of a kind."""
    user = scope_of(server, person).user
    listed = await done(person.call("GET", f"/v1/snapshot?kind={kind.kind}"))
    return [Ref(kind, user, one["id"]) for one in listed.body["items"]]


def metric(server: Server) -> int:
    """How many documents the node has found broken, by its metrics."""
    lines = server.node.metrics.exposition().decode().splitlines()
    [line] = [one for one in lines if one.startswith("upcoach_documents_broken ")]
    return int(float(line.rpartition(" ")[2]))


async def assert_all_else_works(
    server: Server, person: RestClient, ref: Ref, paths: Iterable[str]
) -> tuple[Documents, str]:
    """The lists at *paths* answer, and a device that begins anew holds what the database holds.

    That is returned, with the cursor.
    """
    for path in paths:
        answer = await person.call("GET", path)
        assert answer.status < 500, (path, answer)
    documents, cursor = await snapshot(person, limit=MANY)
    stand_in = documents[ref.kind.kind][ref.id]
    assert stand_in["broken"] is True
    assert set(stand_in) == {"id", "owner", "version", "created_at", "updated_at", "broken"}
    async with SyncDevice([server.url], person.token) as phone:
        await phone.until(lambda one: one.live)
        assert phone.own.mismatches == 0
        assert phone.documents[ref.kind.kind] == documents[ref.kind.kind]
    return documents, cursor


def applied(documents: Documents, events: list[Json]) -> Documents:
    """*documents* after *events*."""
    for event in events:
        apply_event(documents, event)
    return documents


@pytest.mark.parametrize("way", BREAKAGES)
async def test_what_cannot_be_read_is_shown_as_broken_and_deletable(
    settings: Settings, way: str
) -> None:
    async with serving(settings) as server:
        person = await with_everything(server)
        is_first = way == next(iter(BREAKAGES))
        for kind in reversed(KINDS if is_first else SOME):  # children before their parents
            [ref] = await refs_of(server, person, kind)
            await broken(server, ref, BREAKAGES[way](kind))
            before, cursor = await assert_all_else_works(
                server, person, ref, LISTS if is_first else COUNTED
            )
            assert metric(server) == 1

            if kind.kind in DELETED:
                gone = await person.call("DELETE", place_of(ref))
                assert gone.status in (200, 204), (kind, gone)
            else:
                await server.node.committer.submit(deletion(server, person, ref))

            after, _ = await snapshot(person, limit=MANY)
            assert applied(before, await events_since(person, cursor)) == after, kind
            assert ref.id not in after[kind.kind]
            assert metric(server) == 0


@pytest.mark.parametrize("kind", [Goal, Habit, Task])
async def test_what_cannot_be_read_is_not_there_to_be_changed(
    settings: Settings, kind: type[Document]
) -> None:
    async with serving(settings) as server:
        person = await with_everything(server)
        [ref] = await refs_of(server, person, kind)
        await broken(server, ref, {"$set": {"created_at": "never"}})
        path = place_of(ref)

        answers = [
            await person.call("GET", path),
            await write(person, "PATCH", path, {"title": "Other"}, base=1),
            await write(person, "POST", path.rpartition("/")[0], {"id": ref.id, "title": "Other"}),
        ]

        assert [one.status for one in answers[:2]] == [409, 409]
        assert {one.body["code"] for one in answers[:2]} == {"document_broken"}
        assert answers[0].body["broken"] == {"kind": kind.kind, "id": ref.id, "version": 1}
        assert answers[2].status in (409, 422)


async def test_a_put_takes_the_place_of_what_cannot_be_read(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        ref = (await refs_of(server, person, KINDS_BY_NAME["habit.entry"]))[0]
        await broken(server, ref, {"$set": {"state": "asleep"}})
        before, cursor = await snapshot(person)

        answer = await person.call("PUT", place_of(ref), {"note": "anew"})

        assert (answer.status, answer.body["version"]) == (201, 2)
        after, _ = await snapshot(person)
        assert applied(before, await events_since(person, cursor)) == after
        assert after["habit.entry"][ref.id]["note"] == "anew"
        assert metric(server) == 0


async def test_a_habit_goes_with_a_day_that_cannot_be_read(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        for kind in ("habit.entry", "insight"):
            for ref in await refs_of(server, person, KINDS_BY_NAME[kind]):
                await broken(server, ref, {"$set": {"created_at": "never"}})
        before, cursor = await snapshot(person)

        await done(person.call("DELETE", ONE_HABIT.format(id=HABIT)))

        after, _ = await snapshot(person)
        assert applied(before, await events_since(person, cursor)) == after
        assert after["habit.entry"] == after["insight"] == {}


async def test_a_list_goes_on_behind_what_cannot_be_read(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        for day in range(1, 10):
            await done(person.call("PUT", _day(day), {"note": "x"}))
        refs = await refs_of(server, person, KINDS_BY_NAME["habit.entry"])
        for ref in refs[1:4]:
            await broken(server, ref, {"$set": {"day_start": 5_000}})

        found: list[str] = []
        path = f"{ONE_HABIT.format(id=HABIT)}/entries?limit=2"
        while path:
            answer = await person.call("GET", path)
            found += [one["id"] for one in answer.body["items"]]
            link = answer.headers.get("link", "")
            path = link[1 : link.index(">")] if link else ""

        assert found == [ref.id for ref in refs if ref not in refs[1:4]]


async def test_the_history_of_what_cannot_be_read_is_refused_and_no_failure(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await with_everything(server)
        [ref] = await refs_of(server, person, Goal)
        await broken(server, ref, {"$set": {"created_at": "never"}})

        for path in ("history", "at?version=1", "assessment"):
            answer = await person.call("GET", f"/v1/goals/{ref.id}/{path}")
            assert answer.status < 500, (path, answer)


# Of another type, and nothing; a second other type is more of the same.
@pytest.mark.parametrize(
    "garbage", ["x", None, pytest.param({"a": 1}, marks=pytest.mark.chaos)], ids=repr
)
async def test_what_is_counted_and_cannot_be_read_breaks_no_answer(
    settings: Settings, garbage: object
) -> None:
    async with serving(settings) as server:
        person = await with_everything(server)
        habit = (await refs_of(server, person, Habit))[0].id
        of_one = (f"/v1/habits/{habit}/{name}" for name in ("streak", "analytics", "entries"))
        asked = (*COUNTED, *of_one)
        for kinds in ((Entry, Task), (Vacation, Mood), (Habit, Goal)):
            refs = [ref for kind in kinds for ref in await refs_of(server, person, kind)]
            stored = [await stored_as(server, ref) for ref in refs]
            assert all(stored)
            for fields in itertools.zip_longest(*stored):
                chosen = [one for one in zip(refs, fields, stored, strict=True) if one[1]]
                for ref, field, _ in chosen:
                    await broken(server, ref, {"$set": {field: garbage}})
                for path in asked:
                    answer = await person.call("GET", path)
                    assert answer.status < 500, (refs, fields, path, answer)
                for ref, field, before in chosen:
                    await broken(server, ref, {"$set": {field: before[field]}})


async def stored_as(server: Server, ref: Ref) -> Bson:
    """The fields of a document as the database has them, but for what it is found by."""
    collection = server.node.database[ref.kind.collection]
    found = await collection.find_one({"_id": codec.key_of(ref.owner, ref.id)})
    assert found is not None
    return {name: found[name] for name in found.keys() - {"_id", "owner", "version"}}


async def test_what_was_broken_says_nothing_of_itself_in_the_log(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        [ref] = await refs_of(server, person, Goal)
        await broken(server, ref, {"$set": {"status": "SECRET-WORD"}})
        for _ in range(3):
            await done(person.call("GET", "/v1/goals"))

        said = capsys.readouterr().out
        assert said.count("document_broken") == 1
        assert "SECRET-WORD" not in said


def _day(day: int) -> str:
    return ENTRY.format(id=HABIT, local_date=f"2026-01-{day:02}")


KINDS_BY_NAME = {kind.kind: kind for kind in KINDS}
