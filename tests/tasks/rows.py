"""What the laws try of tasks."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from models.base.document import Document
from models.base.merge_patch import Json
from models.base.recurrence import Repeat
from models.tasks import Task
from models.tasks.task import Step
from tests.support.laws.context import FULL_GOAL, NOON, ContextRows, Flaws, hide
from tests.support.laws.flaws import KEPT, MINUTES, OPERATOR, ZONES, labels
from tests.support.laws.snapshots import CHANGED, CREATED, DELETED, UNCHANGED, Row
from tests.support.people.furnished import GOAL
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import RestClient

TASK = "tsk_01a20c66-99df-75bd-8f37-3328887fd901"
CHORE = "tsk_01a20c66-99df-75bd-8f37-3328887fd902"
NEW_TASK = "tsk_01a20c66-99df-75bd-8f37-3328887fd903"
NO_TASK = "tsk_01a20c66-99df-75bd-8f37-3328887fd904"

TASKS, ONE_TASK, DONE = "/v1/tasks", "/v1/tasks/{id}", "/v1/tasks/{id}/done"
TAXES, PLANTS, NO_ONE = {"id": TASK}, {"id": CHORE}, {"id": NO_TASK}
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

DOCUMENTS: tuple[Json, ...] = (
    {
        "id": TASK,
        "title": "File taxes",
        "notes": "by post",
        "due_date": "2026-05-31",
        "due_time": "18:00",
        "tz": "Europe/Berlin",
        "tags": ["money"],
        "steps": {"a": {"title": "Find receipts"}, "b": {"title": "Add up", "place": 1}},
    },
    {
        "id": CHORE,
        "title": "Water plants",
        "due_date": "2026-01-31",
        "repeats": {"unit": "month"},
    },
)


WRITES = (
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
        "remind of a task that another device has moved",
        CHANGED,
        REVISED,
        "PATCH",
        ONE_TASK,
        TAXES,
        {"reminder_minutes_before": [1440, 120]},
        1,
        {"due_date": "2026-06-02"},
    ),
    Row(
        "remind of a task in two ways",
        409,
        (),
        "PATCH",
        ONE_TASK,
        TAXES,
        {"reminder_minutes_before": [60]},
        1,
        {"reminder_minutes_before": [30]},
    ),
    Row(
        "remind of a task that has no date any more",
        409,
        (),
        "PATCH",
        ONE_TASK,
        TAXES,
        {"reminder_minutes_before": [60]},
        1,
        {"due_date": None, "due_time": None},
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

NO_DATE = "/reminder_minutes_before"

FLAWED: Flaws = {
    ("POST", TASKS): (
        {"title": "Iron"},
        [
            ({"id": "iron"}, "/id"),
            ({"id": GOAL}, "/id"),
            ({"id": TASK.upper()}, "/id"),
            ({"id": f"{TASK}\n"}, "/id"),
            ({"id": f"usr_1/{TASK}"}, "/id"),
            ({"title": None}, "/title"),
            ({"due_time": "09:00"}, "/due_time"),
            ({"repeats": {"unit": "day"}}, "/repeats"),
        ],
    ),
    ("PATCH", ONE_TASK): (
        {},
        [
            ({"title": ""}, "/title"),
            ({"title": "x" * 256}, "/title"),
            ({"title": OPERATOR}, "/title"),
            ({"notes": "x" * 10_001}, "/notes"),
            ({"status": "done"}, "/status"),
            ({"status": None, "priority": "critical"}, "/priority"),
            ({"category": "fun"}, "/category"),
            ({"due_date": "2026-02-30"}, "/due_date"),
            ({"due_date": "1899-12-31"}, "/due_date"),
            ({"due_date": "3000-01-01"}, "/due_date"),
            ({"due_date": 20_260_101}, "/due_date"),
            ({"due_date": None}, "/due_time"),
            ({"due_date": None, "due_time": None, "reminder_minutes_before": [0]}, NO_DATE),
            *MINUTES,
            ({"due_time": "24:00"}, "/due_time"),
            ({"due_time": "9:00"}, "/due_time"),
            ({"due_time": "09:00:00"}, "/due_time"),
            ({"due_time": "09:00\n"}, "/due_time"),
            *ZONES,
            *labels("tags", 20),
            ({"goal": "gol_1"}, "/goal"),
            ({"goal": TASK}, "/goal"),
            ({"steps": []}, "/steps"),
            ({"steps": {"": {"title": "x"}}}, "/steps/"),
            ({"steps": {"type": {"title": "x"}}}, "/steps/type"),
            ({"steps": {"a b": {"title": "x"}}}, "/steps/a b"),
            ({"steps": {"c": {}}}, "/steps/c/title"),
            ({"steps": {"c": {"title": ""}}}, "/steps/c/title"),
            ({"steps": {"c": {"title": "x", "done": "yes"}}}, "/steps/c/done"),
            ({"steps": {"c": {"title": "x", "place": 1e10}}}, "/steps/c/place"),
            ({"steps": {"c": {"title": "x", "owner": "me"}}}, "/steps/c/owner"),
            ({"steps": {str(n): {"title": "x"} for n in range(101)}}, "/steps"),
            ({"repeats": "daily"}, "/repeats"),
            ({"repeats": {"unit": "hour"}}, "/repeats/unit"),
            ({"repeats": {"unit": "day", "every": 0}}, "/repeats/every"),
            ({"repeats": {"unit": "day", "every": 367}}, "/repeats/every"),
            ({"repeats": {"unit": "day", "every": 1.5}}, "/repeats/every"),
            ({"repeats": {"unit": "day", "until": "x"}}, "/repeats/until"),
            ({"completed_at": "2026-01-01T00:00:00Z"}, "/completed_at"),
            ({"due_at": "2026-01-01T00:00:00Z"}, "/due_at"),
            ({"series": "2026-01-01"}, "/series"),
            *KEPT,
            ({"id": NEW_TASK}, "/id"),
        ],
    ),
}


CHANGES: dict[str, dict[str, tuple[Any, ...]]] = {
    "task": {
        "title": ("Swim", "Fly"),
        "notes": ("far", "far away", None),
        "status": ("in_progress", "completed", "pending"),
        "priority": ("low", "high"),
        "category": ("work", "learning"),
        "due_date": ("2027-01-02", "2027-01-01"),
        "due_time": ("09:30", None),
        "tz": ("Pacific/Apia", "UTC"),
        "tags": (["home"], []),
        "goal": (FULL_GOAL, None),
        "steps": ({"one": {"title": "Pack"}}, {"one": {"done": True}}, {"one": None}),
        "repeats": ({"unit": "week"}, None),
        "reminder_minutes_before": ([60, 0], []),
    },
}


async def furnish(_server: Server, person: RestClient) -> None:
    """Give *person* two tasks, of which one repeats."""
    for document in DOCUMENTS:
        await done(person.call("POST", TASKS, document))


async def hidden(_server: Server, stranger: RestClient) -> dict[str, str]:
    """The id of a task that *stranger* has."""
    return await hide(stranger, (TASKS, "tsk", {"title": "Hide"}))


def full(base: Json) -> Iterator[Document]:
    """A document of each kind, with every field filled."""
    yield Task(
        id="tsk_1",
        title="canary",
        notes="canary",
        status="completed",
        priority="urgent",
        category="finance",
        due_date=dt.date(2026, 1, 31),
        due_time="23:59",
        tz="Pacific/Apia",
        tags=("canary",),
        goal=FULL_GOAL,
        steps={"a": Step(title="canary", done=True, place=1)},
        repeats=Repeat("month", 2),
        reminder_minutes_before=(120, 0),
        due_at=NOON,
        completed_at=NOON,
        series=dt.date(2025, 10, 31),
        **base,
    )


ROWS = ContextRows(
    name="tasks",
    writes=WRITES,
    furnish=furnish,
    ids={TASKS: TASK},
    hidden=hidden,
    flawed=FLAWED,
    lists={TASKS: 100},
    made={"task": (TASKS, {"title": "Run"})},
    full=full,
    deleted={"task": "/v1/tasks/{}"},
    changes=CHANGES,
    counted=("/v1/tasks/stats",),
)
