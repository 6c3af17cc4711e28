"""A flaw in one item of a file costs that item alone, and is told; whatever the app."""

import csv
import io
from collections.abc import Iterator

import pytest

from handlers.http.operations.strict_json import parse
from tests.imports.exports import MEDITATE, MEDITATED, NEW, NOW, RUN, zipped
from tests.imports.tables import DAYLIO, STREAKS, TABLES
from upcoach.services.imports.files.json_entries import ArraySplitter
from upcoach.services.imports.plan_codec import PackedItem
from upcoach.services.imports.planning.plan import ImportPlan
from upcoach.services.imports.reading import bounded_plan_of
from upcoach.services.imports.worker_protocol import Format, ImportJob

DEEP = b"[" * 5_000 + b"]" * 5_000
# What one value of JSON may be that is none, or none that we keep.
VALUES = {
    "a byte that is no UTF-8": b'"\xff"',
    "half a pair": b'"\\ud800"',
    "an infinite number": b"1e999",
    "a number of many digits": b"9" * 5_000,
    "nesting": DEEP,
    "a word": b"nope",
    "no escape": b'"\\x"',
    "another type": b"[[5]]",
    "NUL": b'"\\u0000"',
}
# Those that are JSON, only beyond what the server takes.
JSON_VALUES = {
    name: value for name, value in VALUES.items() if value not in (DEEP, b"nope", b'"\\x"')
}
JSON_VALUES["nesting"] = b"[" * 100 + b"]" * 100
GAME_FIELDS = (b"_id", b"text", b"notes", b"history", b"checklist", b"tags", b"date", b"stranger")
GOOD_TASK = b'{"_id":"%b","text":"%b"}'
DIARY_FIELDS = (b"uuid", b"creationDate", b"timeZone", b"text", b"tags", b"starred", b"photos")
# The same of a cell.  What is no UTF-8 tells that a whole table was saved as something else.
CELLS = ("", "nope", "1e999", "9" * 5_000, "-1", "\x01", "\u2028", "a" * 70_000, "2026-13-45")
ROWS: dict[Format, str] = {
    "daylio": DAYLIO.replace("\nout", "").replace("Solid", "good"),
    "streaks": STREAKS,
    "habits": TABLES["habits"],
    "moods": TABLES["moods"],
    "tasks": TABLES["tasks"],
    "journal": TABLES["journal"].replace("\nout", ""),
}
GOOD_PAGE = b'{"uuid":"%b","creationDate":"2026-01-05T08:00:00Z","text":"kept"}'


@pytest.mark.parametrize("field", DIARY_FIELDS)
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_flaw_in_an_entry_of_a_diary_costs_no_other(value: bytes, field: bytes) -> None:
    fields = {b"uuid": b'"B"', b"creationDate": b'"2026-01-05T08:00:00Z"', field: value}
    bad = b"{%b}" % b",".join(b'"%b":%b' % pair for pair in fields.items())
    pages = (GOOD_PAGE % b"A", bad, GOOD_PAGE % b"C")

    plan = read("dayone", zipped({"J.json": b'{"entries":[%b]}' % b",".join(pages)}))

    assert [item.name for item in plan.items if item.name == "kept"] == ["kept"] * 2
    assert len(plan.items) in {3, 4}  # with the journal, and with the entry if it can be brought
    told = {report.pointer for report in plan.reports.listed}
    assert told == {"/J.json/entries/1"} or (told == set() and len(plan.items) == 4)


@pytest.mark.parametrize("kind", ["todos", "dailys", "habits"])
@pytest.mark.parametrize("value", JSON_VALUES.values(), ids=JSON_VALUES)
def test_a_flaw_in_a_task_of_a_game_costs_no_other(value: bytes, kind: str) -> None:
    whole = ids(read("habitica", game_of(kind, GOOD_TASK % (b"a", b"A"), GOOD_TASK % (b"c", b"C"))))
    for field in GAME_FIELDS:
        fields = {b"_id": b'"b"', b"text": b'"B"', field: value}
        bad = b"{%b}" % b",".join(b'"%b":%b' % pair for pair in fields.items())
        plan = read(
            "habitica", game_of(kind, GOOD_TASK % (b"a", b"A"), bad, GOOD_TASK % (b"c", b"C"))
        )

        assert whole <= ids(plan)
        told = {report.pointer.split("/")[3] for report in plan.reports.listed}
        assert told <= {"1"}
        assert told or len(plan.items) == len(whole) + 1


def test_what_a_game_holds_beside_its_tasks_costs_none_of_them() -> None:
    task = GOOD_TASK % (b"a", b"A")
    whole = ids(read("habitica", game_of("todos", task)))
    for value in JSON_VALUES.values():
        for name in (b"stats", b"tags", b"preferences", b"history"):
            export = game_of("todos", task)[:-1] + b',"%b":[%b]}' % (name, value)
            if name in (b"preferences", b"history"):
                export = game_of("todos", task)[:-1] + b',"%b":{"exp":[%b]}}' % (name, value)

            assert ids(read("habitica", export)) == whole


def test_what_stands_beside_the_entries_costs_none_of_them() -> None:
    journal = b'{"metadata":{"version":1e},"entries":[%b]}' % (GOOD_PAGE % b"A")

    plan = read("dayone", zipped({"J.json": journal}))

    assert [item.name for item in plan.items] == ["J", "kept"]
    assert [report.pointer for report in plan.reports.listed] == ["/J.json"]


@pytest.mark.parametrize(
    ("content", "elements"),
    [
        (b'{"e":[1]}', (b"1",)),
        (
            b'{"a":{"e":[9]},"b":["e",[8]],"e" : [ {"e":[1,2]} , "],{", oops ] }',
            (b'{"e":[1,2]}', b'"],{"', b"oops"),
        ),
        (rb'{"e":["a\"],[", 2]}', (rb'"a\"],["', b"2")),
        (b'{"e":[1,,2]}', (b"1", b"", b"2")),
    ],
)
def test_an_array_is_split_by_its_own_commas(content: bytes, elements: tuple[bytes, ...]) -> None:
    split = ArraySplitter().split(content, "e")

    assert split is not None
    assert split.elements == elements


@pytest.mark.parametrize(
    "content", [b"", b"[1]", b'{"e":1}', b'{"e":[1', b'{"e":{"e":[1]}}', b'"e":[1]']
)
def test_what_has_no_such_array_is_not_split(content: bytes) -> None:
    assert ArraySplitter().split(content, "e") is None


@pytest.mark.parametrize("app", ROWS)
def test_a_flaw_in_a_row_of_a_table_costs_no_other(app: Format) -> None:
    head, row = ROWS[app].splitlines()[:2]
    whole = ids(read(app, f"{head}\n{row}\n".encode()))
    for bad in bent(row):
        for rows in ((row, bad), (bad, row)):
            plan = read(app, "\n".join((head, *rows)).encode())

            assert whole <= ids(plan), rows


def test_a_flaw_in_a_habit_or_a_day_of_loop_costs_no_other() -> None:
    files = {"Habits.csv": NEW + MEDITATE, MEDITATED: "2026-01-05,YES_MANUAL,calm\n"}
    whole = ids(read("loop", zipped(files)))
    flawed = [files | {"Habits.csv": NEW + MEDITATE + bad} for bad in bent(RUN.replace("1", "2"))]
    flawed += [
        files | {MEDITATED: files[MEDITATED] + bad} for bad in bent("2026-01-06,YES_MANUAL,calm")
    ]
    for bad in flawed:
        assert whole <= ids(read("loop", zipped(bad))), bad


def test_all_files_of_an_archive_are_split_within_one_bound() -> None:
    splitter = ArraySplitter(tokens=11)

    assert splitter.split(b'{"e":[1,2]}', "e") is not None
    assert splitter.split(b'{"e":[1,2]}', "e") is None


def game_of(kind: str, *tasks: bytes) -> bytes:
    return b'{"tasks":{"%b":[%b]}}' % (kind.encode(), b",".join(tasks))


def ids(plan: ImportPlan) -> set[str]:
    return {item.id for item in plan.items}


def bent(row: str) -> Iterator[str]:
    """*row* with each of its cells in turn as none should be, and one of another width."""
    [cells] = csv.reader([row])
    for place in range(len(cells)):
        for flaw in CELLS:
            text = io.StringIO()
            changed = [*cells[:place], flaw, *cells[place + 1 :]]
            csv.writer(text, lineterminator="\n").writerow(changed)
            yield text.getvalue()
    yield f"{row},more,and,more"
    yield cells[0]


def read(app: Format, content: bytes) -> ImportPlan:
    """What a reader makes of a file, as it gets to the server."""
    plan = bounded_plan_of(ImportJob(app, "usr_1", "UTC", NOW), content, parse)
    for item in plan.items:
        PackedItem.of(item).opened()
    return plan
