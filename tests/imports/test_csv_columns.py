"""The columns of a CSV table that are described are those that are read."""

import pytest

from models.base.errors import Invalid
from upcoach.services.imports import csv_import
from upcoach.services.imports.csv_columns import COLUMNS, What
from upcoach.services.imports.plan import ImportPlan

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
    return csv_import.read(table.encode(), what=what, owner="usr_1", tz="UTC")


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
        with pytest.raises(Invalid, match=f"missing: {name}"):
            read(what, *names)
    else:
        assert read(what, *names).items
