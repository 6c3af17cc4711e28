"""Exports of Loop Habit Tracker as the tests need them: whole, odd or wrong."""

import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Mapping

import pytest

from models.base.errors import FieldError, Invalid
from models.habits import EntryDraft
from models.habits.measures import Amount
from models.habits.schedules import Rate
from upcoach.client import Response, RestClient
from upcoach.services.imports.readers.loop import LoopEntry, LoopExport, LoopHabit, read_export
from upcoach.services.imports.readers.loop_cells import folder_of

TZ = "Europe/Berlin"
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
NEW = (
    "Position,Name,Type,Question,Description,FrequencyNumerator,FrequencyDenominator,Color,"
    "Unit,Target Type,Target Value,Archived?\n"
)
OLD = "Position,Name,Question,Description,NumRepetitions,Interval,Color\n"
MEDITATE = "001,Meditate,YES_NO,,,1,1,,,,,false\n"
RUN = "001,Run,NUMERICAL,,,1,1,,km,AT_LEAST,2.0,false\n"
TWO_RUNS = MEDITATE.replace("Meditate", "Run") + MEDITATE.replace("001,Meditate", "002,Run")
MEDITATED = "001 Meditate/Checkmarks.csv"
RAN = "001 Run/Checkmarks.csv"
OVERVIEW = "Checkmarks.csv"

Files = Mapping[str, str | bytes]


def zipped(files: Files) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return archive.getvalue()


def read(files: Files) -> LoopExport:
    return read_export(zipped(files), tz=TZ, now=NOW)


def flaws_of(archive: bytes) -> tuple[FieldError, ...]:
    with pytest.raises(Invalid) as refusal:
        read_export(archive, tz=TZ, now=NOW)

    assert refusal.value.code == "import_invalid"
    assert refusal.value.detail == refusal.value.flaws[0].detail
    return refusal.value.flaws


def entries_of(habits: str, files: Files) -> list[LoopEntry]:
    (habit,) = read({"Habits.csv": habits, **files}).habits
    return list(habit.entries)


NEWER = {
    "Habits.csv": NEW
    + "001,Meditate,YES_NO,Did you?,Before 7,1,1,#FF8F00,,,,false\n"
    + "002,Gym,YES_NO,,,3,7,#00897B,,,,true\n"
    + "003,Run,NUMERICAL,How far?,,1,1,#303F9F,km,AT_LEAST,2.0,false\n"
    + "004,Beer,NUMERICAL,,,1,7,,glasses,AT_MOST,7,false\n",
    MEDITATED: "Date,Value,Notes\n"
    '2015-01-25,YES_MANUAL,"calm, ""long""\n and deep"\n'
    "2015-01-24,NO,Sick\n"
    "2015-01-23,SKIP,\n"
    "2015-01-22,UNKNOWN,\n",
    "002 Gym/Checkmarks.csv": "Date,Value,Notes\n"
    "2015-01-25,YES_AUTO,Legs\n"
    "2015-01-24,YES_MANUAL,\n",
    "003 Run/Checkmarks.csv": "Date,Value,Notes\n2015-01-25,1500,\n2015-01-24,UNKNOWN,\n",
    "004 Beer/Checkmarks.csv": "Date,Value,Notes\n",
    "Checkmarks.csv": "this is not read when every habit has a file of its own",
    "Scores.csv": "and this never",
    "001 Meditate/Scores.csv": "nor this",
}


def written(habits: Iterable[LoopHabit]) -> dict[str, str]:
    """The files that the app would write of *habits*."""
    kept = list(habits)
    files = {"Habits.csv": NEW + "".join(map(habit_row, kept))}
    for one in kept:
        name = f"{folder_of(one.position, one.draft.name)}/Checkmarks.csv"
        lines = (
            csv_line((entry.day.isoformat(), value_of(entry.draft), entry.draft.note or ""))
            for entry in reversed(one.entries)
        )
        files[name] = "Date,Value,Notes\n" + "".join(lines)
    return files


def habit_row(one: LoopHabit) -> str:
    draft, measure = one.draft, one.draft.measure
    times, days = (1, 1)
    if isinstance(draft.schedule, Rate):
        times, days = draft.schedule.times, draft.schedule.days
    target = ("", "", "")
    if isinstance(measure, Amount):
        kind = "AT_MOST" if measure.at_most else "AT_LEAST"
        target = (measure.unit, kind, f"{measure.target:.1f}")
    return csv_line(
        (
            f"{one.position:03}",
            draft.name,
            "NUMERICAL" if isinstance(measure, Amount) else "YES_NO",
            draft.question or "",
            draft.description or "",
            str(times),
            str(days),
            draft.color or "",
            *target,
            "true" if draft.archived else "false",
        )
    )


def value_of(draft: EntryDraft) -> str:
    if draft.value is not None:
        return str(round(draft.value * 1000))
    return {"done": "YES_MANUAL", "missed": "NO", "skip": "SKIP"}[draft.state]


def csv_line(cells: Iterable[str]) -> str:
    return ",".join(map(csv_cell, cells)) + "\n"


def csv_cell(text: str) -> str:
    quoted = text.replace('"', '""')
    return f'"{quoted}"' if set(text) & set('",\r\n') else text


def loop(*checkmarks: str) -> bytes:
    """An export of Loop Habit Tracker with one habit."""
    columns = "Position,Name,Type,Question,Description,FrequencyNumerator,FrequencyDenominator"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        row = "001,Stretch,YES_NO,,,1,1,#00897B,,,,false"
        more = "Color,Unit,Target Type,Target Value,Archived?"
        file.writestr("Habits.csv", f"{columns},{more}\n{row}\n")
        file.writestr("001 Stretch/Checkmarks.csv", "\n".join(("Date,Value,Notes", *checkmarks)))
    return archive.getvalue()


TODAY = NOW.date()


async def imported(person: RestClient, archive: bytes, query: str = "") -> Response:
    headers = {"Content-Type": "application/zip"}
    return await person.call("POST", f"/v1/imports/loop{query}", raw=archive, headers=headers)
