"""Every form of export that Loop Habit Tracker has written is read.

The forms are those of its `HabitsCSVExporter`, `HabitList.writeCSV` and `CheckmarkList.writeCSV`
(or `CSVExporter`, `Habit.writeCSV`) at the tags of its releases.
"""

import datetime as dt
import io
import zipfile
from typing import NamedTuple

import pytest

from models.habits import EntryDraft
from models.habits.measures import Amount, Measure, YesNo
from models.habits.schedules import Daily, Rate, Schedule
from tests.imports.exports import NOW, OLD, TZ, Files, read, zipped
from upcoach.services.imports.readers.loop import LoopEntry, read_export

DAY = dt.date(2015, 1, 25)
DONE = {DAY: EntryDraft()}
BEFORE_2 = "Position,Name,Description,NumRepetitions,Interval,Color\n"
BEFORE_1_5_6 = "Name,Description,NumRepetitions,Interval,Color\n"
TOP = "Checkmarks.csv"
ENTRY = "Entry(timestamp=2015-01-25, value={})"


class Version(NamedTuple):
    files: Files
    days: dict[dt.date, EntryDraft]
    schedule: Schedule = Daily()
    measure: Measure = YesNo()
    name: str = "Läuft: gut?"
    told: tuple[str, ...] = ()


VERSIONS = {
    "1.2": Version(
        {"Läuft: gut?/checkmarks.csv": "2015-01-25,2\n", "Läuft: gut?/scores.csv": ""},
        DONE,
    ),
    "1.2, a name that begins with a number": Version(
        {"2 eggs/checkmarks.csv": "2015-01-25,2\n"}, DONE, name="2 eggs"
    ),
    "1.4": Version(
        {
            "Habits.csv": BEFORE_1_5_6 + "Läuft: gut?,,3,7,#FF8F00\n",
            "001 Läuft: gut?/Checkmarks.csv": "2015-01-25,2\n",
        },
        DONE,
        Rate(3, 7),
    ),
    "1.4, the third of three, of which two are archived": Version(
        {
            "Habits.csv": BEFORE_1_5_6 + "Läuft: gut?,,1,1,#FF8F00\n",
            "003 Läuft: gut?/Checkmarks.csv": "2015-01-25,2\n",
        },
        DONE,
    ),
    "1.4, a name with a slash": Version(
        {
            "Habits.csv": BEFORE_1_5_6 + "Run/Walk,,1,1,#FF8F00\n",
            "001 Run/Walk/Checkmarks.csv": "2015-01-25,2\n",
        },
        DONE,
        name="Run/Walk",
    ),
    "1.5.6": Version(
        {
            "Habits.csv": BEFORE_2 + "001,Läuft: gut?,,1,1,#FF8F00\n",
            "001 Luft gut/Checkmarks.csv": "2015-01-25,2\n",
        },
        DONE,
    ),
    "1.6, in Arabic": Version(
        {
            "Habits.csv": BEFORE_2 + "\u0660\u0660\u0661,Läuft: gut?,,1,1,#FF8F00\n",
            "\u0660\u0660\u0661 Luft gut/Checkmarks.csv": "2015-01-25,\u0662\n",
        },
        DONE,
    ),
    "1.8, in Persian, the folder in Latin": Version(
        {
            "Habits.csv": BEFORE_2 + "\u06f0\u06f0\u06f1,Läuft: gut?,,1,1,#FF8F00\n",
            "001 Luft gut/Checkmarks.csv": "2015-01-25,\u06f2\n",
        },
        DONE,
    ),
    "2.0, the folder": Version(
        {
            "Habits.csv": OLD + "001,Läuft: gut?,,,1,1,#FF8F00\n",
            "001 Luft gut/Checkmarks.csv": "2015-01-25,2\n",
            TOP: f"Date,Läuft: gut?,\n2015-01-25,{ENTRY.format(0)},\n",
        },
        DONE,
    ),
    "2.0, only the overview": Version(
        {
            "Habits.csv": OLD + "001,Other,,,1,1,#FF8F00\n002,Läuft: gut?,,,1,1,#FF8F00\n",
            TOP: f"Date,Other,Läuft: gut?,\n2015-01-25,{ENTRY.format(0)},{ENTRY.format(2)},\n",
        },
        DONE,
    ),
    "2.1, only the overview, with commas in names": Version(
        {
            "Habits.csv": OLD + '001,"Eat, drink",,,1,1,#FF8F00\n002,Läuft: gut?,,,1,1,#FF8F00\n',
            TOP: "Date,Eat, drink,Läuft: gut?,\n2015-01-25,0,2,\n",
        },
        DONE,
    ),
    "2.2, measured": Version(
        {
            "Habits.csv": OLD + "001,Läuft: gut?,,,1,1,#FF8F00\n",
            "001 Luft gut/Checkmarks.csv": "2015-01-25,2650\n2015-01-24,0\n2015-01-23,-1\n",
        },
        {DAY: EntryDraft(value=2.65), dt.date(2015, 1, 24): EntryDraft(value=0.0)},
        measure=Amount(0.0),
        told=("type_unknown",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
def test_the_export_of_a_version_is_read(version: Version) -> None:
    export = read(version.files)

    [habit] = (habit for habit in export.habits if habit.draft.name == version.name)
    entries = tuple(LoopEntry(day, draft) for day, draft in sorted(version.days.items()))
    assert habit.entries == entries
    assert (habit.draft.schedule, habit.draft.measure) == (version.schedule, version.measure)
    assert tuple(report.code for report in export.reports.listed) == version.told


@pytest.mark.parametrize("folder", ["Loop Habits CSV 2026-01-05/", "a/b/", "Loop\\"])
def test_an_export_that_was_packed_again_is_read(folder: str) -> None:
    files = VERSIONS["2.2, measured"].files
    again = {f"{folder}{name}": content for name, content in files.items()}
    if folder.endswith("\\"):
        again = {name.replace("/", "\\"): content for name, content in again.items()}

    export = read(again | {f"__MACOSX/{folder.strip('/' + chr(92))}/._Habits.csv": "\0"})

    assert export == read(files)


def test_names_in_utf_8_of_an_archive_that_does_not_say_so_are_read() -> None:
    files = VERSIONS["1.4"].files
    archive = zipped(files)
    unsaid = bytearray(archive)
    for place in _headers(archive):
        unsaid[place + 1] &= ~0x08

    export = read_export(bytes(unsaid), tz=TZ, now=NOW)

    assert bytes(unsaid) != archive
    assert export == read(files)
    assert export.habits[0].entries


def _headers(archive: bytes) -> list[int]:
    """Where the flags of all headers stand."""
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        local = [member.header_offset + 6 for member in file.infolist()]
    central = []
    place = archive.find(b"PK\x01\x02")
    while place >= 0:
        central.append(place + 8)
        place = archive.find(b"PK\x01\x02", place + 1)
    return local + central
