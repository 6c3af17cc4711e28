"""Wall times and dates as events have them: `2026-12-24T18:00`, or `2026-12-24` for a whole day.

A wall time has no offset: whose clock shows it stands beside it.  One that a change of clocks
leaves out is taken with the offset before it, one that comes twice is the first (RFC 5545, 3.3.5).
"""

import datetime as dt
from typing import Annotated, Final

from models.base.errors import invalid_field
from models.base.text.type_words import shaped
from models.base.time import check_date, exists, instant

_DATE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
WallMoment = Annotated[
    str,
    shaped(
        pattern=rf"^{_DATE}(T([01][0-9]|2[0-3]):[0-5][0-9])?\Z",
        form="a date, or a date and a time of day, such as 2026-12-24T18:00",
        max_length=16,
    ),
]


def parse_wall(text: str, pointer: str, *, all_day: bool) -> dt.datetime:
    """The wall time that *text* is, midnight where it is a date; `Invalid` at *pointer*."""
    if ("T" not in text) is not all_day:
        form = "a date such as 2026-12-24" if all_day else "a time such as 2026-12-24T18:00"
        raise invalid_field(pointer, "wall_time_invalid", f"Here stands {form}.")
    try:
        wall = dt.datetime.fromisoformat(text)
    except ValueError:
        raise invalid_field(pointer, "date_impossible", f"There is no date {text[:10]}.") from None
    check_date(wall.date(), pointer)
    return wall


def wall_of(text: str) -> dt.datetime:
    """The same of what has been checked."""
    return dt.datetime.fromisoformat(text)


def wall_text(wall: dt.datetime, *, all_day: bool) -> str:
    """*wall* as it is written.

    Examples
    --------
    >>> wall_text(dt.datetime(2026, 12, 24, 18), all_day=False)
    '2026-12-24T18:00'

    """
    return f"{wall:%Y-%m-%d}" if all_day else f"{wall:%Y-%m-%dT%H:%M}"


def moment_of(wall: dt.datetime, tz: str) -> dt.datetime:
    """The moment, in UTC, at which clocks in *tz* show *wall*."""
    return instant(wall.date(), wall.time(), tz)


def took_place(wall: dt.datetime, tz: str) -> bool:
    """Whether *tz* had the date of *wall*."""
    return exists(wall.date(), tz)
