"""Reminders: at wall times, or so many minutes before something is due.

A time that a change of clocks leaves out comes with the offset before it, one that comes twice
comes once (RFC 5545, 3.3.5).  Minutes that make whole days are days of the calendar: a day before
six in the evening is six in the evening, whatever the clocks do that night.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Final

import msgspec

from models.base.errors import invalid_field
from models.base.fields import Weekday
from models.base.text.type_words import shaped
from models.base.time import DAY, instant_of_minute, local_date, minute_of_day

MORNING: Final = 9 * 60  # the minute of the day at which one is told of what is due on a date
REMINDER_GRACE: Final = dt.timedelta(hours=1)  # later it helps nobody
_A_DAY: Final = 24 * 60

# Some are stored with digits of other scripts; `check_new_reminders` refuses new ones.
WallTime = Annotated[
    str,
    shaped(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d\Z",
        form="a time of day such as 09:30",
        extra_json_schema={"pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z"},
    ),
]


# At most five, four weeks before at most: so do Google's calendars.
MinutesBefore = Annotated[int, msgspec.Meta(ge=0, le=28 * _A_DAY)]
ReminderMinutes = Annotated[
    tuple[MinutesBefore, ...],
    msgspec.Meta(max_length=5, extra_json_schema={"uniqueItems": True}),
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


def check_new_reminders(reminders: tuple[Reminder, ...], before: tuple[Reminder, ...] = ()) -> None:
    """Raise `Invalid` for a time with digits of another script, unless it was there *before*."""
    for place, reminder in enumerate(reminders):
        if reminder not in before and not reminder.time.isascii():
            message = "A time is written with the digits 0 to 9."
            raise invalid_field(f"/reminders/{place}/time", "field_invalid", message)


def check_reminder_minutes(minutes: ReminderMinutes) -> None:
    """Raise `Invalid` for a reminder that is there twice."""
    for place, number in enumerate(minutes):
        if number in minutes[:place]:
            pointer = f"/reminder_minutes_before/{place}"
            raise invalid_field(pointer, "reminder_repeated", "A reminder is there twice.")


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


def next_occurrence(
    reminders: tuple[Reminder, ...],
    tz: str,
    day_start: int,
    after: dt.datetime,
    last: dt.date | None = None,
) -> dt.datetime | None:
    """The next moment after another at which one of *reminders* comes, on *last* at the latest."""
    until = after + 8 * DAY  # each day of the week comes in it, in every zone
    moments = occurrences(
        reminders, tz, day_start, after, until, lambda day: last is None or day <= last
    )
    return next((occurrence.at for occurrence in moments), None)


def occurrence_at(
    reminders: tuple[Reminder, ...], tz: str, day_start: int, at: dt.datetime
) -> Occurrence | None:
    """The occurrence of one of *reminders* at a moment, if there is one."""
    before = at - dt.timedelta.resolution
    return next(occurrences(reminders, tz, day_start, before, at, lambda _: True), None)


class DueReminder(msgspec.Struct, frozen=True):
    """A reminder of what is due: the moment, and the minutes before."""

    at: dt.datetime
    minutes: int


def reminders_before(
    minutes: ReminderMinutes, day: dt.date, minute: int, tz: str
) -> list[DueReminder]:
    """The reminders of what is due on *day* at a *minute* after midnight in *tz*, in their order.

    Examples
    --------
    >>> sunday = dt.date(2026, 3, 29)  # Berlin's clocks are put forward at two
    >>> for reminder in reminders_before((60, 1440, 1500), sunday, 180, "Europe/Berlin"):
    ...     print(reminder.minutes, reminder.at)
    1500 2026-03-28 01:00:00+00:00
    1440 2026-03-28 02:00:00+00:00
    60 2026-03-29 00:00:00+00:00

    """
    return sorted(
        (DueReminder(_moment_before(number, day, minute, tz), number) for number in minutes),
        key=lambda reminder: (reminder.at, reminder.minutes),
    )


def next_moment(reminders: Iterable[DueReminder], after: dt.datetime) -> dt.datetime | None:
    """The first moment after another of *reminders*, which are in order."""
    return next((reminder.at for reminder in reminders if reminder.at > after), None)


def _moment_before(minutes: int, day: dt.date, minute: int, tz: str) -> dt.datetime:
    days, rest = divmod(minutes, _A_DAY)
    return instant_of_minute(day - days * DAY, minute, tz) - dt.timedelta(minutes=rest)
