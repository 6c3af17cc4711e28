"""Day One's texts and zones are read as they were meant, and what is not kept is told."""

import io
import json
import zipfile
from typing import Any

import pytest

from models.journal import NewJournalEntry
from tests.imports.exports import NOW
from tests.imports.tables import PLAIN, zipped
from upcoach.services.imports.planning.plan import ImportPlan
from upcoach.services.imports.readers import dayone
from upcoach.services.imports.readers.dayone_text import plain_text


def read(*entries: Any) -> ImportPlan:
    return dayone.read(zipped(J=list(entries)), owner="usr_1", tz="Europe/Berlin", now=NOW)


def pages(plan: ImportPlan) -> list[NewJournalEntry]:
    return [
        part for item in plan.items for part in item.parts() if isinstance(part, NewJournalEntry)
    ]


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        (r"3\~4 km \| \& \< \$5 \/ \. \! \- \_ \\", "3~4 km | & < $5 / . ! - _ \\"),
        (r"\a \1 C:\Users", r"\a \1 C:\Users"),
        (r"`re.match(r'\.py')` \.", r"`re.match(r'\.py')` ."),
        (r"``a ` \. b`` \.", r"``a ` \. b`` ."),
        (r"`a\` \. `b`", r"`a\` . `b`"),
        (r"a ` alone \.", "a ` alone ."),
        (r"a \` is no code \.", "a ` is no code ."),
        ('```\nre.match(r"\\.py")\n\n\\.\n```\n\\.', '```\nre.match(r"\\.py")\n\n\\.\n```\n.'),
        ("~~~ python\n\\.\n```\n\\.\n~~~\n\\.", "~~~ python\n\\.\n```\n\\.\n~~~\n."),
        ("```\n\\. to the end", "```\n\\. to the end"),
        ("![](dayone-moment://77)\n\nHi\\.", "Hi."),
        ("for \u200b***Alice***\u200b, a\u200bb", "for ***Alice***, a\u200bb"),
        ("a ` here\n\nand ` there \\.", "a ` here\n\nand ` there ."),
    ],
)
def test_a_backslash_goes_where_markdown_needs_it_and_stays_in_code(
    markdown: str, text: str
) -> None:
    assert plain_text(markdown) == text


@pytest.mark.parametrize("unit", ["\\", "`", "\\`", "``` ", "```\n", "`a", "\\.", "![", "~~~\n`"])
def test_no_text_takes_more_than_its_length(unit: str) -> None:
    markdown = unit * (100_000 // len(unit))

    assert len(plain_text(markdown)) <= len(markdown)


@pytest.mark.parametrize(
    ("zone", "tz", "date", "codes"),
    [
        ("Asia/Tokyo", "Asia/Tokyo", "2026-01-06", []),
        (r"Asia\/Tokyo", "Asia/Tokyo", "2026-01-06", []),
        ("GMT+0900", "Etc/GMT-9", "2026-01-06", []),
        ("GMT-8", "Etc/GMT+8", "2026-01-05", []),
        ("GMT", "GMT", "2026-01-05", []),
        ("JST", "Asia/Tokyo", "2026-01-06", ["zone_unknown"]),
        ("GMT+0530", "Europe/Berlin", "2026-01-06", ["zone_unknown"]),
        ("GMT+9900", "Europe/Berlin", "2026-01-05", ["zone_unknown"]),
        ("CST", "Europe/Berlin", "2026-01-05", ["zone_unknown"]),
        (None, "Europe/Berlin", "2026-01-05", []),
    ],
)
def test_an_entry_is_on_the_day_that_it_was_where_it_was_written(
    zone: str | None, tz: str, date: str, codes: list[str]
) -> None:
    plan = read(PLAIN | {"creationDate": "2026-01-05T18:45:00Z", "timeZone": zone})

    [page] = pages(plan)
    assert (page.tz, str(page.local_date)) == (tz, date)
    assert [report.code for report in plan.reports.listed] == codes


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (PLAIN | {"uuid": "b", "text": "x" * 30_001}, "text_cut"),
        (PLAIN | {"uuid": "b", "text": "x" * 100_001}, "text_cut"),
        (PLAIN | {"uuid": "b", "tags": [f"t{n}" for n in range(31)]}, "texts_left_out"),
        (PLAIN | {"uuid": "b", "tags": "trip"}, "field_invalid"),
        (PLAIN | {"uuid": "b", "creationDate": "2026-01-05T08:00:00"}, "date_without_zone"),
        (PLAIN, "row_twice"),
        (PLAIN | {"text": "other"}, "entry_twice"),
        ({"uuid": "b"}, "field_missing"),
        (PLAIN | {"uuid": "b", "creationDate": "soon"}, "field_invalid"),
        (7, "field_invalid"),
    ],
)  # fmt: skip
def test_an_entry_that_is_wrong_is_told_and_the_others_are_brought(entry: Any, code: str) -> None:
    plan = read(PLAIN, entry)

    reports = plan.reports.listed
    assert {(one.pointer, one.code) for one in reports} == {("/J.json/entries/1", code)}
    assert pages(plan)[0].text == "Home"


def test_a_journal_that_cannot_be_read_is_told_and_the_others_are_brought() -> None:
    archive = zipped(J=[PLAIN], Other={"a": 1})

    plan = dayone.read(archive, owner="usr_1", tz="UTC", now=NOW)

    assert [report.pointer for report in plan.reports.listed] == ["/Other.json"]
    assert [page.text for page in pages(plan)] == ["Home"]


def test_an_entry_that_is_no_text_is_told_and_the_others_are_brought() -> None:
    entries = [PLAIN, PLAIN | {"uuid": "b", "text": "OTHER"}]
    diary = json.dumps({"entries": entries}).encode().replace(b"OTHER", b"\xff")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("J.json", diary)

    plan = dayone.read(archive.getvalue(), owner="usr_1", tz="UTC", now=NOW)

    reports = [(report.pointer, report.code) for report in plan.reports.listed]
    assert reports == [("/J.json/entries/1", "json_invalid")]
    assert [page.text for page in pages(plan)] == ["Home"]


def test_a_diary_that_was_packed_again_is_read() -> None:
    diary = json.dumps({"entries": [PLAIN]})
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("Export/J.json", diary)
        file.writestr("__MACOSX/Export/._J.json", "\0")

    plan = dayone.read(archive.getvalue(), owner="usr_1", tz="UTC", now=NOW)

    assert [page.text for page in pages(plan)] == ["Home"]
    assert plan.reports.listed == ()
