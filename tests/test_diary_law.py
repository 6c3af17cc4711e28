"""The law of snapshots for tasks, moods and the journal, over REST and sockets alike."""

import asyncio

from config.settings import Settings
from tests.support import diary
from tests.support.diary import (
    CHORE,
    DONE,
    MOOD,
    MOODS,
    NEW_MOOD,
    NEW_TASK,
    NO_MOOD,
    NO_TASK,
    ONE_MOOD,
    ONE_TASK,
    TASK,
    TASKS,
)
from tests.support.server import Server, serving
from tests.test_snapshot_law import (
    CHANGED,
    CREATED,
    DELETED,
    UNCHANGED,
    Row,
    assert_same_both_ways,
    surface,
)
from upcoach.client import Device

TAXES, PLANTS, NO_ONE = {"id": TASK}, {"id": CHORE}, {"id": NO_TASK}
CALM, NO_FEELING = {"id": MOOD}, {"id": NO_MOOD}
MADE, REVISED, GONE = ("task.created",), ("task.updated",), ("task.deleted",)
IRON = {
    "id": NEW_TASK,
    "title": "Iron",
    "notes": "4111 1111 1111 1111",
    "tags": ["home", "Home"],
    "due_date": "2026-03-29",
    "due_time": "02:30",
    "tz": "Europe/Berlin",
    "steps": {"a": {"title": "Heat"}},
}

TASK_ROWS = (
    Row("make a task", CREATED, MADE, "POST", TASKS, body=IRON),
    Row("make one under a taken id", 409, (), "POST", TASKS, body={"id": TASK, "title": "X"}),
    Row(
        "make one that is done and repeats",
        CREATED,
        ("task.created", "task.created"),
        "POST",
        TASKS,
        body=IRON | {"status": "completed", "repeats": {"unit": "week"}},
    ),
    Row(
        "change a task",
        CHANGED,
        REVISED,
        "PATCH",
        ONE_TASK,
        TAXES,
        {"title": "Taxes", "due_date": "2026-06-01", "due_time": None, "priority": "urgent"},
        1,
    ),
    Row(
        "take away what a task has",
        CHANGED,
        REVISED,
        "PATCH",
        ONE_TASK,
        TAXES,
        {"notes": None, "due_date": None, "due_time": None, "tags": None, "steps": None},
        1,
    ),
    Row(
        "tick off a step",
        CHANGED,
        REVISED,
        "PATCH",
        ONE_TASK,
        TAXES,
        {"steps": {"a": {"done": True}}},
        1,
    ),
    Row(
        "merge another step that was ticked off",
        CHANGED,
        REVISED,
        "PATCH",
        ONE_TASK,
        TAXES,
        {"steps": {"a": {"done": True}, "c": {"title": "Send"}}},
        1,
        {"steps": {"b": {"done": True}}, "notes": "by post, soon"},
    ),
    Row(
        "merge notes and tags",
        CHANGED,
        REVISED,
        "PATCH",
        ONE_TASK,
        TAXES,
        {"notes": "by post!", "tags": ["money", "home"]},
        1,
        {"notes": "by post?", "tags": ["money", "office", "Home"]},
    ),
    Row(
        "merge two that do not go together",
        409,
        (),
        "PATCH",
        ONE_TASK,
        TAXES,
        {"due_time": "09:00"},
        1,
        {"due_date": None, "due_time": None},
    ),
    Row(
        "change what was changed otherwise",
        409,
        (),
        "PATCH",
        ONE_TASK,
        TAXES,
        {"title": "Taxes"},
        1,
        {"title": "File it"},
    ),
    Row(
        "change a task to what it is",
        UNCHANGED,
        (),
        "PATCH",
        ONE_TASK,
        TAXES,
        {"tags": ["money"]},
        1,
    ),
    Row("change a task's future", 412, (), "PATCH", ONE_TASK, TAXES, {"title": "X"}, 7),
    Row("change a task that is not", 404, (), "PATCH", ONE_TASK, NO_ONE, {"title": "X"}, 1),
    Row("complete a task", CHANGED, REVISED, "PUT", DONE, TAXES),
    Row("complete a task's version", CHANGED, REVISED, "PUT", DONE, TAXES, base=1),
    Row("complete an old version", 412, (), "PUT", DONE, TAXES, base=2),
    Row("complete a task that is not", 404, (), "PUT", DONE, NO_ONE),
    Row(
        "complete one that repeats",
        CHANGED,
        ("task.updated", "task.created"),
        "PUT",
        DONE,
        PLANTS,
    ),
    Row(
        "complete one that repeats by a change",
        CHANGED,
        ("task.updated", "task.created"),
        "PATCH",
        ONE_TASK,
        PLANTS,
        {"status": "completed"},
        1,
    ),
    Row("reopen a task that is open", UNCHANGED, (), "DELETE", DONE, TAXES),
    Row("reopen a task that is not", 404, (), "DELETE", DONE, NO_ONE),
    Row("delete a task", DELETED, GONE, "DELETE", ONE_TASK, TAXES),
    Row("delete an old version of a task", 412, (), "DELETE", ONE_TASK, TAXES, base=2),
    Row("delete a task that is not", 404, (), "DELETE", ONE_TASK, NO_ONE),
)

MOOD_ROWS = (
    Row(
        "log a mood",
        CREATED,
        ("mood.created",),
        "POST",
        MOODS,
        body={
            "id": NEW_MOOD,
            "level": 2,
            "at": "2026-01-05T23:59:59.123456-10:00",
            "tz": "Pacific/Apia",
            "category": "work",
            "emotions": ["tired"],
            "sleep": 1,
        },
    ),
    Row("log one under a taken id", 409, (), "POST", MOODS, body={"id": MOOD, "level": 1}),
    Row(
        "change a mood",
        CHANGED,
        ("mood.updated",),
        "PATCH",
        ONE_MOOD,
        CALM,
        {"level": 5, "at": "2026-01-04T12:00:00Z", "note": None, "energy": 4},
        1,
    ),
    Row(
        "merge a mood's note",
        CHANGED,
        ("mood.updated",),
        "PATCH",
        ONE_MOOD,
        CALM,
        {"note": "calm, at home", "activities": ["running", "reading"]},
        1,
        {"note": "calm, later tired", "stress": 2},
    ),
    Row("change a mood to what it is", UNCHANGED, (), "PATCH", ONE_MOOD, CALM, {"level": 4}, 1),
    Row("rate a mood otherwise", 409, (), "PATCH", ONE_MOOD, CALM, {"level": 1}, 1, {"level": 2}),
    Row("change a mood that is not", 404, (), "PATCH", ONE_MOOD, NO_FEELING, {"level": 1}, 1),
    Row("delete a mood", DELETED, ("mood.deleted",), "DELETE", ONE_MOOD, CALM),
    Row("delete a mood that is not", 404, (), "DELETE", ONE_MOOD, NO_FEELING),
)

ROWS = (*TASK_ROWS, *MOOD_ROWS)


def test_every_operation_that_writes_is_here() -> None:
    names = [row.name for row in ROWS]

    assert {(row.method, row.path) for row in ROWS} == surface(live=True, below=diary.PREFIXES)
    assert surface(live=False, below=diary.PREFIXES) == set()
    assert len(names) == len(set(names))


async def test_old_snapshot_and_events_are_the_new_snapshot(settings: Settings) -> None:
    async with serving(settings) as server:
        for row in ROWS:
            if row.events:
                await try_rows(server, row)


async def test_a_write_that_changes_nothing_has_no_event(settings: Settings) -> None:
    async with serving(settings) as server:
        await try_rows(server, *(row for row in ROWS if not row.events and row.earlier is None))
        for row in ROWS:
            if not row.events and row.earlier is not None:
                await try_rows(server, row)


async def try_rows(server: Server, *rows: Row) -> None:
    """Two new people and a phone try *rows*, one after another."""
    ann, bob = await asyncio.gather(server.person(), server.person())
    await asyncio.gather(diary.furnish(ann), diary.furnish(bob))
    async with Device([server.url], bob.token) as phone:
        for row in rows:
            await assert_same_both_ways(ann, bob, phone, row)
