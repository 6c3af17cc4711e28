"""Somebody with goals of every sort."""

from typing import Any

from models.base.ids import new_id
from models.base.merge_patch import Json
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import Client

GOALS, GOAL, UNDO = "/v1/goals", "/v1/goals/{id}", "/v1/goals/{id}/undo"
POINTS, POINT = "/v1/goals/{id}/progress", "/v1/goals/{id}/progress/{point}"
TEMPLATES, TEMPLATE = "/v1/goals/templates", "/v1/goals/templates/{id}"

PLAIN = "gol_01a20c66-99df-75bd-8f37-3328887fda01"
WEIGHT = "gol_01a20c66-99df-75bd-8f37-3328887fda02"
BOOK = "gol_01a20c66-99df-75bd-8f37-3328887fda03"
NEW = "gol_01a20c66-99df-75bd-8f37-3328887fda04"
NOWHERE = "gol_01a20c66-99df-75bd-8f37-3328887fda05"
POINT_1 = "pnt_01a20c66-99df-75bd-8f37-3328887fda11"
POINT_2 = "pnt_01a20c66-99df-75bd-8f37-3328887fda12"
POINT_3 = "pnt_01a20c66-99df-75bd-8f37-3328887fda13"
PLAN = "tpl_01a20c66-99df-75bd-8f37-3328887fda21"
NEW_PLAN = "tpl_01a20c66-99df-75bd-8f37-3328887fda22"

KILOS: Json = {"title": "Weight", "baseline": 90, "target": 80, "unit": "kg"}
CHAPTERS: Json = {
    "one": {"title": "First chapter", "done": True},
    "two": {"title": "Second chapter", "place": 1},
}


async def furnished(server: Server) -> Client:
    """Somebody with a plain goal, one that is measured, one in steps that repeats, a template."""
    person = await server.person()
    await done(person.call("POST", GOALS, {"id": PLAIN, "title": "Run"}))
    weight = {"id": WEIGHT, "title": "Be lighter", "key_results": {"kg": KILOS}}
    await done(person.call("POST", GOALS, weight))
    book = {
        "id": BOOK,
        "title": "Write",
        "milestones": CHAPTERS,
        "target_date": "2026-12-31",
        "repeats": {"unit": "year"},
        "depends_on": [PLAIN],
    }
    await done(person.call("POST", GOALS, book))
    first = {"value": 88, "key_result": "kg", "at": "2026-03-01T08:00:00Z", "note": "scales"}
    await done(person.call("PUT", POINT.format(id=WEIGHT, point=POINT_1), first))
    await done(person.call("POST", TEMPLATES, {"id": PLAN, "title": "A book", "days": 90}))
    return person


async def furnish(person: Client) -> Client:
    """Give *person* a template, in addition to the goals that they have."""
    await done(person.call("POST", TEMPLATES, {"id": PLAN, "title": "A book", "days": 90}))
    return person


async def hidden(stranger: Client) -> dict[str, str]:
    """The ids of documents that *stranger* has, by the path below which they stand."""
    template = new_id("tpl")
    await done(stranger.call("POST", TEMPLATES, {"id": template, "title": "Hide"}))
    return {TEMPLATES: template}


# What may not be written, and where it is wrong; first a body that is right.
FLAWED: dict[tuple[str, str], tuple[Json, list[tuple[Any, str]]]] = {
    ("PUT", POINT): (
        {"value": 0.5},
        [
            ({"value": "1"}, "/value"),
            ({"value": None}, "/value"),
            ({"value": 1e13}, "/value"),
            ({"value": 1.1}, "/value"),
            ({"value": -0.1}, "/value"),
            ({"key_result": "kg"}, "/key_result"),
            ({"key_result": "type"}, "/key_result"),
            ({"key_result": {"$gt": ""}}, "/key_result"),
            ({"at": "yesterday"}, "/at"),
            ({"at": "2026-01-05T08:00:00"}, "/at"),
            ({"at": "1800-01-05T08:00:00Z"}, "/at"),
            ({"note": "x" * 1001}, "/note"),
            ({"goal": PLAIN}, "/goal"),
        ],
    ),
    ("POST", UNDO): (
        {},
        [
            ({"version": 1}, "/version"),
            ({"version": "2"}, "/version"),
            ({"version": 2.5}, "/version"),
            ({"to": 1}, "/to"),
        ],
    ),
    ("POST", TEMPLATES): (
        {"title": "A book"},
        [
            ({"id": PLAIN}, "/id"),
            ({"title": ""}, "/title"),
            ({"days": 0}, "/days"),
            ({"milestones": {"type": {"title": "x"}}}, "/milestones"),
            ({"owner": "usr_1"}, "/owner"),
        ],
    ),
    ("PATCH", TEMPLATE): (
        {},
        [
            ({"title": None}, "/title"),
            ({"category": "fun"}, "/category"),
            ({"smart": {"specific": ""}}, "/smart/specific"),
            ({"smart": {"clever": "x"}}, "/smart/clever"),
        ],
    ),
}
