"""What the laws try of habits."""

from collections.abc import Iterator
from typing import Any

from models.base.document import Document
from models.base.merge_patch import Json
from models.base.reminders import Reminder
from models.habits import Entry, Habit, Vacation
from models.habits.habit import HabitCategory
from models.habits.measures import Amount
from models.habits.schedules import Rate
from tests.habits.flawed import FLAWED
from tests.habits.writes import WRITES
from tests.support.laws.context import FULL_HABIT, NOON, ContextRows, hide
from tests.support.people.furnished import (
    ENTRY,
    HABIT,
    HABITS,
    LOG,
    VACATION,
    VACATIONS,
    WATER,
    furnish_habits,
)
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import RestClient

DAY = "2026-01-05"
# By kind and field: values that it takes in turn.
CHANGES: dict[str, dict[str, tuple[Any, ...]]] = {
    "habit": {
        "name": ("Sit", "Lie"),
        "question": ("Did you?", None),
        "description": ("long", None),
        "category": ("health", None),
        "measure": ({"type": "amount", "target": 1, "unit": "l"},),
        "schedule": ({"type": "weekdays", "days": [1, 3]}, {"type": "weekdays", "days": [2]}),
        "tz": ("Asia/Tokyo", "UTC"),
        "day_start": (240, 0),
        "starts_on": ("2025-12-01", "2026-01-01"),
        "reminders": ([{"time": "07:30"}], []),
        "color": ("#ff0000", "#0000ff"),
        "position": (3, 1),
        "archived": (True, False),
    },
    "habit.entry": {
        "state": ("missed", "skip", "done"),
        "value": (2, 3, 0),
        "note": ("cold", "warm"),
        "at": (f"{DAY}T20:00:00Z", f"{DAY}T04:00:00Z"),
    },
    "habit.vacation": {
        "first": ("2026-01-30", "2026-02-02"),
        "last": ("2026-02-16", "2026-02-20"),
        "habits": (["habit"], []),
        "note": ("skiing", None),
    },
}


async def hidden(_server: Server, stranger: RestClient) -> dict[str, str]:
    """The ids of a habit, with a day, and of a vacation that *stranger* has."""
    ids = await hide(
        stranger,
        (HABITS, "hab", {"name": "Hide"}),
        (VACATIONS, "vac", {"first": "2026-03-01", "last": "2026-03-02"}),
    )
    await done(stranger.call("PUT", ENTRY.format(id=ids[HABITS], local_date=DAY), {}))
    return ids


def full(base: Json) -> Iterator[Document]:
    """A document of each kind, with every field filled."""
    day = NOON.date()
    yield Habit(
        id=FULL_HABIT,
        name="canary",
        question="canary",
        description="canary",
        measure=Amount(2.5, "l", at_most=True),
        category=HabitCategory.HEALTH,
        schedule=Rate(3, 7),
        tz="Pacific/Apia",
        day_start=240,
        starts_on=day,
        reminders=(Reminder("07:30", (1, 2)),),
        color="#00FF00",
        position=1.5,
        archived=True,
        archived_at=NOON,
        source="loop",
        **base,
    )
    yield Entry(
        id=f"{FULL_HABIT}/2026-01-05",
        habit=FULL_HABIT,
        local_date=day,
        state="done",
        value=2.5,
        note="canary",
        at=NOON,
        achieved=True,
        share=0.5,
        tz="Pacific/Apia",
        day_start=240,
        minute=480,
        backfilled=True,
        source="loop",
        **base,
    )
    yield Vacation(id="vac_1", first=day, last=day, habits=(FULL_HABIT,), note="canary", **base)


ROWS = ContextRows(
    name="habits",
    writes=WRITES,
    furnish=furnish_habits,
    ids={HABITS: HABIT, VACATIONS: VACATION},
    hidden=hidden,
    flawed=FLAWED,
    missing=(
        ("POST", HABITS, {}, "/name"),
        ("PUT", ENTRY.format(id=WATER, local_date=DAY), {}, "/value"),
    ),
    lists={HABITS: 100, VACATIONS: 100, LOG.format(id=HABIT): 100},
    made={
        "habit": (HABITS, {"name": "Run"}),
        "habit.vacation": (VACATIONS, {"first": DAY, "last": DAY}),
    },
    full=full,
    deleted={
        "habit": "/v1/habits/{}",
        "habit.entry": "/v1/habits/{}/entries/{}",
        "habit.vacation": "/v1/habits/vacations/{}",
    },
    counted=tuple(
        f"{HABITS}/{name}" for name in ("today", "analytics", "achievements", "reminders")
    ),
    changes=CHANGES,
)
