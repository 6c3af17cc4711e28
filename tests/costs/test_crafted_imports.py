"""No file that somebody makes up is a fault of ours: it is brought, or refused with its places."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any, Final

from config.settings import Settings
from tests.costs import crafted
from tests.costs.probe import PARTS, Call, probing
from tests.imports.exports import MEDITATE, MEDITATED, NEW, OVERVIEW, RUN, zipped
from tests.imports.tables import DAYLIO, ENTRY, STREAKS, TABLES

CELLS: Final = (
    *crafted.NUMBERS,
    *crafted.TIMES,
    *(text for text in crafted.LONG if text != "\ud800"),
    "",
    "a" * 70_000,
    ";" * 1_000,
    "done",
)
VALUES: Final[tuple[Any, ...]] = (
    *crafted.INTEGERS,
    *crafted.FLOATS,
    *(None, [], {}, [[]], [""]),
)
LOOP: Final = {
    "Habits.csv": NEW + MEDITATE + RUN.replace("001", "002"),
    MEDITATED: "2026-01-05,YES_MANUAL,calm\n",
    "002 Run/Checkmarks.csv": "2026-01-05,1500,\n",
}
TABLE: Final = {"Content-Type": "text/csv"}
TABLES_OF: Final = (*TABLES.items(), ("moods", "date,level,category\n2026-01-05,3,work\n"))
ZIP: Final = {"Content-Type": "application/zip"}


@PARTS
async def test_no_table_breaks_an_import(settings: Settings, every: int) -> None:
    async with probing(settings, is_sown=False) as probe:
        calls = [
            Call(probe.person, "POST", f"/v1/imports/csv/{what}?tz={tz}", text, TABLE)
            for what, table in TABLES_OF
            for text in _bent_table(table)
            for tz in ("Pacific/Kiritimati", "Etc/GMT%2B12")  # the first and the last to see a day
        ]
        calls += [
            Call(probe.person, "POST", f"/v1/imports/{app}?tz=UTC", text, TABLE)
            for app, table in (("daylio", DAYLIO), ("streaks", STREAKS))
            for text in _bent_table(table)
        ]
        await probe.ask(calls[::every])

    assert probe.broken == []
    assert len(probe.answers) * every > 500


@PARTS
async def test_no_diary_breaks_an_import(settings: Settings, every: int) -> None:
    async with probing(settings, is_sown=False) as probe:
        entries = [
            ENTRY | {name: value}
            for name in (*ENTRY, "isPinned", "audios", "nobody")
            for value in (*CELLS, *VALUES)
        ]
        whole: list[Any] = [{"entries": [entry]} for entry in entries]
        whole += [[], {}, {"entries": None}, {"entries": [[]]}, {"entries": {"a": 1}}]
        files = [json.dumps(one).encode() for one in whole]
        files += [b"", b"[", b"[" * 100_000, b'{"entries":[' * 5_000, b"\xff", b"\0" * 100]
        calls = [
            Call(probe.person, "POST", "/v1/imports/dayone", zipped({"Journal.json": one}), ZIP)
            for one in files
        ]
        await probe.ask(calls[::every])

    assert probe.broken == []
    assert len(probe.answers) * every > 500


@PARTS
async def test_no_archive_breaks_an_import(settings: Settings, every: int) -> None:
    async with probing(settings, is_sown=False) as probe:
        archives = [zipped(LOOP)]
        archives += [
            zipped(LOOP | {name: text})
            for name, table in LOOP.items()
            for text in _bent_table(table)
        ]
        archives += [zipped({"Habits.csv": NEW + MEDITATE, OVERVIEW: text}) for text in CELLS]
        whole = zipped(LOOP)
        archives += [_spoiled(whole, place) for place in range(0, len(whole), 7)]
        calls = [
            Call(probe.person, "POST", f"/v1/imports/{what}", archive, ZIP)
            for what in ("loop", "dayone")
            for archive in archives
        ]
        await probe.ask(calls[::every])

    assert probe.broken == []
    assert 200 in {status for status, _ in probe.answers}  # what is bent can be brought
    assert len(probe.answers) * every > 500


def _bent_table(table: str) -> Iterator[bytes]:
    """*table* with each cell of its first two lines in turn as no cell should be."""
    rows = list(csv.reader(io.StringIO(table)))
    for line in range(min(len(rows), 2)):
        for place in range(len(rows[line])):
            for value in CELLS:
                bent = [list(row) for row in rows]
                bent[line][place] = value
                text = io.StringIO()
                csv.writer(text, lineterminator="\n").writerows(bent)
                yield text.getvalue().encode()


def _spoiled(archive: bytes, place: int) -> bytes:
    """*archive* with other bits in four of its bytes."""
    part = bytes(byte ^ 0xFF for byte in archive[place : place + 4])
    return archive[:place] + part + archive[place + 4 :]
