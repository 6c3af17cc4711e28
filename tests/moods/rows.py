"""What the laws try of moods."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from models.base.document import Document
from models.base.merge_patch import Json
from models.moods import Mood
from tests.support.laws.context import NOON, ContextRows, Flaws, hide
from tests.support.laws.flaws import KEPT, OPERATOR, ZONES, labels
from tests.support.laws.snapshots import CHANGED, CREATED, DELETED, UNCHANGED, Row
from tests.support.people.furnished import GOAL
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import RestClient

MOOD = "moo_01a20c66-99df-75bd-8f37-3328887fd911"
NEW_MOOD = "moo_01a20c66-99df-75bd-8f37-3328887fd912"
NO_MOOD = "moo_01a20c66-99df-75bd-8f37-3328887fd913"

MOODS, ONE_MOOD = "/v1/moods", "/v1/moods/{id}"
CALM, NO_FEELING = {"id": MOOD}, {"id": NO_MOOD}


DOCUMENT: Json = {
    "id": MOOD,
    "level": 4,
    "at": "2026-01-05T22:30:00Z",
    "tz": "Europe/Berlin",
    "activities": ["running"],
    "note": "calm",
}


WRITES = (
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

FLAWED: Flaws = {
    ("POST", MOODS): (
        {"level": 3},
        [
            ({"id": GOAL}, "/id"),
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
            *ZONES,
            ({"category": "sports"}, "/category"),
            *labels("activities", 20),
            *labels("emotions", 20),
            ({"note": "x" * 2_001}, "/note"),
            ({"note": OPERATOR}, "/note"),
            ({"energy": 6}, "/energy"),
            ({"stress": 0}, "/stress"),
            ({"sleep": 7.5}, "/sleep"),
            ({"local_date": "2026-01-01"}, "/local_date"),
            *KEPT,
        ],
    ),
}


CHANGES: dict[str, dict[str, tuple[Any, ...]]] = {
    "mood": {
        "level": (2, 3),
        "at": ("2026-01-04T08:00:00Z", "2026-01-05T23:30:00Z"),
        "tz": ("Pacific/Apia", "UTC"),
        "category": ("work", None),
        "activities": (["running"], ["running", "reading"], []),
        "emotions": (["calm"], []),
        "note": ("calm", "calm, later tired", None),
        "energy": (1, 2),
        "stress": (1, None),
        "sleep": (5, 4),
    },
}


async def furnish(_server: Server, person: RestClient) -> None:
    """Give *person* a mood."""
    await done(person.call("POST", MOODS, DOCUMENT))


async def hidden(_server: Server, stranger: RestClient) -> dict[str, str]:
    """The id of a mood that *stranger* has."""
    return await hide(stranger, (MOODS, "moo", {"level": 1}))


def full(base: Json) -> Iterator[Document]:
    """A document of each kind, with every field filled."""
    yield Mood(
        id="moo_1",
        level=5,
        at=NOON,
        tz="Pacific/Apia",
        local_date=dt.date(2026, 1, 6),
        category="family",
        activities=("canary",),
        emotions=("canary",),
        note="canary",
        energy=1,
        stress=2,
        sleep=3,
        **base,
    )


ROWS = ContextRows(
    name="moods",
    writes=WRITES,
    furnish=furnish,
    ids={MOODS: MOOD},
    hidden=hidden,
    flawed=FLAWED,
    lists={MOODS: 100},
    made={"mood": (MOODS, {"level": 3})},
    full=full,
    deleted={"mood": "/v1/moods/{}"},
    changes=CHANGES,
    counted=("/v1/moods/stats?tz=UTC&from=2026-01-01&to=2026-03-01",),
)
