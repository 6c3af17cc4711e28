"""Recurrence of tasks and goals: rules, next dates, and the next document of a series.

Habits recur by `models.habits.schedules`, RRULEs among them (`models.habits.rrule`).

A series begins with the due date of its first document.  The next one is made when the one before
it is completed, under an id that follows from that one's: whoever completes it, there is one.
"""

import datetime as dt
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec

from models.base.document import Document
from models.base.errors import invalid_field
from models.base.ids import derived_id
from models.base.time import DAY, LATEST, months_later

D = TypeVar("D", bound=Document)

Unit = Literal["day", "week", "month", "year"]

_DAYS: Final = {"day": 1, "week": 7}
_MONTHS: Final = {"month": 1, "year": 12}


class Repeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A recurrence rule: every *every* units, counted from the first date of the series.

    Attributes
    ----------
    unit
        What is counted.
    every
        How many of the unit lie between two.

    """

    unit: Unit
    every: Annotated[int, msgspec.Meta(ge=1, le=366)] = 1

    def following(self, first: dt.date, after: dt.date) -> dt.date:
        """The earliest date after *after* in the series that begins with *first*.

        A month that is too short for the day of *first* has it on its last day, and the next one
        on the right day again.

        Examples
        --------
        >>> monthly = Repeat("month")
        >>> [str(monthly.following(dt.date(2026, 1, 31), dt.date(2026, m, 28))) for m in (1, 2, 3)]
        ['2026-01-31', '2026-03-31', '2026-03-31']

        """
        if self.unit in _DAYS:
            step = _DAYS[self.unit] * self.every
            times = max(0, (after - first).days // step + 1)
            return first + times * step * DAY
        step = _MONTHS[self.unit] * self.every
        months = (after.year - first.year) * 12 + after.month - first.month
        times = max(0, months // step)
        date = months_later(first, times * step)
        return date if date > after else months_later(first, (times + 1) * step)


def check_dateless(thing: str, **fields: object) -> None:
    """Raise `Invalid` for the first of *fields* that a *thing* has, which lacks their date."""
    for name, value in fields.items():
        if value:
            raise invalid_field(f"/{name}", "date_missing", f"{thing} has no {name}.")


def series_of(due: dt.date | None, repeats: Repeat | None) -> dt.date | None:
    """The first date of a series that begins on *due*; None for what does not repeat."""
    return due if repeats else None


def next_date(
    repeats: Repeat | None, series: dt.date | None, due: dt.date | None, completed: dt.date
) -> dt.date | None:
    """The next due date of what was *due* and is *completed*; None for the last of its series.

    It is due after this one, and not before the day after it was completed where that was late.

    Examples
    --------
    >>> weekly, monday = Repeat("week"), dt.date(2026, 1, 5)
    >>> str(next_date(weekly, monday, monday, completed=dt.date(2026, 1, 14)))
    '2026-01-19'

    """
    if repeats is None or due is None:
        return None
    following = repeats.following(series or due, max(due, completed))
    return following if following <= LATEST else None


def successor_id(owner: str, document_id: str) -> str:
    """The id of the document that follows *document_id* in its series."""
    return derived_id(document_id.partition("_")[0], owner, document_id, "next")


def next_in_series(document: D, at: dt.datetime, **changed: Any) -> D:
    """The document that follows *document* in its series, made *at*, but for what is *changed*."""
    return msgspec.structs.replace(
        document,
        id=successor_id(document.owner, document.id),
        version=1,
        first_version=1,
        made_by="",
        created_at=at,
        updated_at=at,
        **changed,
    )
