"""A table is read as any program writes it, or refused in words about the file."""

import codecs
import re
from typing import Any

import pytest

from models.base.errors import Invalid
from models.habits import EntryDraft
from tests.imports.exports import NOW
from upcoach.services.imports.planning.plan import ImportPlan
from upcoach.services.imports.readers import csv_import
from upcoach.services.imports.readers.csv_columns import What

MANY = ";".join("abcdefghijklmnopqrstu")
GOOD: dict[What, str] = {
    "habits": "2025-01-02,Run",
    "moods": "2025-01-02,4",
    "tasks": "Good",
    "journal": "2025-01-02,Hi",
}
ROW = "date,habit,value\n2025-01-02,Run,1.5\n"


def read(table: str | bytes, what: What = "habits") -> ImportPlan:
    content = table.encode() if isinstance(table, str) else table
    return csv_import.read(content, what=what, owner="usr_1", tz="UTC", now=NOW)


def days(plan: ImportPlan) -> list[tuple[str, float | None]]:
    found: list[tuple[Any, ...]] = [item.parts() for item in plan.items]
    return [(str(part[1]), part[2].value) for part in found if isinstance(part[-1], EntryDraft)]


@pytest.mark.parametrize(
    "table",
    [
        ROW,
        ROW.replace("\n", "\r\n"),
        ROW.replace("\n", "\r"),
        ROW.replace(",", ";"),
        ROW.replace(",", "\t"),
        ROW.replace(",", "|"),
        "sep=;\n" + ROW.replace(",", ";"),
        "SEP=,\r\n" + ROW,
        "sep=\t\n" + ROW.replace(",", "\t"),
        codecs.BOM_UTF8 + ROW.encode(),
        codecs.BOM_UTF16_LE + ROW.replace(",", "\t").encode("utf-16-le"),
        codecs.BOM_UTF16_BE + ROW.encode("utf-16-be"),
        "date,habit,value,,\n2025-01-02,Run,1.5,,\n",
        "date,habit,value\n2025-01-02,Run,1.5,,\n",
        "date,habit,value,note\n2025-01-02,Run,1.5\n",
        " Date ;HABIT; Value\n02.01.2025;Run;1,5\n",
        "date;habit;value\n2.1.2025;Run;1,500\n",
        'date,habit,value\n2025/1/2,Run,"1,5"\n',
        "date,habit,value\n2025-01-02 00:00:00,Run,1.5\n",
    ],
)
def test_the_same_table_is_read_as_any_program_writes_it(table: str | bytes) -> None:
    plan = read(table)

    assert days(plan) == [("2025-01-02", 1.5)]
    assert (plan.notes, plan.reports.listed) == ((), ())


@pytest.mark.parametrize(
    ("table", "line", "words"),
    [
        ("date,habit\n01/02/2025,Run\n", 2, "column 'date': '01/02/2025' is not a date"),
        ("date,habit\n2025-02-30,Run\n", 2, "column 'date': there is no day '2025-02-30'"),
        ("date,habit\n1066-10-14,Run\n", 2, "column 'date': dates go from"),
        ("date,habit\n,Run\n", 2, "the column 'date' is empty"),
        ("date,habit\n2025-01-02,\n", 2, "the column 'habit' is empty"),
        ('date,habit,value\n2025-01-02,Run,"1,500"\n', 2, "'1,500' may be 1500 or 1.500"),
        ("date,habit,value\n2025-01-02,Run,many\n", 2, "column 'value': 'many' is not a number"),
        ("date,habit,value\n2025-01-02,Run,-1\n", 2, "'-1' is not between 0 and 1,000,000,000"),
        ("date,habit,state\n2025-01-02,Run,won\n", 2, "'won' is not 'done', 'missed', 'skip' or"),
        ("date,habit\n2031-01-02,Run\n", 2, "that day is still to come"),
        ("date,habit\n2025-01-02,Run,what\n", 2, "it has 3 cells under 2 columns"),
        ("day,habit\n2025-01-02,Run\n", 1, "has no column 'date' (found: 'day', 'habit')"),
        ("", 1, "has no column 'date' and no 'habit' (found: none)"),
        ("date,habit,date\n", 1, "the column 'date' occurs twice"),
        (b"date,habit\n2025-01-02,L\xe4ufe\n", 2, "this is not UTF-8: save the table as"),
        ("date,habit\0\n", 1, "this holds a NUL character"),
        (codecs.BOM_UTF16_LE + b"d", 1, "this begins as UTF-16 does, and is not"),
        ('date,habit\n2025-01-02,"Run\n', 2, "the quote that begins here does not end"),
        ('date,habit\n2025-01-02,"Run" fast\n', 2, "something stands behind a closing quote"),
    ],
)
def test_a_table_is_refused_in_words_about_the_file(
    table: str | bytes, line: int, words: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        read(table)

    [flaw] = refusal.value.flaws
    assert flaw.pointer == f"/table/line/{line}"
    assert flaw.detail.startswith(f"table, line {line}: ")
    assert words in flaw.detail
    assert not re.search(r"`|Expected|expected|local_date|starts_on|NoneType|\bstr\b", flaw.detail)


@pytest.mark.parametrize(
    ("what", "header", "row", "code"),
    [
        ("habits", "date,habit,note", "2025-01-03,Run," + "x" * 1_001, "text_cut"),
        ("habits", "date,habit,value,unit", f"2025-01-03,Swim,1,{'x' * 35}", "text_cut"),
        ("habits", "date,habit,value,target", "2025-01-03,Swim,1,lots", "number_invalid"),
        ("habits", "date,habit,value", "2025-01-03,Run,much", "number_invalid"),
        ("habits", "date,habit", "2025-01-02,Run", "row_twice"),
        ("habits", "date,habit,note", "2025-01-02,Run,again", "day_twice"),
        ("habits", "date,habit", "2106-01-02,Run", "day_ahead"),
        ("moods", "date,level,category", "2025-01-03,4,pets", "value_unknown"),
        ("moods", "date,level,activities", f"2025-01-03,4,{MANY}", "texts_left_out"),
        ("tasks", "title,due_date", "Run,soon", "date_invalid"),
        ("tasks", "title,priority", "Run,asap", "value_unknown"),
        ("tasks", "title", "x" * 256, "text_cut"),
        ("journal", "date,text", "2025-01-03," + "x" * 30_001, "text_cut"),
        ("journal", "date,text", "2025-01-03," + "x" * 250_000, "text_cut"),
        ("journal", "date,text,mood", "2025-01-03,Hi,9", "number_invalid"),
    ],
)  # fmt: skip
def test_a_row_that_is_wrong_is_told_and_the_others_are_brought(
    what: What, header: str, row: str, code: str
) -> None:
    first = "2025-01-02,Run,2" if header.startswith("date,habit,value") else GOOD[what]

    plan = read(f"{header}\n{first}\n{row}\n", what)

    assert [(one.pointer, one.code) for one in plan.reports.listed] == [("/table/line/3", code)]
    assert plan.items


def test_a_measured_day_needs_its_amount() -> None:
    plan = read(
        "date,habit,value,state\n2025-01-02,Run,2,\n2025-01-03,Run,,\n2025-01-04,Run,,skip\n"
    )

    assert days(plan) == [("2025-01-02", 2), ("2025-01-04", None)]
    assert [report.pointer for report in plan.reports.listed] == ["/table/line/3"]
