"""The columns are those of exports that people have put into public repositories."""

from collections.abc import Mapping

import pytest

from config.settings import Settings
from models.base.errors import Invalid
from models.moods import NewMood
from tests.imports.tables import DAYLIO
from tests.support.server import serving
from upcoach.services.imports.planning.plan import ImportPlan
from upcoach.services.imports.readers import daylio

HEADER = "full_date,date,weekday,time,mood,activities,note_title,note\n"


def read(table: str, moods: Mapping[str, int] | None = None) -> ImportPlan:
    return daylio.read(table.encode(), owner="usr_1", tz="Europe/Berlin", moods=moods or {})


def moods_of(plan: ImportPlan) -> list[NewMood]:
    return [mood for item in plan.items for mood in item.parts() if isinstance(mood, NewMood)]


def test_a_row_is_a_mood_with_its_note() -> None:
    first, second = moods_of(read(DAYLIO, {"solid": 4}))

    assert (str(first.at), first.level, first.note) == (
        "2026-01-05 17:52:00+00:00",
        4,
        "Lake\nSwam",
    )
    assert (first.emotions, first.activities) == (("Solid",), ())
    assert (str(second.at), second.level, second.note) == (
        "2026-01-06 17:50:00+00:00",
        5,
        "Went\nout",
    )
    assert (second.emotions, second.activities) == ((), ("friends", "nap"))


@pytest.mark.parametrize(
    ("time", "at"),
    [
        ("6:50 pm", "17:50"),
        ("9:34\u202fPM", "20:34"),
        ("12:05 am", "23:05"),
        ("12:05 p.m.", "11:05"),
        ("18.52", "17:52"),
    ],
)
def test_a_time_is_read_on_either_clock(time: str, at: str) -> None:
    plan = read(f"{HEADER}2026-01-06,,,{time},meh,,,\n")

    assert [f"{mood.at:%H:%M}" for mood in moods_of(plan)] == [at]
    assert plan.reports.listed == ()


def test_a_mood_of_somebodys_own_is_left_out_until_its_level_is_said() -> None:
    plan = read(DAYLIO)

    assert [(report.pointer, report.code) for report in plan.reports.listed] == [
        ("/table/line/4", "mood_unknown")
    ]
    assert plan.notes == ("Moods whose level is not known were left out: Solid (1).",)
    assert len(plan.items) == 1


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("06.13.2026,,,,meh,,,", "date_invalid"),
        ("2026-01-06,,,,,,,", "cell_empty"),
        ("2026-01-06,,,,meh,,,,more", "cells_wrong"),
        ("2026-01-06,,,25:00,meh,,,", "date_invalid"),
        ("2026-01-06,,,noonish,meh,,,", "date_invalid"),
        (f"2026-01-06,,,,meh,{' | '.join('abcdefghijklmnopqrstu')},,", "texts_left_out"),
        (f"2026-01-06,,,,meh,,,{'x' * 2_001}", "text_cut"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(row: str, code: str) -> None:
    plan = read(f"{HEADER}2026-01-05,,,,good,,,\n{row}\n")

    assert [(one.pointer, one.code) for one in plan.reports.listed] == [("/table/line/3", code)]


def test_another_table_is_none_of_daylio() -> None:
    with pytest.raises(Invalid, match="no column 'full_date' and no 'mood'"):
        read("date,level\n2026-01-05,4\n")


async def test_levels_are_said_in_the_query(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        table = {"Content-Type": "text/csv"}
        path = "/v1/imports/daylio?tz=UTC&moods="

        for wrong in ("Solid", "Solid:6", ":4"):
            refused = await person.call("POST", path + wrong, raw=DAYLIO.encode(), headers=table)
            assert (refused.status, refused.body["code"]) == (400, "parameter_invalid")
        answer = await person.call(
            "POST", f"{path}Solid:4;x:y:1", raw=DAYLIO.encode(), headers=table
        )

        assert answer.body["moods"] == {"created": 2, "kept": 0}
