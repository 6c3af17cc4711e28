"""The columns of a CSV table that are described are those that are read."""

import pytest

from models.base.errors import Invalid
from models.habits.entry import EntryDraft
from tests.imports.exports import NOW
from upcoach.services.imports.planning.plan import ImportPlan
from upcoach.services.imports.readers import csv_import
from upcoach.services.imports.readers.csv_columns import COLUMNS, What

CELLS = {
    "date": "2026-01-05",
    "due_date": "2026-01-05",
    "at": "2026-01-05T08:00:00Z",
    "level": "4",
    "mood": "4",
    "value": "1.5",
    "target": "2",
    "state": "done",
    "category": "work",
    "status": "pending",
    "priority": "high",
}


def read(what: What, *names: str) -> ImportPlan:
    """The plan of a table of one row with columns of these *names*."""
    table = f"{','.join(names)}\n{','.join(CELLS.get(name, 'a;b') for name in names)}\n"
    return csv_import.read(table.encode(), what=what, owner="usr_1", tz="UTC", now=NOW)


@pytest.mark.parametrize("what", COLUMNS)
def test_every_column_is_read_and_no_other(what: What) -> None:
    names = [column.name for column in COLUMNS[what]]

    plan = read(what, *names, "weather")

    assert plan.items
    assert plan.notes == ("The column 'weather' has no place here and is left out.",)


@pytest.mark.parametrize(
    ("what", "name"),
    [(what, column.name) for what, columns in COLUMNS.items() for column in columns],
)
def test_a_table_may_lack_what_is_not_required(what: What, name: str) -> None:
    [required] = (column.required for column in COLUMNS[what] if column.name == name)
    names = [column.name for column in COLUMNS[what] if column.name != name]

    if required:
        with pytest.raises(Invalid, match=f"no column '{name}'"):
            read(what, *names)
    else:
        assert read(what, *names).items


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1e+003", 1000),
        ("5E-001", 0.5),
        ("1E-005", 0.00001),
        ("000000000000000005", 5),
        ("0." + 54 * "3" + "4", 1 / 3),
        ("1.0" + 59 * "0", 1),
        (".5", 0.5),
        ("+7.", 7),
    ],
)
def test_a_number_is_read_as_any_program_writes_it(text: str, number: float) -> None:
    table = f"date,habit,value\n2026-01-05,Run,{text}\n"

    plan = csv_import.read(table.encode(), what="habits", owner="usr_1", tz="UTC", now=NOW)

    parts = [part for item in plan.items for part in item.parts()]
    assert [part.value for part in parts if isinstance(part, EntryDraft)] == [number]
