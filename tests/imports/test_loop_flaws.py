"""What is wrong in an export of Loop: reported with its place, or refused if it is none."""

from typing import NamedTuple

import pytest

from models.base.errors import Invalid
from tests.imports.exports import (
    MEDITATE,
    MEDITATED,
    NEW,
    NEWER,
    NOW,
    OVERVIEW,
    RAN,
    RUN,
    TWO_RUNS,
    Files,
    flaws_of,
    read,
    zipped,
)
from upcoach.services.imports.planning.reports import LISTED
from upcoach.services.imports.readers.loop import read_export


class Bad(NamedTuple):
    files: Files
    pointer: str
    code: str
    is_brought: bool = False


def checkmark(line: str) -> Files:
    return {"Habits.csv": NEW + MEDITATE, MEDITATED: f"Date,Value,Notes\n{line}\n"}


def habit(line: str) -> Files:
    return {"Habits.csv": f"{NEW}{line}\n"}


LINE_2 = "/001 Meditate/Checkmarks.csv/line/2"
HABIT_2 = "/Habits.csv/line/2"
BAD = {
    "no Habits.csv": Bad({}, "/Habits.csv", "file_missing"),
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
    "too few cells": Bad(habit("001,Run"), HABIT_2, "frequency_invalid", is_brought=True),
    "no position": Bad(
        habit("x,Run,YES_NO,,,1,1,,,,,false"), HABIT_2, "position_invalid", is_brought=True
    ),
    "position 0": Bad(
        habit("000,Run,YES_NO,,,1,1,,,,,false"), HABIT_2, "position_invalid", is_brought=True
    ),
    "a position twice": Bad(
        {"Habits.csv": NEW + MEDITATE + MEDITATE},
        "/Habits.csv/line/3",
        "position_twice",
        is_brought=True,
    ),
    "no name": Bad(habit("001,,YES_NO,,,1,1,,,,,false"), HABIT_2, "name_missing"),
    "a long name": Bad(
        habit(f"001,{'x' * 256},YES_NO,,,1,1,,,,,false"), HABIT_2, "text_cut", is_brought=True
    ),
    "a long question": Bad(
        habit(f"001,Run,YES_NO,{'x' * 1001},,1,1,,,,,false"), HABIT_2, "text_cut", is_brought=True
    ),
    "another type": Bad(
        habit("001,Run,MAYBE,,,1,1,,,,,false"), HABIT_2, "type_unknown", is_brought=True
    ),
    "no frequency": Bad(
        habit("001,Run,YES_NO,,,,1,,,,,false"), HABIT_2, "frequency_invalid", is_brought=True
    ),
    "a frequency of 0": Bad(
        habit("001,Run,YES_NO,,,0,7,,,,,false"), HABIT_2, "frequency_invalid", is_brought=True
    ),
    "twice a day": Bad(
        habit("001,Run,YES_NO,,,2,1,,,,,false"), HABIT_2, "frequency_invalid", is_brought=True
    ),
    "a year and two days": Bad(
        habit("001,Run,YES_NO,,,1,367,,,,,false"), HABIT_2, "frequency_invalid", is_brought=True
    ),
    "a color by name": Bad(
        habit("001,Run,YES_NO,,,1,1,red,,,,false"), HABIT_2, "field_invalid", is_brought=True
    ),
    "neither archived nor not": Bad(
        habit("001,Run,YES_NO,,,1,1,,,,,maybe"), HABIT_2, "archived_invalid", is_brought=True
    ),
    "no target": Bad(
        habit("001,Run,NUMERICAL,,,1,1,,km,AT_LEAST,,false"),
        HABIT_2,
        "target_invalid",
        is_brought=True,
    ),
    "a decimal comma": Bad(
        habit('001,Run,NUMERICAL,,,1,1,,km,AT_LEAST,"2,5",false'),
        HABIT_2,
        "target_invalid",
        is_brought=True,
    ),
    "no number": Bad(
        habit("001,Run,NUMERICAL,,,1,1,,km,AT_LEAST,NaN,false"),
        HABIT_2,
        "target_invalid",
        is_brought=True,
    ),
    "another kind of target": Bad(
        habit("001,Run,NUMERICAL,,,1,1,,km,ABOUT,2.0,false"),
        HABIT_2,
        "target_invalid",
        is_brought=True,
    ),
    "too high a target": Bad(
        habit("001,Run,NUMERICAL,,,1,1,,km,AT_LEAST,1.0E10,false"),
        HABIT_2,
        "target_invalid",
        is_brought=True,
    ),
    "a long unit": Bad(
        habit(f"001,Run,NUMERICAL,,,1,1,,{'x' * 33},AT_LEAST,2.0,false"),
        HABIT_2,
        "text_cut",
        is_brought=True,
    ),
    "a word for a date": Bad(checkmark("today,NO,"), LINE_2, "date_invalid", is_brought=True),
    "another form of date": Bad(checkmark("20150125,NO,"), LINE_2, "date_invalid", is_brought=True),
    "a day that never was": Bad(
        checkmark("2015-02-29,NO,"), LINE_2, "date_invalid", is_brought=True
    ),
    "a year of five digits": Bad(
        checkmark("10000-01-01,NO,"), LINE_2, "date_invalid", is_brought=True
    ),
    "a day before all phones": Bad(
        checkmark("1969-12-31,NO,"), LINE_2, "date_invalid", is_brought=True
    ),
    "another answer": Bad(checkmark("2015-01-25,MAYBE,"), LINE_2, "value_unknown", is_brought=True),
    "an amount for an answer": Bad(
        checkmark("2015-01-25,1500,"), LINE_2, "value_unknown", is_brought=True
    ),
    "no answer": Bad(checkmark("2015-01-25,,"), LINE_2, "value_unknown", is_brought=True),
    "a long note": Bad(
        checkmark(f"2015-01-25,NO,{'x' * 1001}"), LINE_2, "text_cut", is_brought=True
    ),
    "a date alone": Bad(checkmark("2015-01-25"), LINE_2, "cells_wrong", is_brought=True),
    "a day with two answers": Bad(
        checkmark("2015-01-25,NO,\n2015-01-25,SKIP,"),
        "/001 Meditate/Checkmarks.csv/line/3",
        "day_twice",
        is_brought=True,
    ),
    "a quote that does not end": Bad(
        checkmark('2015-01-25,NO,"'), LINE_2, "csv_broken", is_brought=True
    ),
    "a line without end": Bad(
        checkmark("2015-01-25,NO," + "x," * 550_000), LINE_2, "row_too_long", is_brought=True
    ),
    "a row without end": Bad(checkmark('"\n",' * 275_000), LINE_2, "row_too_long", is_brought=True),
    "nothing but lines": Bad(
        checkmark("\n" * 1_000),
        "/001 Meditate/Checkmarks.csv/line/1002",
        "too_many",
        is_brought=True,
    ),
    "a note in Latin-1": Bad(
        {"Habits.csv": NEW + MEDITATE, MEDITATED: b"2015-01-25,2\n2015-01-24,2,\xe9\n"},
        LINE_2,
        "not_utf8",
        is_brought=True,
    ),
    "NUL": Bad(checkmark("2015-01-25,NO,\0"), LINE_2, "nul", is_brought=True),
    "habits in Latin-1": Bad({"Habits.csv": b"\xe9"}, "/Habits.csv/line/1", "not_utf8"),
    "a negative amount": Bad(
        {"Habits.csv": NEW + RUN, RAN: "2015-01-25,-2\n"},
        "/001 Run/Checkmarks.csv/line/1",
        "value_unknown",
        is_brought=True,
    ),
    "a folder of no habit": Bad(
        {"Habits.csv": NEW + MEDITATE, RAN: ""},
        "/001 Run/Checkmarks.csv",
        "file_unknown",
        is_brought=True,
    ),
    "a folder twice": Bad(
        {"Habits.csv": NEW + MEDITATE, MEDITATED: "", "001 Meditate /Checkmarks.csv": ""},
        "/001 Meditate /Checkmarks.csv",
        "folder_twice",
        is_brought=True,
    ),
    "a column that two habits could claim": Bad(
        {"Habits.csv": NEW + TWO_RUNS, RAN: "", OVERVIEW: "Date,Run,\n"},
        "/Checkmarks.csv/line/1",
        "column_ambiguous",
        is_brought=True,
    ),
    "two columns that a habit could claim": Bad(
        {"Habits.csv": NEW + MEDITATE, OVERVIEW: "Date,Meditate,Meditate,\n"},
        "/Checkmarks.csv/line/1",
        "column_ambiguous",
        is_brought=True,
    ),
    "a short line in the overview": Bad(
        {"Habits.csv": NEW + MEDITATE, OVERVIEW: "Date,Meditate,\n2015-01-25,NO\n"},
        "/Checkmarks.csv/line/2",
        "cells_wrong",
        is_brought=True,
    ),
    "a path that climbs": Bad(NEWER | {"../x": ""}, "/../x", "file_name"),
    "a path from the root": Bad(NEWER | {"/etc/passwd": ""}, "//etc/passwd", "file_name"),
    "a path of Windows": Bad(NEWER | {"..\\x": ""}, "/..\\x", "file_name"),
    "a path that stays": Bad(NEWER | {"./x": ""}, "/./x", "file_name"),
    "a name that rings": Bad(NEWER | {"\a": ""}, "/\a", "file_name"),
    "a name too long": Bad(NEWER | {"x" * 256: ""}, "/" + "x" * 255, "file_name"),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_what_is_wrong_is_told_with_its_place(bad: Bad) -> None:
    told = read(bad.files).reports.listed if bad.is_brought else flaws_of(zipped(bad.files))

    assert [(flaw.pointer, flaw.code) for flaw in told] == [(bad.pointer, bad.code)]


def test_a_zone_that_is_none_is_refused_as_such() -> None:
    with pytest.raises(Invalid) as refusal:
        read_export(zipped(NEWER), tz="Mars/Olympus", now=NOW)

    assert [flaw.pointer for flaw in refusal.value.flaws] == ["/tz"]


def test_the_words_name_the_file_the_line_and_the_reason() -> None:
    (report,) = read(checkmark("2015-01-25,MAYBE,")).reports.listed

    assert report.detail == (
        "001 Meditate/Checkmarks.csv, line 2: left out, since 'MAYBE' is not an answer that the"
        " app writes."
    )


def test_a_row_of_several_lines_is_named_by_its_first() -> None:
    notes = checkmark('2015-01-25,NO,"a\nb"\n2015-01-24,MAYBE,"c\nd"')

    assert [report.pointer for report in read(notes).reports.listed] == [
        "/001 Meditate/Checkmarks.csv/line/4"
    ]


def test_a_file_of_which_nothing_can_be_brought_is_refused_with_twenty_places() -> None:
    habits = NEW + "".join(f"{number},\n" for number in range(1, 31))

    flaws = flaws_of(zipped({"Habits.csv": habits}))

    assert [flaw.pointer for flaw in flaws] == [f"/Habits.csv/line/{n}" for n in range(2, 22)]


def test_so_many_reports_are_listed_and_the_others_counted() -> None:
    lines = "".join(f"2015-01-25,{number + 10},\n" for number in range(LISTED + 7))

    reports = read({"Habits.csv": NEW + MEDITATE, MEDITATED: f"2015-01-24,2,\n{lines}"}).reports

    assert (len(reports.listed), reports.unlisted) == (LISTED, 7)
