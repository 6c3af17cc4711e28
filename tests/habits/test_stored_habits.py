"""Habits that are stored, as nobody may write them any more: they are shown, and can be edited."""

from typing import Any, Final

import pytest

from config.settings import Settings
from models.habits import Habit
from tests.habits.asking import HABITS, done, get, make
from tests.store.breaking import broken
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from upcoach.client import RestClient
from upcoach.store.write.refs import Ref

ANCHOR: Final = "2026-01-01"


def rule(text: str) -> dict[str, Any]:
    return {"schedule": {"type": "rrule", "rule": text, "anchor": ANCHOR}}


def reminder(time: str) -> dict[str, Any]:
    return {"time": time, "weekdays": [1, 2, 3, 4, 5, 6, 7]}


# What was once taken, and a like one that is refused today, with its place.
STORED: Final = {
    "until": (
        rule("FREQ=DAILY;UNTIL=\u0662\u0660\u0663\u0660\u0660\u0661\u0660\u0661"),
        rule("FREQ=DAILY;UNTIL=\u0662\u0660\u0663\u0661\u0660\u0661\u0660\u0661"),
        "/schedule/rule",
    ),
    "interval": (
        rule("FREQ=DAILY;INTERVAL=1\u0662"),
        rule("FREQ=DAILY;INTERVAL=1\u0663"),
        "/schedule/rule",
    ),
    "numbered weekdays": (
        rule("FREQ=YEARLY;BYDAY=1\u0662MO,-1\uff10FR"),
        rule("FREQ=YEARLY;BYDAY=1\u0663MO"),
        "/schedule/rule",
    ),
    "month days": (
        rule("FREQ=MONTHLY;BYMONTHDAY=1\u0967,2;COUNT=1\u0660"),
        rule("FREQ=MONTHLY;BYMONTHDAY=1\u0968"),
        "/schedule/rule",
    ),
    "no day": (
        rule("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"),
        rule("FREQ=DAILY;BYMONTH=4;BYMONTHDAY=31"),
        "/schedule/rule",
    ),
    "reminder": (
        {"reminders": [reminder("0\u0663:00"), reminder("07:3\uff10")]},
        {"reminders": [reminder("0\u0664:00"), reminder("07:3\uff10")]},
        "/reminders/0/time",
    ),
}


async def stored(server: Server, person: RestClient, fields: dict[str, Any]) -> str:
    """The id of a habit that is stored with *fields*."""
    habit = await make(person)
    await broken(server, Ref(Habit, scope_of(server, person).user, habit), {"$set": fields})
    return habit


@pytest.mark.parametrize("what", STORED)
async def test_what_is_stored_is_shown_and_can_be_edited(settings: Settings, what: str) -> None:
    fields, _, _ = STORED[what]
    async with serving(settings) as server:
        person = await server.person()
        habit = await stored(server, person, fields)
        path = f"{HABITS}/{habit}"

        shown = await get(person, path)
        assert fields.items() <= shown.items()
        assert (await get(person, HABITS))["items"] == [shown]
        for asked in (f"{path}/analytics", f"{path}/streak", f"{HABITS}/today"):
            await get(person, asked)
        named = await done(person, "PATCH", path, {"name": "Swim"}, **{"If-Match": '"v1"'})
        kept = await done(person, "PATCH", path, fields, **{"If-Match": '"v2"'})
        archived = await done(person, "PATCH", path, {"archived": True}, **{"If-Match": '"v2"'})
        mended = {**rule("FREQ=DAILY"), "reminders": [reminder("03:00")], "archived": False}
        after = await done(person, "PATCH", path, mended, **{"If-Match": '"v3"'})

    assert (named["name"], kept, archived["archived"]) == ("Swim", named, True)
    assert fields.items() <= archived.items()
    assert mended.items() <= after.items()


@pytest.mark.parametrize("what", STORED)
async def test_what_is_stored_is_refused_as_new(settings: Settings, what: str) -> None:
    fields, another, place = STORED[what]
    async with serving(settings) as server:
        person = await server.person()
        habit = await stored(server, person, fields)
        patch = await person.call(
            "PATCH", f"{HABITS}/{habit}", another, headers={"If-Match": '"v1"'}
        )
        new = await person.call("POST", HABITS, {"name": "Run"} | another)
        changed = await get(person, f"{HABITS}/{habit}")

    assert [refused.status for refused in (patch, new)] == [422, 422], (patch, new)
    for refused in (patch, new):
        assert [flaw["pointer"] for flaw in refused.body["errors"]] == [place]
    assert changed["version"] == 1
