"""Somebody's tasks, moods and journal, and what may not be written into them."""

from typing import Any

from models.base.ids import new_id, new_mutation_id
from models.base.merge_patch import Json
from upcoach.client import Client

TASK = "tsk_01a20c66-99df-75bd-8f37-3328887fd901"
CHORE = "tsk_01a20c66-99df-75bd-8f37-3328887fd902"
NEW_TASK = "tsk_01a20c66-99df-75bd-8f37-3328887fd903"
NO_TASK = "tsk_01a20c66-99df-75bd-8f37-3328887fd904"
MOOD = "moo_01a20c66-99df-75bd-8f37-3328887fd911"
NEW_MOOD = "moo_01a20c66-99df-75bd-8f37-3328887fd912"
NO_MOOD = "moo_01a20c66-99df-75bd-8f37-3328887fd913"

BOOK = "jou_01a20c66-99df-75bd-8f37-3328887fd921"
NEW_BOOK = "jou_01a20c66-99df-75bd-8f37-3328887fd922"
TEMPLATE = "jtp_01a20c66-99df-75bd-8f37-3328887fd931"
NEW_TEMPLATE = "jtp_01a20c66-99df-75bd-8f37-3328887fd932"
PAGE = "jen_01a20c66-99df-75bd-8f37-3328887fd941"
THROWN = "jen_01a20c66-99df-75bd-8f37-3328887fd942"
NEW_PAGE = "jen_01a20c66-99df-75bd-8f37-3328887fd943"
NO_PAGE = "jen_01a20c66-99df-75bd-8f37-3328887fd944"

TASKS, ONE_TASK, DONE = "/v1/tasks", "/v1/tasks/{id}", "/v1/tasks/{id}/done"
MOODS, ONE_MOOD = "/v1/moods", "/v1/moods/{id}"
JOURNAL, ENTRY = "/v1/journal", "/v1/journal/{id}"
BOOKS, ONE_BOOK = "/v1/journal/journals", "/v1/journal/journals/{id}"
TEMPLATES, ONE_TEMPLATE = "/v1/journal/templates", "/v1/journal/templates/{id}"
DRAFT, RESTORE = "/v1/journal/{id}/draft", "/v1/journal/{id}/restore"
PURGE = "/v1/journal/trash/{id}"
RESTORE_VERSION = "/v1/journal/{id}/versions/{version}/restore"
ENTRY_SHARE = "/v1/journal/{id}/shares/{coach}"
PREFIXES = (TASKS, MOODS, JOURNAL)
MAKES = {("PUT", DRAFT)}  # under an id of which nothing may be known yet
LISTS = (
    *(TASKS, MOODS, JOURNAL, BOOKS, TEMPLATES),
    *("/v1/journal/search", "/v1/journal/trash", "/v1/journal/drafts"),
)

# Whose document of which id stands below a path.
PLACES = {TASKS: TASK, MOODS: MOOD, BOOKS: BOOK, TEMPLATES: TEMPLATE, JOURNAL: PAGE}

DOCUMENTS: tuple[tuple[str, Json], ...] = (
    (
        TASKS,
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
    ),
    (
        TASKS,
        {
            "id": CHORE,
            "title": "Water plants",
            "due_date": "2026-01-31",
            "repeats": {"unit": "month"},
        },
    ),
    (
        MOODS,
        {
            "id": MOOD,
            "level": 4,
            "at": "2026-01-05T22:30:00Z",
            "tz": "Europe/Berlin",
            "activities": ["running"],
            "note": "calm",
        },
    ),
    (BOOKS, {"id": BOOK, "name": "Travel", "description": "Far away", "color": "#00ff00"}),
    (TEMPLATES, {"id": TEMPLATE, "name": "Evening", "text": "Three good things:"}),
    (
        JOURNAL,
        {
            "id": PAGE,
            "journal": BOOK,
            "title": "Kyoto",
            "text": "Rain all day.",
            "mood": 4,
            "feelings": ["at ease"],
            "tags": ["Japan"],
            "local_date": "2026-01-05",
            "tz": "Asia/Tokyo",
        },
    ),
    (JOURNAL, {"id": THROWN, "text": "Nonsense", "local_date": "2026-01-06"}),
)


async def furnish(person: Client) -> Client:
    """Give *person* all of `DOCUMENTS`."""
    draft = {"text": "Rain all day, and", "base": 1}
    writes = [
        *(("POST", path, body) for path, body in DOCUMENTS),
        ("DELETE", ENTRY.format(id=THROWN), None),
        ("PUT", DRAFT.format(id=PAGE), draft),
    ]
    muts = [
        {"t": "mut", "id": new_mutation_id(), "op": method, "path": path, "body": body}
        for method, path, body in writes
    ]
    answer = await person.call("POST", "/v1/mutations", muts)
    assert [one["status"] for one in answer.body] == [*[201] * len(DOCUMENTS), 200, 201], answer
    return person


async def hidden(stranger: Client) -> dict[str, str]:
    """The ids of documents that *stranger* has, by the path below which they stand."""
    ids = {}
    for path, body in (
        (TASKS, {"id": new_id("tsk"), "title": "Hide"}),
        (MOODS, {"id": new_id("moo"), "level": 1}),
        (BOOKS, {"id": new_id("jou"), "name": "Hide"}),
        (TEMPLATES, {"id": new_id("jtp"), "name": "Hide"}),
        (JOURNAL, {"id": new_id("jen"), "text": "Hide"}),
    ):
        answer = await stranger.call("POST", path, body)
        assert answer.status == 201, answer
        ids[path] = str(body["id"])
    return ids


_OPERATOR = {"$gt": ""}
_ZONES = tuple(
    ({"tz": tz}, "/tz") for tz in ("Mars/Olympus", "", "../etc/passwd", "x" * 5000, _OPERATOR)
)


def _labels(field: str, most: int, longest: int = 50) -> tuple[tuple[Any, str], ...]:
    return (
        ({field: "x"}, f"/{field}"),
        ({field: [""]}, f"/{field}/0"),
        ({field: ["a", " \t"]}, f"/{field}/1"),
        ({field: ["x" * (longest + 1)]}, f"/{field}/0"),
        ({field: [str(n) for n in range(most + 1)]}, f"/{field}"),
        ({field: [_OPERATOR]}, f"/{field}/0"),
        ({field: [["x"]]}, f"/{field}/0"),
    )


_KEPT = (
    ({"owner": "usr_1"}, "/owner"),
    ({"version": 9}, "/version"),
    ({"words": ["x"]}, "/words"),
    ({"_id": "x"}, "/_id"),
    ({"$set": {"title": "x"}}, "/$set"),
)

# By operation: what makes a whole body, and which values in it are refused at which place.
FLAWED: dict[tuple[str, str], tuple[Json, list[tuple[Any, str]]]] = {
    ("POST", TASKS): (
        {"title": "Iron"},
        [
            ({"id": "iron"}, "/id"),
            ({"id": MOOD}, "/id"),
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
            ({"title": _OPERATOR}, "/title"),
            ({"notes": "x" * 10_001}, "/notes"),
            ({"status": "done"}, "/status"),
            ({"status": None, "priority": "critical"}, "/priority"),
            ({"category": "fun"}, "/category"),
            ({"due_date": "2026-02-30"}, "/due_date"),
            ({"due_date": "1899-12-31"}, "/due_date"),
            ({"due_date": "3000-01-01"}, "/due_date"),
            ({"due_date": 20_260_101}, "/due_date"),
            ({"due_date": None}, "/due_time"),
            ({"due_time": "24:00"}, "/due_time"),
            ({"due_time": "9:00"}, "/due_time"),
            ({"due_time": "09:00:00"}, "/due_time"),
            ({"due_time": "09:00\n"}, "/due_time"),
            *_ZONES,
            *_labels("tags", 20),
            ({"goal": "gol_1"}, "/goal"),
            ({"goal": TASK}, "/goal"),
            ({"steps": []}, "/steps"),
            ({"steps": {"": {"title": "x"}}}, "/steps"),
            ({"steps": {"type": {"title": "x"}}}, "/steps"),
            ({"steps": {"a b": {"title": "x"}}}, "/steps"),
            ({"steps": {"c": {}}}, "/steps/*/title"),
            ({"steps": {"c": {"title": ""}}}, "/steps/*/title"),
            ({"steps": {"c": {"title": "x", "done": "yes"}}}, "/steps/*/done"),
            ({"steps": {"c": {"title": "x", "place": 1e10}}}, "/steps/*/place"),
            ({"steps": {"c": {"title": "x", "owner": "me"}}}, "/steps/*/owner"),
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
            *_KEPT,
            ({"id": NEW_TASK}, "/id"),
        ],
    ),
    ("POST", MOODS): (
        {"level": 3},
        [
            ({"id": TASK}, "/id"),
            ({"id": f"{MOOD}/x"}, "/id"),
            ({"level": None}, "/level"),
        ],
    ),
    ("PATCH", ONE_MOOD): (
        {},
        [
            ({"level": None}, "/level"),
            ({"level": 0}, "/level"),
            ({"level": 6}, "/level"),
            ({"level": 3.5}, "/level"),
            ({"level": "3"}, "/level"),
            ({"level": True}, "/level"),
            ({"level": "happy"}, "/level"),
            ({"at": "2026-01-05"}, "/at"),
            ({"at": "2026-01-05T12:00:00"}, "/at"),
            ({"at": "0001-01-01T00:00:00+23:59"}, "/at"),
            ({"at": "9999-12-31T23:59:59-23:59"}, "/at"),
            ({"at": "yesterday"}, "/at"),
            ({"at": 1_767_571_200}, "/at"),
            *_ZONES,
            ({"category": "sports"}, "/category"),
            *_labels("activities", 20),
            *_labels("emotions", 20),
            ({"note": "x" * 2_001}, "/note"),
            ({"note": _OPERATOR}, "/note"),
            ({"energy": 6}, "/energy"),
            ({"stress": 0}, "/stress"),
            ({"sleep": 7.5}, "/sleep"),
            ({"local_date": "2026-01-01"}, "/local_date"),
            *_KEPT,
        ],
    ),
    ("POST", BOOKS): ({"name": "Dreams"}, [({"id": PAGE}, "/id"), ({"name": None}, "/name")]),
    ("PATCH", ONE_BOOK): (
        {},
        [
            ({"name": ""}, "/name"),
            ({"name": "x" * 101}, "/name"),
            ({"description": "x" * 1_001}, "/description"),
            ({"color": "red"}, "/color"),
            ({"archived": 1}, "/archived"),
            ({"default": True}, "/default"),
            *_KEPT,
        ],
    ),
    ("POST", TEMPLATES): ({"name": "Week"}, [({"id": BOOK}, "/id"), ({"name": None}, "/name")]),
    ("PATCH", ONE_TEMPLATE): (
        {},
        [
            ({"name": ""}, "/name"),
            ({"title": "x" * 256}, "/title"),
            ({"text": "x" * 30_001}, "/text"),
            *_labels("tags", 30),
            *_KEPT,
        ],
    ),
    ("POST", JOURNAL): (
        {},
        [
            ({"id": BOOK}, "/id"),
            ({"id": f"{PAGE}/x"}, "/id"),
            ({"journal": NEW_BOOK}, "/journal"),
            ({"journal": PAGE}, "/journal"),
        ],
    ),
    ("PATCH", ENTRY): (
        {},
        [
            ({"journal": NEW_BOOK}, "/journal"),
            ({"journal": "x" * 5_000}, "/journal"),
            ({"journal": _OPERATOR}, "/journal"),
            ({"journal": f"../{BOOK}"}, "/journal"),
            ({"title": "x" * 256}, "/title"),
            ({"text": "x" * 30_001}, "/text"),
            ({"text": _OPERATOR}, "/text"),
            ({"text": ["x"]}, "/text"),
            ({"mood": 0}, "/mood"),
            ({"mood": 6}, "/mood"),
            ({"mood": "happy"}, "/mood"),
            *_labels("feelings", 30),
            *_labels("tags", 30),
            ({"local_date": "2026-02-30"}, "/local_date"),
            ({"local_date": "1899-12-31"}, "/local_date"),
            ({"local_date": "2026-01-05T00:00:00Z"}, "/local_date"),
            *_ZONES,
            ({"pinned": "yes"}, "/pinned"),
            ({"prompt": "day"}, "/prompt"),
            ({"prompt": "day-1\n"}, "/prompt"),
            ({"trashed_at": None, "words": []}, "/words"),
            ({"trashed_at": "2026-01-01T00:00:00Z"}, "/trashed_at"),
            *_KEPT,
        ],
    ),
    ("PUT", DRAFT): (
        {},
        [
            ({"text": "x" * 30_001}, "/text"),
            ({"mood": 9}, "/mood"),
            ({"tz": "Mars"}, "/tz"),
            ({"base": 0}, "/base"),
            ({"base": "1"}, "/base"),
            ({"content": {}}, "/content"),
            *_KEPT,
        ],
    ),
    ("PUT", ENTRY_SHARE): (
        {"until": "2026-12-01T00:00:00Z"},
        [
            ({"until": None}, "/until"),
            ({"until": "2026-12-01"}, "/until"),
            ({"until": "2026-12-01T00:00:00"}, "/until"),
            ({"until": "3000-01-01T00:00:00Z"}, "/until"),
            ({"until": 1}, "/until"),
            ({"coach": "usr_1"}, "/coach"),
            ({"entry": PAGE}, "/entry"),
        ],
    ),
}
