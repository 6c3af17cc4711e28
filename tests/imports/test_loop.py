import datetime as dt
from typing import NamedTuple

import pytest

from models.base.errors import Invalid
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
    Files,
    entries_of,
    flaws_of,
    read,
    zipped,
)
from upcoach.services.imports.readers import loop, loop_histories
from upcoach.services.imports.readers.loop import LoopEntry, LoopExport, LoopHabit, read_export

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
            "Gym: left out are notes on days without an answer (1).",
            "Beer: its target is for 7 days together in Loop; here it is for one day.",
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


class Bad(NamedTuple):
    files: Files
    pointer: str
    code: str


def checkmark(line: str) -> Files:
    return {"Habits.csv": NEW + MEDITATE, MEDITATED: f"Date,Value,Notes\n{line}\n"}


def habit(line: str) -> Files:
    return {"Habits.csv": f"{NEW}{line}\n"}


LINE_2 = "/001 Meditate/Checkmarks.csv/line/2"
HABIT_2 = "/Habits.csv/line/2"
BAD = {
    "no Habits.csv": Bad({}, "/Habits.csv", "file_missing"),
    "Habits.csv in a folder": Bad({"x/Habits.csv": NEW}, "/Habits.csv", "file_missing"),
    "an empty Habits.csv": Bad({"Habits.csv": ""}, "/Habits.csv/line/1", "columns_unknown"),
    "other columns": Bad({"Habits.csv": "Name,Date\n"}, "/Habits.csv/line/1", "columns_unknown"),
    "a column twice": Bad(
        {"Habits.csv": NEW.replace("Unit", "Color")}, "/Habits.csv/line/1", "columns_unknown"
    ),
    "both forms at once": Bad(
        {"Habits.csv": NEW.strip() + ",NumRepetitions,Interval\n"},
        "/Habits.csv/line/1",
        "columns_unknown",
    ),
    "too few cells": Bad(habit("001,Run"), HABIT_2, "cells_wrong"),
    "no position": Bad(habit("x,Run,YES_NO,,,1,1,,,,,false"), HABIT_2, "position_invalid"),
    "position 0": Bad(habit("000,Run,YES_NO,,,1,1,,,,,false"), HABIT_2, "position_invalid"),
    "a position twice": Bad(
        {"Habits.csv": NEW + MEDITATE + MEDITATE}, "/Habits.csv/line/3", "position_twice"
    ),
    "no name": Bad(habit("001,,YES_NO,,,1,1,,,,,false"), HABIT_2, "body_invalid"),
    "a long name": Bad(habit(f"001,{'x' * 256},YES_NO,,,1,1,,,,,false"), HABIT_2, "body_invalid"),
    "a long question": Bad(
        habit(f"001,Run,YES_NO,{'x' * 1001},,1,1,,,,,false"), HABIT_2, "body_invalid"
    ),
    "another type": Bad(habit("001,Run,MAYBE,,,1,1,,,,,false"), HABIT_2, "type_unknown"),
    "no frequency": Bad(habit("001,Run,YES_NO,,,,1,,,,,false"), HABIT_2, "frequency_invalid"),
    "a frequency of 0": Bad(habit("001,Run,YES_NO,,,0,7,,,,,false"), HABIT_2, "frequency_invalid"),
    "digits of others": Bad(habit("001,Run,YES_NO,,,٣,7,,,,,false"), HABIT_2, "frequency_invalid"),
    "twice a day": Bad(habit("001,Run,YES_NO,,,2,1,,,,,false"), HABIT_2, "body_invalid"),
    "a year and two days": Bad(habit("001,Run,YES_NO,,,1,367,,,,,false"), HABIT_2, "body_invalid"),
    "a color by name": Bad(habit("001,Run,YES_NO,,,1,1,red,,,,false"), HABIT_2, "body_invalid"),
    "neither archived nor not": Bad(
        habit("001,Run,YES_NO,,,1,1,,,,,maybe"), HABIT_2, "archived_invalid"
    ),
    "no target": Bad(
        habit("001,Run,NUMERICAL,,,1,1,,km,AT_LEAST,,false"), HABIT_2, "target_invalid"
    ),
    "a decimal comma": Bad(
        habit('001,Run,NUMERICAL,,,1,1,,km,AT_LEAST,"2,5",false'), HABIT_2, "target_invalid"
    ),
    "no number": Bad(
        habit("001,Run,NUMERICAL,,,1,1,,km,AT_LEAST,NaN,false"), HABIT_2, "target_invalid"
    ),
    "another kind of target": Bad(
        habit("001,Run,NUMERICAL,,,1,1,,km,ABOUT,2.0,false"), HABIT_2, "target_invalid"
    ),
    "too high a target": Bad(
        habit("001,Run,NUMERICAL,,,1,1,,km,AT_LEAST,1.0E10,false"), HABIT_2, "body_invalid"
    ),
    "a long unit": Bad(
        habit(f"001,Run,NUMERICAL,,,1,1,,{'x' * 33},AT_LEAST,2.0,false"), HABIT_2, "body_invalid"
    ),
    "a word for a date": Bad(checkmark("today,NO,"), LINE_2, "date_invalid"),
    "another form of date": Bad(checkmark("20150125,NO,"), LINE_2, "date_invalid"),
    "a day that never was": Bad(checkmark("2015-02-29,NO,"), LINE_2, "date_invalid"),
    "a year of five digits": Bad(checkmark("10000-01-01,NO,"), LINE_2, "date_invalid"),
    "a day before all phones": Bad(checkmark("1969-12-31,NO,"), LINE_2, "date_invalid"),
    "another answer": Bad(checkmark("2015-01-25,MAYBE,"), LINE_2, "value_unknown"),
    "an amount for an answer": Bad(checkmark("2015-01-25,1500,"), LINE_2, "value_unknown"),
    "no answer": Bad(checkmark("2015-01-25,,"), LINE_2, "value_unknown"),
    "a long note": Bad(checkmark(f"2015-01-25,NO,{'x' * 1001}"), LINE_2, "body_invalid"),
    "a date alone": Bad(checkmark("2015-01-25"), LINE_2, "cells_wrong"),
    "a cell too many": Bad(checkmark("2015-01-25,NO,,"), LINE_2, "cells_wrong"),
    "a day with two answers": Bad(
        checkmark("2015-01-25,NO,\n2015-01-25,SKIP,"),
        "/001 Meditate/Checkmarks.csv/line/3",
        "day_twice",
    ),
    "a quote that does not end": Bad(checkmark('2015-01-25,NO,"'), LINE_2, "csv_broken"),
    "a line without end": Bad(checkmark("2015-01-25,NO," + "x," * 100_000), LINE_2, "row_too_long"),
    "a row without end": Bad(checkmark('"\n",' * 50_001), LINE_2, "row_too_long"),
    "nothing but lines": Bad(
        checkmark("\n" * 1_000), "/001 Meditate/Checkmarks.csv/line/1002", "too_many"
    ),
    "a note in Latin-1": Bad(
        {"Habits.csv": NEW + MEDITATE, MEDITATED: b"2015-01-25,2\n2015-01-24,2,\xe9\n"},
        LINE_2,
        "not_utf8",
    ),
    "NUL": Bad(checkmark("2015-01-25,NO,\0"), LINE_2, "nul"),
    "habits in Latin-1": Bad({"Habits.csv": b"\xe9"}, "/Habits.csv/line/1", "not_utf8"),
    "a negative amount": Bad(
        {"Habits.csv": NEW + RUN, RAN: "2015-01-25,-2\n"},
        "/001 Run/Checkmarks.csv/line/1",
        "value_unknown",
    ),
    "a folder of no habit": Bad(
        {"Habits.csv": NEW + MEDITATE, RAN: ""}, "/001 Run/Checkmarks.csv", "file_unknown"
    ),
    "a folder twice": Bad(
        {"Habits.csv": NEW + MEDITATE, MEDITATED: "", "001 Meditate /Checkmarks.csv": ""},
        "/001 Meditate /Checkmarks.csv",
        "folder_twice",
    ),
    "a column that two habits could claim": Bad(
        {"Habits.csv": NEW + TWO_RUNS, RAN: "", OVERVIEW: "Date,Run,\n"},
        "/Checkmarks.csv/line/1",
        "column_ambiguous",
    ),
    "two columns that a habit could claim": Bad(
        {"Habits.csv": NEW + MEDITATE, OVERVIEW: "Date,Meditate,Meditate,\n"},
        "/Checkmarks.csv/line/1",
        "column_ambiguous",
    ),
    "a short line in the overview": Bad(
        {"Habits.csv": NEW + MEDITATE, OVERVIEW: "Date,Meditate,\n2015-01-25,NO\n"},
        "/Checkmarks.csv/line/2",
        "cells_wrong",
    ),
    "a path that climbs": Bad(NEWER | {"../x": ""}, "/../x", "file_name"),
    "a path from the root": Bad(NEWER | {"/etc/passwd": ""}, "//etc/passwd", "file_name"),
    "a path of Windows": Bad(NEWER | {"..\\x": ""}, "/..\\x", "file_name"),
    "a path that stays": Bad(NEWER | {"./x": ""}, "/./x", "file_name"),
    "a name that rings": Bad(NEWER | {"\a": ""}, "/\a", "file_name"),
    "a name too long": Bad(NEWER | {"x" * 256: ""}, "/" + "x" * 255, "file_name"),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_with_its_place_and_the_reason(bad: Bad) -> None:
    (flaw,) = flaws_of(zipped(bad.files))

    assert (flaw.pointer, flaw.code) == (bad.pointer, bad.code)


def test_a_zone_that_is_none_is_refused_as_such() -> None:
    with pytest.raises(Invalid) as refusal:
        read_export(zipped(NEWER), tz="Mars/Olympus")

    assert [flaw.pointer for flaw in refusal.value.flaws] == ["/tz"]


def test_the_words_name_the_file_the_line_and_the_reason() -> None:
    (flaw,) = flaws_of(zipped(checkmark("2015-01-25,MAYBE,")))

    assert flaw.detail == (
        "001 Meditate/Checkmarks.csv, line 2: 'MAYBE' is not an answer that the app writes."
    )


def test_a_row_of_several_lines_is_named_by_its_first() -> None:
    notes = checkmark('2015-01-25,NO,"a\nb"\n2015-01-24,MAYBE,"c\nd"')

    assert [flaw.pointer for flaw in flaws_of(zipped(notes))] == [
        "/001 Meditate/Checkmarks.csv/line/4"
    ]


def test_twenty_flaws_are_named_and_no_more() -> None:
    lines = "".join(f"2015-01-{day:02},MAYBE,\n" for day in range(1, 26))

    flaws = flaws_of(zipped({"Habits.csv": NEW + "x\n" + MEDITATE, MEDITATED: lines}))

    places = ["/Habits.csv/line/2"]
    places += [f"/001 Meditate/Checkmarks.csv/line/{number}" for number in range(1, 20)]
    assert [flaw.pointer for flaw in flaws] == places


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
