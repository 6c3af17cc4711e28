"""What of Habitica's export does not come in as it stands is told with its place."""

from typing import Any

import pytest

from tests.imports.exports import NOW
from tests.imports.games import GAME, at
from upcoach.services.imports.planning.plan import ImportPlan
from upcoach.services.imports.readers import habitica

HABIT = GAME["tasks"]["habits"][0]
DAILY = GAME["tasks"]["dailys"][0]
TO_DO = GAME["tasks"]["todos"][0]
DONE = {"date": at(2), "completed": True}
TOO_MANY = {"date": at(2), "scoredUp": 1e300}


def read(kind: str, *tasks: Any, **more: Any) -> ImportPlan:
    return habitica.read({"tasks": {kind: list(tasks)}, **more}, owner="usr_1", tz="UTC", now=NOW)


def history(*points: Any) -> Any:
    return DAILY | {"history": [DONE, *points]}


@pytest.mark.parametrize(
    ("tasks", "pointer", "code"),
    [
        ({"todos": [TO_DO, TO_DO]}, "/tasks/todos/1", "row_twice"),
        ({"todos": [TO_DO, TO_DO | {"text": "other"}]}, "/tasks/todos/1", "task_twice"),
        ({"dailys": [DAILY, history(DONE)]}, "/tasks/dailys/1", "task_twice"),
        ({"habits": [HABIT], "dailys": [DAILY | {"_id": "h1"}]}, "/tasks/dailys/0", "task_twice"),
    ],
)
def test_of_tasks_of_one_id_the_first_is_brought_and_the_other_told(
    tasks: Any, pointer: str, code: str
) -> None:
    plan = habitica.read({"tasks": tasks}, owner="usr_1", tz="UTC", now=NOW)

    assert [(report.pointer, report.code) for report in plan.reports.listed] == [(pointer, code)]
    ids = [item.id for item in plan.items]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("kind", "task", "pointer", "code"),
    [
        ("habits", HABIT | {"notes": "x" * 1_001}, "", "text_cut"),
        ("habits", HABIT | {"text": "x" * 256}, "", "text_cut"),
        ("habits", HABIT | {"up": "yes"}, "", "field_invalid"),
        ("habits", HABIT | {"history": [TOO_MANY]}, "/history/0", "count_invalid"),
        ("dailys", history({"date": "never", "completed": True}), "/history/1", "date_unreadable"),
        ("dailys", history({"date": 1e300, "completed": True}), "/history/1", "date_unreadable"),
        ("dailys", history({"date": None}), "/history/1", "field_invalid"),
        ("dailys", history(7), "/history/1", "field_invalid"),
        ("dailys", history(DONE | {"date": 4_000_000_000_000}), "/history/1", "day_ahead"),
        ("dailys", DAILY | {"frequency": "hourly"}, "", "frequency_unknown"),
        ("dailys", DAILY | {"everyX": "two"}, "", "field_invalid"),
        ("dailys", DAILY | {"startDate": "soon"}, "", "date_unreadable"),
        ("todos", TO_DO | {"date": "soon"}, "", "date_unreadable"),
        ("todos", TO_DO | {"notes": "x" * 10_001}, "", "text_cut"),
        ("todos", TO_DO | {"completed": True, "dateCompleted": "2031-01-01"}, "", "day_ahead"),
        ("todos", TO_DO | {"checklist": [{"text": "a"}, 5]}, "/checklist/1", "field_invalid"),
        ("todos", TO_DO | {"checklist": [{"text": "x" * 256}]}, "", "text_cut"),
        ("todos", TO_DO | {"checklist": [{"text": "a"}] * 101}, "", "steps_left_out"),
        ("todos", TO_DO | {"tags": ["g1", None]}, "/tags/1", "field_invalid"),
    ],
)  # fmt: skip
def test_one_thing_that_is_wrong_is_told_and_the_rest_is_brought(
    kind: str, task: Any, pointer: str, code: str
) -> None:
    plan = read(kind, task)

    told = [(report.pointer, report.code) for report in plan.reports.listed]
    assert told == [(f"/tasks/{kind}/0{pointer}", code)]
    assert plan.items


@pytest.mark.parametrize("bad", [5, None, {}, {"_id": 5, "text": "a"}, {"_id": "x", "text": " "}])
def test_a_task_that_is_none_is_left_out(bad: Any) -> None:
    plan = read("todos", TO_DO, bad)

    assert len(plan.items) == 1
    assert [report.pointer.startswith("/tasks/todos/1") for report in plan.reports.listed] == [True]


def test_an_hour_that_is_none_is_midnight() -> None:
    plan = read("todos", TO_DO, preferences={"dayStart": 24})

    assert [report.pointer for report in plan.reports.listed] == ["/preferences/dayStart"]
    assert plan.items


def test_of_both_kinds_of_months_the_weeks_count() -> None:
    both = {"frequency": "monthly", "weeksOfMonth": [1], "daysOfMonth": [5]}
    week = dict.fromkeys(("su", "t", "w", "th", "f", "s"), False) | {"m": True}

    plan = read("dailys", DAILY | both | {"repeat": week, "history": []})

    [habit] = (item.parts()[0] for item in plan.items)
    assert "BYDAY=2MO" in str(habit)
