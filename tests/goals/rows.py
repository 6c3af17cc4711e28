"""Writes to points, templates and former states of goals, and what each must bring about."""

from tests.goals.people import (
    BOOK,
    GOAL,
    KILOS,
    NEW_PLAN,
    NOWHERE,
    PLAIN,
    PLAN,
    POINT,
    POINT_1,
    POINT_2,
    TEMPLATE,
    TEMPLATES,
    UNDO,
    WEIGHT,
)
from tests.support.laws.snapshots import CHANGED, CREATED, DELETED, UNCHANGED, Row

RUN, LIGHTER, WRITE, NONE = ({"id": one} for one in (PLAIN, WEIGHT, BOOK, NOWHERE))
FIRST, SECOND = {"point": POINT_1}, {"point": POINT_2}
MOVED = ("goal.point.created", "goal.updated")
AGAIN = ("goal.point.updated", "goal.updated")
BACK = ("goal.point.deleted", "goal.updated")
SCALES = {"value": 88, "key_result": "kg", "at": "2026-03-01T08:00:00Z", "note": "scales"}
LATER = {"value": 85, "key_result": "kg", "at": "2026-03-02T08:00:00Z"}
HALF = {"value": 0.5, "at": "2026-03-02T08:00:00Z"}
LAST = LATER | {"value": 79}
ALL_DONE = {"milestones": {"two": {"done": True}}}

ROWS = (
    Row("log a later point", CREATED, MOVED, "PUT", POINT, LIGHTER | SECOND, LATER),
    Row("log the last point", CREATED, MOVED, "PUT", POINT, LIGHTER | SECOND, LAST),
    Row(
        "log an earlier point",
        CREATED,
        MOVED,
        "PUT",
        POINT,
        LIGHTER | SECOND,
        LATER | {"at": "2026-02-01T08:00:00Z"},
    ),
    Row("log a point of a goal itself", CREATED, MOVED, "PUT", POINT, RUN | SECOND, HALF),
    Row("log the same again", UNCHANGED, (), "PUT", POINT, LIGHTER | FIRST, SCALES),
    Row(
        "correct a point",
        CHANGED,
        AGAIN,
        "PUT",
        POINT,
        LIGHTER | FIRST,
        SCALES | {"value": 89},
        1,
    ),
    Row("correct a version that is not", 412, (), "PUT", POINT, LIGHTER | FIRST, LATER, 7),
    Row("log what is not measured", 422, (), "PUT", POINT, LIGHTER | SECOND, {"value": 1}),
    Row("log too much of a goal", 422, (), "PUT", POINT, RUN | SECOND, {"value": 2}),
    Row("log under no id", 422, (), "PUT", POINT, LIGHTER | {"point": "pnt_1"}, LATER),
    Row("log a point of no goal", 404, (), "PUT", POINT, NONE | SECOND, {"value": 0.5}),
    Row("take a point back", DELETED, BACK, "DELETE", POINT, LIGHTER | FIRST),
    Row("take its version back", DELETED, BACK, "DELETE", POINT, LIGHTER | FIRST, base=1),
    Row("take no version back", 412, (), "DELETE", POINT, LIGHTER | FIRST, base=2),
    Row("take no point back", 404, (), "DELETE", POINT, LIGHTER | SECOND),
    Row("undo what a point did", CHANGED, ("goal.updated",), "POST", UNDO, LIGHTER, {}),
    Row("undo nothing", 409, (), "POST", UNDO, RUN, {}),
    Row("undo a version that is not", 409, (), "POST", UNDO, LIGHTER, {"version": 9}),
    Row("undo nonsense", 422, (), "POST", UNDO, LIGHTER, {"version": "last"}),
    Row("undo a goal that is not", 404, (), "POST", UNDO, NONE, {}),
    Row(
        "finish a goal that repeats",
        CHANGED,
        ("goal.updated", "goal.created"),
        "PATCH",
        GOAL,
        WRITE,
        ALL_DONE,
        1,
    ),
    Row(
        "set what follows from parts",
        422,
        (),
        "PATCH",
        GOAL,
        LIGHTER,
        {"progress": 0.5},
        2,
    ),
    Row("wait for oneself", 422, (), "PATCH", GOAL, RUN, {"depends_on": [PLAIN]}, 1),
    Row("wait in a circle", 422, (), "PATCH", GOAL, RUN, {"depends_on": [BOOK]}, 1),
    Row("wait for nothing", 422, (), "PATCH", GOAL, RUN, {"depends_on": [NOWHERE]}, 1),
    Row(
        "wait for another",
        CHANGED,
        ("goal.updated",),
        "PATCH",
        GOAL,
        RUN,
        {"depends_on": [WEIGHT]},
        1,
    ),
    Row(
        "let two devices change two parts",
        CHANGED,
        ("goal.updated",),
        "PATCH",
        GOAL,
        WRITE,
        {"milestones": {"two": {"title": "The end"}}},
        1,
        earlier={"milestones": {"one": {"title": "The beginning"}}},
    ),
    Row(
        "delete a goal with its points",
        DELETED,
        ("goal.deleted",),
        "DELETE",
        GOAL,
        LIGHTER,
    ),
    Row(
        "make a template",
        CREATED,
        ("goal.template.created",),
        "POST",
        TEMPLATES,
        body={"id": NEW_PLAN, "title": "Lose weight", "key_results": {"kg": KILOS}},
    ),
    Row("make it under a taken id", 409, (), "POST", TEMPLATES, body={"id": PLAN, "title": "X"}),
    Row(
        "change a template",
        CHANGED,
        ("goal.template.updated",),
        "PATCH",
        TEMPLATE,
        {"id": PLAN},
        {"days": None, "category": "learning"},
        1,
    ),
    Row(
        "delete a template",
        DELETED,
        ("goal.template.deleted",),
        "DELETE",
        TEMPLATE,
        {"id": PLAN},
    ),
)
