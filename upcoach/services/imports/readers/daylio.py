"""Daylio's CSV export: a mood a row.

Its columns are `full_date`, `date` and `weekday` (the same in words), `time`, `mood`, `activities`
(with bars between them), `note_title` and `note`; later versions have `scales`, which have no
place here.  A note becomes the mood's.  The file has the names of moods, which people change, and
not which of five faces each belongs to: those that the app begins with are known, and the caller
says the others (`moods=Solid:4`).  Such a name is kept as an emotion.
"""

import collections
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Final

from models.base.errors import Invalid
from models.base.ids import derived_id
from models.base.merge_patch import Json
from models.base.time import instant
from models.base.validation import cut
from models.moods import Mood, NewMood
from upcoach.services.imports.planning.diary_items import MoodItem
from upcoach.services.imports.planning.fitting import fitted
from upcoach.services.imports.planning.plan import ImportPlan
from upcoach.services.imports.planning.reports import ImportReports
from upcoach.services.imports.readers.csv_cells import day_of, shown
from upcoach.services.imports.readers.csv_columns import CsvColumn
from upcoach.services.imports.readers.csv_rows import CsvRow, CsvRows

DAYLIO: Final = "daylio"
MOODS: Final[Mapping[str, int]] = {"rad": 5, "good": 4, "meh": 3, "bad": 2, "awful": 1}

_COLUMNS: Final = (
    CsvColumn("full_date", "", required=True),
    CsvColumn("mood", "", required=True),
    CsvColumn("date", ""),
    CsvColumn("weekday", ""),
    CsvColumn("time", ""),
    CsvColumn("activities", ""),
    CsvColumn("note_title", ""),
    CsvColumn("note", ""),
)
_TIME: Final = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})(?:\s?([AaPp])\.?\s?[Mm]\.?)?")
_NOON: Final = dt.time(12)
_TOLD: Final = 20  # names of moods


def read(content: bytes, *, owner: str, tz: str, moods: Mapping[str, int]) -> ImportPlan:
    """Read the table *content* into a plan, for somebody in *tz*; raises `Invalid`.

    Parameters
    ----------
    moods
        The levels of moods that the app does not begin with, by their names.

    """
    reports = ImportReports()
    rows = CsvRows(content, _COLUMNS, reports)
    levels = {**MOODS, **{name.strip().casefold(): level for name, level in moods.items()}}
    seen: collections.Counter[tuple[str, ...]] = collections.Counter()
    unknown: collections.Counter[str] = collections.Counter()
    items = []
    for row in rows:
        name = row.cells.get("mood", "")
        if name and name.casefold() not in levels:
            unknown[name] += 1
        with reports.leaving_out(row.place):
            fields = _fields(row, levels, tz)
            # The words of a mood may be changed there, and its time says which one it is.
            content_of = (row.cells["full_date"], row.cells.get("time", ""), row.cells["mood"])
            seen[content_of] += 1
            number = str(seen[content_of])
            fields["id"] = derived_id(Mood.id_prefix, owner, DAYLIO, *content_of, number)
            items.append(MoodItem(fitted(fields, NewMood, row.report)))
    reported = reports.reported(brought=bool(items))
    notes = (*rows.notes, *_unknown(unknown))
    return ImportPlan(DAYLIO, tuple(reversed(items)), (MoodItem,), notes, reported)


def _unknown(moods: collections.Counter[str]) -> Iterator[str]:
    """The names of *moods* whose level is not known, and how often each was felt."""
    if moods:
        names = ", ".join(f"{cut(name)} ({n})" for name, n in moods.most_common(_TOLD))
        more = f" and {len(moods) - _TOLD} more" if len(moods) > _TOLD else ""
        yield f"Moods whose level is not known were left out: {names}{more}."


def _fields(row: CsvRow, levels: Mapping[str, int], tz: str) -> Json:
    day = row.needed("full_date", day_of)
    name = row.needed("mood", str)
    level = levels.get(name.casefold())
    if level is None:
        words = f"the level of the mood {shown(name)} is not known: name it, as in {name[:32]}:4"
        raise Invalid("mood_unknown", words)
    time = row.optional("time", _time_of) or _NOON
    parts = (row.cells.get("note_title"), row.cells.get("note"))
    return {
        "level": level,
        "at": instant(day, time, tz).isoformat(),
        "tz": tz,
        "note": "\n".join(part for part in parts if part) or None,
        "activities": [
            text.strip() for text in row.cells.get("activities", "").split("|") if text.strip()
        ],
        "emotions": [] if name.casefold() in MOODS else [name],
    }


def _time_of(text: str) -> dt.time:
    """Parse a time on a clock of 24 or of 12 hours.

    Examples
    --------
    >>> [str(_time_of(text)) for text in ("18:52", "6:50 pm", "12:05 AM")]
    ['18:52:00', '18:50:00', '00:05:00']

    """
    found = _TIME.fullmatch(text)
    if found is None:
        raise Invalid("date_invalid", f"{shown(text)} is not a time such as 18:52 or 6:52 pm")
    hour, minute, half = found.groups()
    try:
        time = dt.time(int(hour), int(minute))
        return time if half is None else time.replace(hour=time.hour % 12 + 12 * (half in "Pp"))
    except ValueError:
        raise Invalid("date_invalid", f"there is no time {shown(text)}") from None
