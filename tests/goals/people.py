"""Somebody with goals of every sort."""

from models.base.merge_patch import Json
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import RestClient

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


async def furnish(person: RestClient) -> None:
    """Give *person* a plain goal, one that is measured, one in steps that repeats, a template."""
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


async def furnished(server: Server) -> RestClient:
    """Somebody with goals of every sort."""
    person = await server.person()
    await furnish(person)
    return person
