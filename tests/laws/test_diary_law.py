"""The law of snapshots for tasks, moods and the journal, over REST and sockets alike."""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from config.settings import Settings
from tests.laws.test_snapshot_law import (
    CHANGED,
    CREATED,
    DELETED,
    UNCHANGED,
    Documents,
    Row,
    anonymous,
    as_frame,
    change_first,
    events_since,
    over_rest,
    snapshot,
    surface,
)
from tests.support import diary
from tests.support.diary import (
    BOOK,
    BOOKS,
    CHORE,
    DONE,
    DRAFT,
    ENTRY,
    ENTRY_SHARE,
    JOURNAL,
    MOOD,
    MOODS,
    NEW_BOOK,
    NEW_MOOD,
    NEW_PAGE,
    NEW_TASK,
    NEW_TEMPLATE,
    NO_MOOD,
    NO_PAGE,
    NO_TASK,
    ONE_BOOK,
    ONE_MOOD,
    ONE_TASK,
    ONE_TEMPLATE,
    PAGE,
    PURGE,
    RESTORE,
    RESTORE_VERSION,
    TASK,
    TASKS,
    TEMPLATE,
    TEMPLATES,
    THROWN,
)
from tests.support.server import Server, serving
from upcoach.client import Client, Device, apply_event

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

TRAVEL, EVENING = {"id": BOOK}, {"id": TEMPLATE}
KYOTO, NONSENSE, NO_WORD = {"id": PAGE}, {"id": THROWN}, {"id": NO_PAGE}
WRITTEN, EDITED = ("journal.entry.created",), ("journal.entry.updated",)

BOOK_ROWS = (
    Row(
        "make a journal",
        CREATED,
        ("journal.created",),
        "POST",
        BOOKS,
        body={"id": NEW_BOOK, "name": "A"},
    ),
    Row("make one under a taken one", 409, (), "POST", BOOKS, body={"id": BOOK, "name": "A"}),
    Row(
        "archive a journal",
        CHANGED,
        ("journal.updated",),
        "PATCH",
        ONE_BOOK,
        TRAVEL,
        {"archived": True, "color": None},
        1,
    ),
    Row(
        "merge a description",
        CHANGED,
        ("journal.updated",),
        "PATCH",
        ONE_BOOK,
        TRAVEL,
        {"description": "Far away, by train"},
        1,
        {"name": "Trips"},
    ),
    Row("delete a journal with entries", 409, (), "DELETE", ONE_BOOK, TRAVEL),
    Row(
        "make a template",
        CREATED,
        ("journal.template.created",),
        "POST",
        TEMPLATES,
        body={"id": NEW_TEMPLATE, "name": "Week", "tags": ["w"]},
    ),
    Row(
        "change a template",
        CHANGED,
        ("journal.template.updated",),
        "PATCH",
        ONE_TEMPLATE,
        EVENING,
        {"text": "One:"},
        1,
    ),
    Row(
        "delete a template", DELETED, ("journal.template.deleted",), "DELETE", ONE_TEMPLATE, EVENING
    ),
)

ENTRY_ROWS = (
    Row(
        "write into no journal of one's own",
        CREATED,
        WRITTEN,
        "POST",
        JOURNAL,
        body={
            "id": NEW_PAGE,
            "text": "4111-1111-1111-1111",
            "local_date": "2026-01-07",
            "prompt": "day-7",
        },
    ),
    Row(
        "write into a journal",
        CREATED,
        WRITTEN,
        "POST",
        JOURNAL,
        body={"id": NEW_PAGE, "journal": BOOK, "local_date": "2026-01-07"},
    ),
    Row(
        "write into a journal that is not",
        422,
        (),
        "POST",
        JOURNAL,
        body={"id": NEW_PAGE, "journal": NEW_BOOK},
    ),
    Row("write under a taken id", 409, (), "POST", JOURNAL, body={"id": PAGE}),
    Row(
        "change an entry",
        CHANGED,
        EDITED,
        "PATCH",
        ENTRY,
        KYOTO,
        {"title": None, "pinned": True, "mood": 5},
        1,
    ),
    Row("move an entry", CHANGED, EDITED, "PATCH", ENTRY, KYOTO, {"journal": None}, 1),
    Row("move an entry to nowhere", 422, (), "PATCH", ENTRY, KYOTO, {"journal": NEW_BOOK}, 1),
    Row(
        "merge what two have written",
        CHANGED,
        EDITED,
        "PATCH",
        ENTRY,
        KYOTO,
        {"text": "Rain all day. Tea.", "tags": ["Japan", "tea"]},
        1,
        {"text": "Rain all day. A temple.", "pinned": True},
    ),
    Row(
        "merge two that begin anew",
        409,
        (),
        "PATCH",
        ENTRY,
        KYOTO,
        {"text": "Sun."},
        1,
        {"text": "Snow."},
    ),
    Row("change an entry to what it is", UNCHANGED, (), "PATCH", ENTRY, KYOTO, {"mood": 4}, 1),
    Row("change an entry in the trash", 409, (), "PATCH", ENTRY, NONSENSE, {"mood": 4}, 2),
    Row("change an entry that is not", 404, (), "PATCH", ENTRY, NO_WORD, {"mood": 4}, 1),
    Row("throw an entry away", CHANGED, EDITED, "DELETE", ENTRY, KYOTO),
    Row("throw an old version away", 412, (), "DELETE", ENTRY, KYOTO, base=3),
    Row("throw away what is in the trash", UNCHANGED, (), "DELETE", ENTRY, NONSENSE),
    Row("throw away nothing", 404, (), "DELETE", ENTRY, NO_WORD),
    Row("take an entry back", CHANGED, EDITED, "POST", RESTORE, NONSENSE),
    Row("take an old version back", 412, (), "POST", RESTORE, NONSENSE, base=1),
    Row("take back what is there", UNCHANGED, (), "POST", RESTORE, KYOTO),
    Row("take back nothing", 404, (), "POST", RESTORE, NO_WORD),
    Row("delete an entry for good", DELETED, EDITED, "DELETE", PURGE, NONSENSE),
    Row("delete an old version for good", 412, (), "DELETE", PURGE, NONSENSE, base=1),
    Row("delete what is not in the trash for good", 409, (), "DELETE", PURGE, KYOTO),
    Row("delete nothing for good", 404, (), "DELETE", PURGE, NO_WORD),
    Row(
        "go back to the version that it is",
        UNCHANGED,
        (),
        "POST",
        RESTORE_VERSION,
        KYOTO | {"version": "1"},
        base=1,
    ),
    Row(
        "go back to a version to come",
        404,
        (),
        "POST",
        RESTORE_VERSION,
        KYOTO | {"version": "2"},
        base=1,
    ),
    Row(
        "go back to no version", 422, (), "POST", RESTORE_VERSION, KYOTO | {"version": "x"}, base=1
    ),
    Row(
        "go back without saying from where",
        428,
        (),
        "POST",
        RESTORE_VERSION,
        KYOTO | {"version": "1"},
    ),
    Row("save what is unsaved", CHANGED, (), "PUT", DRAFT, KYOTO, {"text": "4111 1111 1111 1111"}),
    Row("save what nobody began", CREATED, (), "PUT", DRAFT, {"id": NEW_PAGE}, {"text": "I"}),
    Row("save an old version", 412, (), "PUT", DRAFT, KYOTO, {"text": "I"}, 9),
    Row("save a version of nothing", 404, (), "PUT", DRAFT, NO_WORD, {"text": "I"}, 1),
    Row("save under no entry's id", 404, (), "PUT", DRAFT, {"id": TASK}, {"text": "I"}),
    Row("discard an old version", 412, (), "DELETE", DRAFT, KYOTO, base=9),
    Row("discard what is unsaved", DELETED, (), "DELETE", DRAFT, KYOTO),
    Row("discard nothing", 404, (), "DELETE", DRAFT, NO_WORD),
)

# What concerns two people: see tests/sharing/test_journal_shares.py.
ELSEWHERE = {("PUT", ENTRY_SHARE), ("DELETE", ENTRY_SHARE)}

ROWS = (*TASK_ROWS, *MOOD_ROWS, *BOOK_ROWS, *ENTRY_ROWS)


def test_every_operation_that_writes_is_here() -> None:
    names = [row.name for row in ROWS]

    rows = {(row.method, row.path) for row in ROWS}

    assert rows | ELSEWHERE == surface(live=True, below=diary.PREFIXES)
    assert surface(live=False, below=diary.PREFIXES) == set()
    assert len(names) == len(set(names))


async def test_old_snapshot_and_events_are_the_new_snapshot(settings: Settings) -> None:
    async with serving(settings) as server:
        for rows in apart(row for row in ROWS if row.events):
            await try_rows(server, rows)


async def test_a_write_that_changes_nothing_has_no_event(settings: Settings) -> None:
    quiet = [row for row in ROWS if not row.events]
    async with serving(settings) as server:
        await try_rows(server, [row for row in quiet if row.earlier is None])
        for rows in apart(row for row in quiet if row.earlier is not None):
            await try_rows(server, rows)


def apart(rows: Iterable[Row]) -> list[list[Row]]:
    """*rows* in groups, none of which writes to the same document twice."""
    groups: list[list[Row]] = []
    for row in rows:
        for group in groups:
            if subject(row) not in map(subject, group):
                group.append(row)
                break
        else:
            groups.append([row])
    return groups


def subject(row: Row) -> str:
    """The id of the document that *row* writes to."""
    return str(row.names.get("id") or row.body["id"])


async def try_rows(server: Server, rows: Iterable[Row]) -> None:
    """Ann writes over REST, Bob on his phone's socket: they get and see the same."""
    ann, bob = await asyncio.gather(server.person(), server.person())
    await asyncio.gather(diary.furnish(ann), diary.furnish(bob))
    held = [Held(person, *await snapshot(person)) for person in (ann, bob)]
    async with Device([server.url], bob.token) as phone:
        for row in rows:
            if row.earlier is not None:
                await asyncio.gather(change_first(ann, row), change_first(bob, row))
                held = [Held(person, *await snapshot(person)) for person in (ann, bob)]
            await phone.until(lambda device: device.live)

            answer = await over_rest(ann, row)
            frame = await phone.mutate(row.method, row.url, row.body, row.base)

            assert answer.status == row.status, (row.name, answer)
            assert anonymous(as_frame(answer) | {"t": "res", "id": frame["id"]}) == anonymous(frame)
            held = [await one.followed(row.events) for one in held]
            await caught_up(phone, held[1].cursor)
            assert phone.documents == held[1].documents
    assert set(phone.applied.values()) <= {1}
    for one in held:  # so far, only those kinds were compared of which there were events
        assert (one.documents, one.cursor) == await snapshot(one.person)


async def caught_up(phone: Device, cursor: str) -> None:
    """Return when *phone* has heard all up to *cursor*."""
    await phone.until(lambda device: f"{device.epoch}.{device.seq}" == cursor)


class Held(NamedTuple):
    """What somebody holds who has followed a person up to a cursor."""

    person: Client
    documents: Documents
    cursor: str

    async def followed(self, expected: tuple[str, ...]) -> "Held":
        """The same with the events since then, which are of the *expected* types, by the law."""
        events = await events_since(self.person, self.cursor)
        assert tuple(event["type"] for event in events) == expected
        if not events:
            return self
        for event in events:
            apply_event(self.documents, event)
        cursor = ""
        for kind in {event["type"].rpartition(".")[0] for event in events}:
            answer = await self.person.call("GET", f"/v1/snapshot?kind={kind}")
            assert self.documents[kind] == {one["id"]: one for one in answer.body["items"]}
            cursor = answer.headers["upcoach-cursor"]
        return Held(self.person, self.documents, cursor)
