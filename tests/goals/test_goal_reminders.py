"""When a goal reminds, and by whose clocks."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Settings
from models.base.errors import Invalid
from models.base.time import DAY, local_date, minute_of
from models.base.validation import checked
from models.goals import GOAL_REMINDER, GOAL_TARGET, Goal, NewGoal
from tests.goals.people import GOAL, GOALS, UNDO
from tests.support.server import serving
from tests.support.wire.answers import done

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
FAR = "Pacific/Kiritimati"
HALF_PAST_SEVEN = [{"time": "07:30"}]


def a_goal(**fields: Any) -> Goal:
    """A goal that reminds every morning."""
    draft = {"title": "Run", "tz": "UTC", "reminders": HALF_PAST_SEVEN} | fields
    return Goal.drafted(checked(draft, NewGoal), owner="usr_1", at=NOON)


def moments(goal: Goal, after: dt.datetime, most: int = 40) -> list[dt.datetime]:
    """When *goal* reminds at times of day, one after the other."""
    found = list[dt.datetime]()
    while len(found) < most:
        due = GOAL_REMINDER.next_due(goal, found[-1] if found else after)
        if due is None:
            break
        found.append(due)
    return found


@given(
    start=st.integers(-20, 20),
    length=st.integers(0, 15),
    tz=st.sampled_from(("UTC", "Europe/Berlin", "Pacific/Apia", "America/St_Johns", FAR)),
    minute=st.integers(0, 1439),
    weekdays=st.sets(st.integers(1, 7), min_size=1),
)
def test_it_reminds_on_each_day_from_its_first_to_its_target_date(
    start: int, length: int, tz: str, minute: int, weekdays: set[int]
) -> None:
    first = NOON.date() + start * DAY
    last = first + length * DAY
    time = f"{minute // 60:02}:{minute % 60:02}"
    reminder = {"time": time, "weekdays": sorted(weekdays)}
    goal = a_goal(starts_on=str(first), target_date=str(last), tz=tz, reminders=[reminder])

    found = moments(goal, NOON - 40 * DAY)

    days = [first + number * DAY for number in range(length + 1)]
    assert [local_date(moment, tz) for moment in found] == [
        day for day in days if day.isoweekday() in weekdays
    ]
    # An hour that is left out moves a reminder by as much; nothing else does.
    assert all((minute_of(moment, tz) - minute) % 1440 <= 60 for moment in found)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "paused"},
        {"status": "completed"},
        {"status": "cancelled"},
        {"archived": True},
        {"progress": 1.0, "status": "completed"},
    ],
)
def test_what_is_not_active_reminds_nobody(fields: dict[str, Any]) -> None:
    both = {"target_date": "2026-03-20", "reminder_minutes_before": [1440]}
    goal = a_goal(**both)
    assert GOAL_REMINDER.next_due(goal, NOON) == dt.datetime(2026, 3, 2, 7, 30, tzinfo=dt.UTC)
    assert GOAL_TARGET.next_due(goal, NOON) == dt.datetime(2026, 3, 19, 9, tzinfo=dt.UTC)

    over = a_goal(**both, **fields)

    assert GOAL_REMINDER.next_due(over, NOON) is None
    assert GOAL_TARGET.next_due(over, NOON) is None


def test_the_next_of_a_series_reminds_as_this_one_did() -> None:
    goal = a_goal(
        target_date="2026-03-20", repeats={"unit": "month"}, reminder_minutes_before=[1440]
    )

    following = goal.successor(dt.datetime(2026, 3, 20, 12, tzinfo=dt.UTC))

    assert following is not None
    assert (following.reminders, following.tz) == (goal.reminders, goal.tz)
    due = GOAL_TARGET.next_due(following, NOON)
    assert due == dt.datetime(2026, 4, 19, 9, tzinfo=dt.UTC)


def test_reminders_come_by_the_clocks_of_some_zone() -> None:
    with pytest.raises(Invalid) as refusal:
        a_goal(tz=None)
    assert [flaw.pointer for flaw in refusal.value.flaws] == ["/tz"]


async def test_a_goal_without_a_zone_gets_that_of_its_owner_with_its_first_reminder(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        call = person.call
        await done(call("PATCH", "/v1/me", {"tz": FAR}, headers={"If-Match": '"v1"'}))
        goal = (await done(call("POST", GOALS, {"title": "Run", "tz": None}))).body["id"]

        seen = list[tuple[Any, ...]]()
        for version, patch in enumerate(
            (
                {"title": "Run far"},
                {"reminders": HALF_PAST_SEVEN},
                {"target_date": "2999-01-01", "reminder_minutes_before": [60]},
            ),
            start=1,
        ):
            headers = {"If-Match": f'"v{version}"'}
            after = (await done(call("PATCH", GOAL.format(id=goal), patch, headers=headers))).body
            seen.append((after["version"], after.get("tz"), len(after["reminders"])))
        undone = (await done(call("POST", UNDO.format(id=goal), {"version": 3}))).body

        assert seen == [(2, None, 0), (3, FAR, 1), (4, FAR, 1)]
        # What undoes the change that brought the zone leaves it to the other reminder.
        assert (undone["tz"], undone["reminders"]) == (FAR, [])
        assert undone["reminder_minutes_before"] == [60]
