import datetime as dt

import pytest

from models.habits import EntryDraft, HabitDraft
from models.habits.measures import Amount
from models.habits.schedules import Daily, Rate, Schedule
from tests.imports.exports import (
    MEDITATE,
    MEDITATED,
    NEW,
    NEWER,
    OLD,
    OVERVIEW,
    RAN,
    RUN,
    TWO_RUNS,
    TZ,
    entries_of,
    flaws_of,
    read,
    zipped,
)
from upcoach.services.imports.readers import loop, loop_histories
from upcoach.services.imports.readers.loop import LoopEntry, LoopExport, LoopHabit

DAY = dt.date(2015, 1, 25)


def test_an_export_of_today_is_read() -> None:
    export = read(NEWER)

    assert export == LoopExport(
        (
            LoopHabit(
                1,
                HabitDraft(
                    name="Meditate",
                    question="Did you?",
                    description="Before 7",
                    color="#FF8F00",
                    tz=TZ,
                    starts_on=dt.date(2015, 1, 23),
                ),
                (
                    LoopEntry(dt.date(2015, 1, 23), EntryDraft(state="skip")),
                    LoopEntry(dt.date(2015, 1, 24), EntryDraft(state="missed", note="Sick")),
                    LoopEntry(DAY, EntryDraft(note='calm, "long"\n and deep')),
                ),
            ),
            LoopHabit(
                2,
                HabitDraft(
                    name="Gym",
                    schedule=Rate(3, 7),
                    color="#00897B",
                    tz=TZ,
                    starts_on=dt.date(2015, 1, 24),
                    archived=True,
                ),
                (LoopEntry(dt.date(2015, 1, 24), EntryDraft()),),
            ),
            LoopHabit(
                3,
                HabitDraft(
                    name="Run",
                    question="How far?",
                    measure=Amount(2.0, "km"),
                    color="#303F9F",
                    tz=TZ,
                    starts_on=DAY,
                ),
                (LoopEntry(DAY, EntryDraft(value=1.5)),),
            ),
            LoopHabit(
                4,
                HabitDraft(
                    name="Beer",
                    measure=Amount(7.0, "glasses", at_most=True),
                    schedule=Rate(1, 7),
                    tz=TZ,
                ),
                (),
            ),
        ),
        (
            "Gym: left out 1 note on days without an answer.",
            "Beer: in Loop its target is for 7 days together; here it is for one day.",
        ),
    )


@pytest.mark.parametrize("header", ["", "Date,Value\n"])
def test_an_export_of_before_is_read(header: str) -> None:
    export = read(
        {
            "Habits.csv": OLD + "001,Gym,Did you?,,2,3,#00897B\n",
            "001 Gym/Checkmarks.csv": header + "2015-01-25,2\n2015-01-24,1\n2015-01-23,0\n"
            "2015-01-22,3\n2015-01-21,-1\n",
        }
    )

    assert export == LoopExport(
        (
            LoopHabit(
                1,
                HabitDraft(
                    name="Gym",
                    question="Did you?",
                    schedule=Rate(2, 3),
                    color="#00897B",
                    tz=TZ,
                    starts_on=dt.date(2015, 1, 22),
                ),
                (
                    LoopEntry(dt.date(2015, 1, 22), EntryDraft(state="skip")),
                    LoopEntry(dt.date(2015, 1, 23), EntryDraft(state="missed")),
                    LoopEntry(DAY, EntryDraft()),
                ),
            ),
        )
    )


@pytest.mark.parametrize(
    ("habit", "value", "expected"),
    [
        (MEDITATE, "YES_MANUAL", EntryDraft()),
        (MEDITATE, "YES_AUTO", None),
        (MEDITATE, "NO", EntryDraft(state="missed")),
        (MEDITATE, "SKIP", EntryDraft(state="skip")),
        (MEDITATE, "UNKNOWN", None),
        (RUN, "0", EntryDraft(value=0.0)),
        (RUN, "NO", EntryDraft(value=0.0)),
        (RUN, "1", EntryDraft(value=0.001)),
        (RUN, "YES_AUTO", None),
        (RUN, "YES_MANUAL", EntryDraft(value=0.002)),
        (RUN, "3", EntryDraft(state="skip")),
        (RUN, "SKIP", EntryDraft(state="skip")),
        (RUN, "42195", EntryDraft(value=42.195)),
        (RUN, "-1", None),
        (RUN, "UNKNOWN", None),
    ],
)
def test_a_value_means_what_the_type_of_habit_makes_of_it(
    habit: str, value: str, expected: EntryDraft | None
) -> None:
    own = {MEDITATE: MEDITATED, RUN: RAN}[habit]

    entries = entries_of(NEW + habit, {own: f"Date,Value,Notes\n2015-01-25,{value},\n"})

    assert entries == ([] if expected is None else [LoopEntry(DAY, expected)])


@pytest.mark.parametrize(
    ("frequency", "expected"),
    [("1,1", Daily()), ("7,7", Daily()), ("3,7", Rate(3, 7)), ("1,30", Rate(1, 30))],
)
def test_a_frequency_becomes_a_schedule(frequency: str, expected: Schedule) -> None:
    export = read({"Habits.csv": NEW + f"001,Gym,YES_NO,,,{frequency},,,,,false\n"})

    assert [habit.draft.schedule for habit in export.habits] == [expected]


@pytest.mark.parametrize(
    ("target", "expected"), [("2.0", 2.0), ("0", 0.0), ("1.0E7", 1e7), ("5.0E-4", 0.0005)]
)
def test_a_target_is_read_as_java_prints_it(target: str, expected: float) -> None:
    export = read({"Habits.csv": NEW + RUN.replace("2.0", target)})

    assert [habit.draft.measure for habit in export.habits] == [Amount(expected, "km")]


@pytest.mark.parametrize("column", ["YES_MANUAL", "2"])
def test_the_overview_serves_a_habit_without_a_file(column: str) -> None:
    overview = f"Date,Read,Meditate,\n2015-01-25,NO,{column},\n"

    entries = entries_of(NEW + MEDITATE, {OVERVIEW: overview})

    assert entries == [LoopEntry(DAY, EntryDraft())]


def test_a_habit_without_any_checkmarks_is_said_to_have_none() -> None:
    export = read({"Habits.csv": NEW + MEDITATE, OVERVIEW: "Date,Read,\n2015-01-25,NO,\n"})

    assert export.habits == (LoopHabit(1, HabitDraft(name="Meditate", tz=TZ), ()),)
    assert export.notes == ("Meditate: the export holds no checkmarks of it.",)


@pytest.mark.parametrize(
    ("overview", "expected"),
    [
        ("Date,Date,\n2015-01-25,YES_MANUAL,\n", [LoopEntry(DAY, EntryDraft())]),
        ("Date,Read,\n2015-01-25,YES_MANUAL,\n", []),
    ],
)
def test_a_habit_called_date_is_not_taken_for_the_dates(
    overview: str, expected: list[LoopEntry]
) -> None:
    habits = NEW + MEDITATE.replace("Meditate", "Date")

    assert entries_of(habits, {OVERVIEW: overview}) == expected


def test_a_long_history_with_long_notes_is_read() -> None:
    days = [(DAY + dt.timedelta(number)).isoformat() for number in range(300)]
    note = "x" * 1000

    entries = entries_of(
        NEW + MEDITATE, {MEDITATED: "".join(f"{day},YES_MANUAL,{note}\n" for day in days)}
    )

    assert [entry.day.isoformat() for entry in entries] == days


def test_habits_of_one_name_keep_their_own_histories() -> None:
    files = {
        "Habits.csv": NEW + TWO_RUNS,
        RAN: "2015-01-25,2\n",
        "002 Run/Checkmarks.csv": "2015-01-25,0\n",
    }

    habits = read(files).habits

    assert [(habit.position, habit.entries[0].draft.state) for habit in habits] == [
        (1, "done"),
        (2, "missed"),
    ]


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Run: 5 km/day?", "001 Run 5 kmday"),
        ("Бегать", "001"),
        ("  Run ", "001 Run"),
        ("x" * 101, "001 " + "x" * 100),
    ],
)
def test_a_folder_is_found_under_the_name_that_the_app_made_of_the_habits(
    name: str, folder: str
) -> None:
    habits = NEW + f'001,"{name}",YES_NO,,,1,1,,,,,false\n'

    entries = entries_of(habits, {f"{folder}/Checkmarks.csv": "2015-01-25,2\n"})

    assert entries == [LoopEntry(DAY, EntryDraft())]


def test_a_mark_of_order_and_other_ends_of_lines_change_nothing() -> None:
    marked = {
        name: b"\xef\xbb\xbf" + content.replace("\n", "\r\n").encode()
        for name, content in NEWER.items()
    }

    expected = read(NEWER)
    export = read(marked)

    # Only the line break within the note is part of what somebody wrote.
    assert str(export).replace(r"\r\n", r"\n") == str(expected)


def test_a_day_that_is_there_twice_alike_counts_once() -> None:
    entries = entries_of(NEW + MEDITATE, {MEDITATED: "2015-01-25,2\n2015-01-25,YES_MANUAL\n"})

    assert entries == [LoopEntry(DAY, EntryDraft())]


def test_a_column_that_is_unknown_is_said_to_be_left_out() -> None:
    habits = NEW.replace("Archived?", "Archived?,UUID") + MEDITATE.replace("false", "false,17")

    export = read({"Habits.csv": habits, MEDITATED: ""})

    assert export.notes == ("The column 'UUID' of Habits.csv has no place here and is left out.",)


@pytest.mark.parametrize("limit", ["HABITS", "ENTRIES", "LINES"])
def test_an_export_beyond_a_limit_is_refused(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    largest = {"HABITS": 4, "ENTRIES": 5, "LINES": 8}[limit]

    monkeypatch.setattr(loop, limit, largest)
    assert read(NEWER).habits

    monkeypatch.setattr(loop, limit, largest - 1)
    assert [flaw.code for flaw in flaws_of(zipped(NEWER))] == ["export_too_large"]


def test_an_overview_is_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    overview = "Date,Meditate,Read,\n2015-01-25,NO,NO,\n"
    read_habit = MEDITATE.replace("001,Meditate", "002,Read")
    files = {"Habits.csv": NEW + MEDITATE + read_habit, OVERVIEW: overview}

    monkeypatch.setattr(loop_histories, "READ_AGAIN", 2 * len(overview))
    assert [len(habit.entries) for habit in read(files).habits] == [1, 1]

    monkeypatch.setattr(loop_histories, "READ_AGAIN", 2 * len(overview) - 1)
    assert [flaw.code for flaw in flaws_of(zipped(files))] == ["export_too_large"]
