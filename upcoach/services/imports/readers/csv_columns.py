"""The columns of CSV tables that can be imported: their names, and how their cells are read."""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple, get_args, get_origin, get_type_hints

from models.habits import EntryDraft
from models.moods import MoodDraft
from models.tasks import TaskDraft

What = Literal["habits", "moods", "tasks", "journal"]


class CsvColumn(NamedTuple):
    """A column: its name, how its cells are read, and whether the table must have it."""

    name: str
    format: str
    required: bool = False


def choices(kind: type[Any], field: str) -> tuple[str, ...]:
    """The values that a field may have."""
    hint = get_type_hints(kind)[field]
    [literal] = (part for part in (hint, *get_args(hint)) if get_origin(part) is Literal)
    return get_args(literal)


def _choices(kind: type[Any], field: str) -> str:
    """The values of a field, as a person may write them.

    Examples
    --------
    >>> _choices(TaskDraft, "priority")
    '`low`, `medium`, `high` or `urgent`'

    """
    *values, last = (f"`{value}`" for value in choices(kind, field))
    return f"{', '.join(values)} or {last}"


_DATE: Final = "a date, `2026-01-05` or `05.01.2026`"
_NUMBER: Final = "a number, `1.5`"
_SEVERAL: Final = "texts with semicolons between them"
_RATING: Final = "1 (very sad) to 5 (very happy)"

COLUMNS: Final[Mapping[What, tuple[CsvColumn, ...]]] = {
    "habits": (
        CsvColumn("date", _DATE, required=True),
        CsvColumn("habit", "the name of the habit, which each row needs", required=True),
        CsvColumn("value", f"{_NUMBER}; a habit with one in any row is measured"),
        CsvColumn("unit", "the unit of the values; the first that is given counts"),
        CsvColumn(
            "target",
            f"{_NUMBER}; the first that is given counts; without one every day logged does",
        ),
        CsvColumn("state", f"{_choices(EntryDraft, 'state')}; otherwise `done`"),
        CsvColumn("note", "text"),
    ),
    "moods": (
        CsvColumn("level", _RATING, required=True),
        CsvColumn("at", "a time (RFC 3339), `2026-01-05T08:00:00Z`; without an offset, in *tz*"),
        CsvColumn("date", f"{_DATE}, for rows without `at`, which were felt at noon"),
        CsvColumn("note", "text"),
        CsvColumn("activities", _SEVERAL),
        CsvColumn("category", _choices(MoodDraft, "category")),
    ),
    "tasks": (
        CsvColumn("title", "text", required=True),
        CsvColumn("notes", "text"),
        CsvColumn("due_date", _DATE),
        CsvColumn("status", f"{_choices(TaskDraft, 'status')}; otherwise `pending`"),
        CsvColumn("priority", f"{_choices(TaskDraft, 'priority')}; otherwise `medium`"),
        CsvColumn("tags", _SEVERAL),
    ),
    "journal": (
        CsvColumn("date", _DATE, required=True),
        CsvColumn("text", "text", required=True),
        CsvColumn("title", "text"),
        CsvColumn("tags", _SEVERAL),
        CsvColumn("mood", _RATING),
    ),
}
