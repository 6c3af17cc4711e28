"""What the laws try of goals."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from models.base.document import Document
from models.base.merge_patch import Json
from models.base.recurrence import Repeat
from models.base.reminders import Reminder
from models.goals import Goal, GoalCategory, GoalPoint, GoalTemplate
from models.goals.goal_parts import DailyProgress, KeyResult, Milestone, Smart
from tests.goals import people
from tests.goals.people import (
    CHAPTERS,
    KILOS,
    PLAIN,
    PLAN,
    POINT,
    POINTS,
    TEMPLATE,
    TEMPLATES,
    UNDO,
)
from tests.goals.writes import WRITES
from tests.support.laws.context import FULL_GOAL, NOON, ContextRows, Flaws, hide
from tests.support.laws.flaws import MINUTES, OPERATOR, ZONES
from tests.support.people.furnished import GOAL, GOALS, HABIT, NOWHERE, ONE_GOAL, furnish_goal
from tests.support.server import Server
from upcoach.client import RestClient

FULL_SMART = Smart(**dict.fromkeys(Smart.__struct_fields__, "canary"))
MILESTONE = Milestone(title="canary", description="canary", target_date=dt.date(2026, 1, 5))

FLAWED: Flaws = {
    ("POST", GOALS): (
        {"title": "Swim"},
        [
            ({"id": "swim"}, "/id"),
            ({"id": HABIT}, "/id"),
            ({"id": GOAL.upper()}, "/id"),
            ({"id": f"{GOAL}\n"}, "/id"),
            ({"id": f"usr_1/{GOAL}"}, "/id"),
            ({"id": "gol_01a20c66-99df-45bd-8f37-3328887fd981"}, "/id"),
            ({"id": OPERATOR}, "/id"),
        ],
    ),
    ("PATCH", ONE_GOAL): (
        {},
        [
            ({"title": None}, "/title"),
            ({"title": ""}, "/title"),
            ({"title": "x" * 256}, "/title"),
            ({"title": 5}, "/title"),
            ({"title": OPERATOR}, "/title"),
            ({"title": ["Run"]}, "/title"),
            ({"description": "x" * 1001}, "/description"),
            ({"category": "sports"}, "/category"),
            ({"priority": OPERATOR}, "/priority"),
            ({"status": "done"}, "/status"),
            ({"status": True}, "/status"),
            ({"progress": -0.1}, "/progress"),
            ({"progress": 1.1}, "/progress"),
            ({"progress": "0.5"}, "/progress"),
            ({"progress": True}, "/progress"),
            ({"target_date": "2026-02-30"}, "/target_date"),
            ({"target_date": "tomorrow"}, "/target_date"),
            ({"target_date": 20_260_101}, "/target_date"),
            ({"target_date": "2026-01-01T00:00:00Z"}, "/target_date"),
            (
                {"target_date": None, "reminder_minutes_before": [60]},
                "/reminder_minutes_before",
            ),
            *MINUTES,
            *ZONES,
            ({"reminders": [{"time": "24:00"}]}, "/reminders/0/time"),
            ({"reminders": [{"time": "07:3\uff10"}]}, "/reminders/0/time"),
            ({"reminders": [{"time": "07:30", "weekdays": [8]}]}, "/reminders/0/weekdays/0"),
            ({"reminders": [{"time": "07:30"}] * 11}, "/reminders"),
            ({"reminders": OPERATOR}, "/reminders"),
            ({"owner": "usr_1"}, "/owner"),
            ({"version": 9}, "/version"),
            ({"completed_at": "2026-01-01T00:00:00Z"}, "/completed_at"),
            ({"_id": "x"}, "/_id"),
            ({"$set": {"title": "x"}}, "/$set"),
            ({"id": NOWHERE}, "/id"),
        ],
    ),
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
            ({"milestones": {"type": {"title": "x"}}}, "/milestones/type"),
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


# By kind and field: values that it takes in turn.
CHANGES: dict[str, dict[str, tuple[Any, ...]]] = {
    "goal": {
        "title": ("Swim", "Fly"),
        "description": ("far", None),
        "category": ("career", "health"),
        "priority": ("low", "high"),
        "status": ("paused", "active", "completed", "active"),
        "progress": (0.25, 1.0, 0.5),
        "starts_on": ("2026-01-01", None),
        "target_date": ("2027-01-01", None),
        "smart": ({"specific": "Run"}, None),
        "milestones": (CHAPTERS | {"two": CHAPTERS["two"] | {"done": True}}, CHAPTERS),
        "key_results": ({"kg": KILOS | {"target": 70}}, {"kg": KILOS | {"title": "Mass"}}),
        "depends_on": (["plain"], []),
        "repeats": (None,),
        "private_notes": ("mine", "still mine", None),
        "archived": (True, False),
        "tz": ("Europe/Berlin", "UTC"),
        "reminders": ([{"time": "07:30", "weekdays": [1]}], []),
        "reminder_minutes_before": ([1440, 0], []),
    },
    "goal.point": {
        "value": (85, 80, 88),
        "at": ("2026-03-02T08:00:00Z", "2026-02-01T08:00:00Z"),
        "note": ("scales", "better scales"),
    },
}


async def furnish(_server: Server, person: RestClient) -> None:
    """Give *person* goals of every sort, a point and a template."""
    await furnish_goal(person)
    await people.furnish(person)


async def hidden(_server: Server, stranger: RestClient) -> dict[str, str]:
    """The ids of a goal and a template that *stranger* has."""
    return await hide(
        stranger, (GOALS, "gol", {"title": "Hide"}), (TEMPLATES, "tpl", {"title": "Hide"})
    )


def full(base: Json) -> Iterator[Document]:
    """A document of each kind, with every field filled."""
    day = NOON.date()
    yield Goal(
        id=FULL_GOAL,
        title="canary",
        description="canary",
        category=GoalCategory.HEALTH,
        priority="high",
        status="completed",
        progress=0.25,
        starts_on=day,
        target_date=day,
        smart=FULL_SMART,
        milestones={"m": MILESTONE},
        key_results={"kg": KeyResult(title="canary", target=80, baseline=90, current=85)},
        depends_on=(FULL_GOAL,),
        repeats=Repeat("year"),
        private_notes="canary",
        tz="Pacific/Apia",
        reminders=(Reminder("07:30", (1, 2)),),
        reminder_minutes_before=(1440, 0),
        completed_at=NOON,
        measured={"kg": NOON},
        track=(DailyProgress(day, 0.25),),
        series=day,
        **base,
    )
    yield GoalPoint(
        id=f"{FULL_GOAL}/pnt_1",
        goal=FULL_GOAL,
        value=2.5,
        key_result="kg",
        at=NOON,
        note="canary",
        **base,
    )
    yield GoalTemplate(
        id="tpl_1",
        title="canary",
        description="canary",
        days=30,
        smart=FULL_SMART,
        milestones={"m": MILESTONE},
        key_results={"kg": KeyResult(title="canary", target=80, baseline=90, current=85)},
        **base,
    )


ROWS = ContextRows(
    name="goals",
    writes=WRITES,
    furnish=furnish,
    ids={GOALS: GOAL, TEMPLATES: PLAN},
    hidden=hidden,
    flawed=FLAWED,
    missing=(("POST", GOALS, {}, "/title"),),
    lists={GOALS: 100, TEMPLATES: 100, POINTS.format(id=GOAL): 100},
    made={"goal": (GOALS, {"title": "Run"}), "goal.template": (TEMPLATES, {"title": "A"})},
    full=full,
    deleted={
        "goal": "/v1/goals/{}",
        "goal.point": "/v1/goals/{}/progress/{}",
        "goal.template": "/v1/goals/templates/{}",
    },
    counted=("/v1/goals/stats", "/v1/goals/assessments"),
    changes=CHANGES,
)
