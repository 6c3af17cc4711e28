"""The columns are those of a file that the tests of another program have, and of a converter."""

import datetime as dt

import pytest

from models.habits import EntryDraft, NewHabit
from tests.imports.exports import NOW
from tests.imports.tables import STREAKS
from upcoach.services.imports.planning.plan import EntryItem, HabitItem, ImportPlan
from upcoach.services.imports.readers import streaks

HEADER = "task_id,title,icon,entry_type,entry_date,entry_timestamp,entry_timezone,quantity,notes\n"


def read(table: str) -> ImportPlan:
    return streaks.read(table.encode(), owner="usr_1", tz="UTC", now=NOW)


def days(plan: ImportPlan) -> list[tuple[str, EntryDraft]]:
    entries = (item.parts() for item in plan.items if isinstance(item, EntryItem))
    return [(str(day), draft) for _, day, draft in entries]


def test_a_task_is_a_habit_and_a_row_its_day() -> None:
    plan = read(STREAKS)

    [habit] = (item.draft for item in plan.items if isinstance(item, HabitItem))
    assert isinstance(habit, NewHabit)
    assert (habit.name, habit.starts_on) == ("Wake up", dt.date(2026, 1, 5))
    assert days(plan) == [
        ("2026-01-05", EntryDraft(state="missed")),
        ("2026-01-06", EntryDraft(state="done")),
    ]
    assert plan.notes == ("The export says nothing of schedules: its habits are daily ones here.",)


def test_of_several_rows_of_a_day_the_done_one_counts() -> None:
    rows = ("missed_auto,20260105,,UTC,0,", "completed_manually,20260105,,UTC,1,calm")

    for order in (rows, rows[::-1]):
        plan = read(HEADER + "".join(f"p2,Wake up,x,{row}\n" for row in order))

        assert days(plan) == [("2026-01-05", EntryDraft(state="done", note="calm"))]
        assert "The column 'quantity' has no place here and is left out." in plan.notes
        assert plan.reports.listed == ()


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("p2,Wake up,,paused_manually,20260105,,,,", "value_unknown"),
        ("p2,Wake up,,missed_auto,2026-01-05,,,,", "date_invalid"),
        ("p2,Wake up,,missed_auto,20260230,,,,", "date_invalid"),
        ("p2,Wake up,,missed_auto,19010101,,,,", "date_impossible"),
        ("p2,Wake up,,completed_manually,20310101,,,,", "day_ahead"),
        (",Wake up,,missed_auto,20260105,,,,", "cell_empty"),
        (f"p2,Wake up,,missed_auto,20260105,,,,{'x' * 1_001}", "text_cut"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(row: str, code: str) -> None:
    plan = read(f"{HEADER}p1,Run,,completed_manually,20260105,,,,\n{row}\n")

    assert [(one.pointer, one.code) for one in plan.reports.listed] == [("/table/line/3", code)]
    assert len(days(plan)) == (2 if code == "text_cut" else 1)
