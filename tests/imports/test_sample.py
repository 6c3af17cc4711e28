import datetime as dt
import io
import zipfile

from models.habits.schedules import Daily
from tests.imports.exports import NOW, OVERVIEW, TZ, read
from upcoach.cli.demo.history import loop_export
from upcoach.services.imports.readers.loop import LoopExport, read_export


def test_the_sample_is_an_export() -> None:
    export = read_export(loop_export(dt.date(2026, 6, 1), days=100), tz=TZ, now=NOW)

    assert [one.draft.name for one in export.habits] == [
        "Meditate",
        "Wake up early",
        "Gym",
        "Run",
        "Read before sleep",
        "No sugar",
    ]
    assert [len(one.entries) for one in export.habits if one.draft.schedule == Daily()] == [
        100,
        100,
        100,
        100,
        40,
    ]
    assert [one.draft.name for one in export.habits if one.draft.archived] == ["No sugar"]
    assert export.notes == ()


def test_the_sample_is_the_same_each_time_and_another_for_another_seed() -> None:
    today = dt.date(2026, 6, 1)

    assert loop_export(today) == loop_export(today)
    assert loop_export(today) != loop_export(today, seed=8)


def test_the_samples_overview_says_what_its_folders_say() -> None:
    with zipfile.ZipFile(io.BytesIO(loop_export(dt.date(2026, 6, 1)))) as file:
        alone = {name: file.read(name) for name in ("Habits.csv", OVERVIEW)}
        whole = {name: file.read(name) for name in file.namelist()}

    assert without_notes(read(alone)) == without_notes(read(whole))


def without_notes(export: LoopExport) -> list[tuple[str, dt.date, str, float | None]]:
    return [
        (one.draft.name, entry.day, entry.draft.state, entry.draft.value)
        for one in export.habits
        for entry in one.entries
    ]
