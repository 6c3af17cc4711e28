"""Reminders: wall times in the owner's time zone.

A time that a change of clocks leaves out comes with the offset before it, one that comes twice
comes once (RFC 5545, 3.3.5).
"""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Annotated

import msgspec

from models.base.errors import invalid_field
from models.base.text.type_words import shaped
from models.base.time import DAY, instant_of_minute, local_date, minute_of_day
from models.habits.schedules import Weekday

# Some are stored with digits of other scripts; `check_new_reminder` refuses new ones.
WallTime = Annotated[
    str,
    shaped(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d\Z",
        form="a time of day such as 09:30",
        extra_json_schema={"pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z"},
    ),
]


class Reminder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A wall time (`07:30`), on some days of the week; by itself, on all.

    Attributes
    ----------
    time
        The wall time.
    weekdays
        The days of the week, from 1 for Monday.

    """

    time: WallTime
    weekdays: Annotated[tuple[Weekday, ...], msgspec.Meta(min_length=1, max_length=7)] = (
        1,
        2,
        3,
        4,
        5,
        6,
        7,
    )

    @property
    def minute(self) -> int:
        """Minutes after midnight."""
        return minute_of_day(self.time)


def check_new_reminder(reminder: Reminder, place: int) -> None:
    """Raise `Invalid` for a time, of the reminder at *place*, with digits of another script."""
    if not reminder.time.isascii():
        message = "A time is written with the digits 0 to 9."
        raise invalid_field(f"/reminders/{place}/time", "field_invalid", message)


class Occurrence(msgspec.Struct, frozen=True, kw_only=True):
    """One occurrence of a reminder: the moment, the wall time, and the date it is about."""

    at: dt.datetime
    time: str
    local_date: dt.date


def occurrences(
    reminders: tuple[Reminder, ...],
    tz: str,
    day_start: int,
    after: dt.datetime,
    until: dt.datetime,
    is_asked: Callable[[dt.date], bool],
) -> Iterator[Occurrence]:
    """The occurrences after one moment and until another, in order.

    Parameters
    ----------
    is_asked
        Whether a local date asks for the habit; a reminder in the small hours belongs to the
        evening before if the day begins later.

    """
    day, last = local_date(after, tz) - DAY, local_date(until, tz)
    while day <= last:
        moments = {
            instant_of_minute(day, reminder.minute, tz): reminder
            for reminder in reminders
            if day.isoweekday() in reminder.weekdays
        }
        for at, reminder in sorted(moments.items()):
            about = day - DAY if reminder.minute < day_start else day
            if after < at <= until and is_asked(about):
                yield Occurrence(at=at, time=reminder.time, local_date=about)
        day += DAY
