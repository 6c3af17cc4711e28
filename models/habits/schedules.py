"""Schedules: on which days a habit is due, or how often in which window.

Three families, which `evaluation` tells apart: dated schedules name their days; a quota is a number
of times in a calendar week or month; a rate is a number of times in any so many days.
"""

import datetime as dt
from typing import Annotated, Final

import msgspec

from models.base.errors import invalid_field
from models.base.fields import Weekday
from models.base.time import DAY, EPOCH, DateRange, month_of, week_of
from models.habits.rrule import LAST_ANCHOR, LONGEST, check_new_rule, check_rule, rule_of

Days = Annotated[int, msgspec.Meta(ge=1, le=366)]


class Daily(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="daily"):
    """Due every day."""

    def is_due(self, _day: dt.date) -> bool:
        """Whether it is a due day."""
        return True


class Weekdays(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="weekdays"):
    """Due on some days of the week, 1 (Monday) to 7 (Sunday).

    Attributes
    ----------
    days
        The days of the week, from 1 for Monday.

    """

    days: Annotated[tuple[Weekday, ...], msgspec.Meta(min_length=1, max_length=7)]

    def is_due(self, day: dt.date) -> bool:
        """Whether *day* is a due day."""
        return day.isoweekday() in self.days


class Every(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="every"):
    """Due every so many *days*, counted from *anchor*; on no day before it.

    Attributes
    ----------
    days
        The days from one time to the next.
    anchor
        The day from which they are counted.

    """

    days: Days
    anchor: dt.date

    def is_due(self, day: dt.date) -> bool:
        """Whether *day* is a due day."""
        return day >= self.anchor and (day - self.anchor).days % self.days == 0


class Recurring(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="rrule"):
    """Due on the days of an RRULE (RFC 5545) that begins on *anchor*.

    Attributes
    ----------
    rule
        The rule, as in iCalendar (RFC 5545).
    anchor
        The day from which it is counted.

    """

    rule: Annotated[str, msgspec.Meta(max_length=LONGEST)]
    anchor: dt.date

    def is_due(self, day: dt.date) -> bool:
        """Whether *day* is a due day."""
        return rule_of(self.rule, self.anchor).has(day.toordinal())


class PerWeek(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="per_week"):
    """To be done *times* in each week, Monday to Sunday; every day is a chance.

    Attributes
    ----------
    times
        How many times in a week.

    """

    times: Annotated[int, msgspec.Meta(ge=1, le=7)]

    def is_due(self, _day: dt.date) -> bool:
        """Whether it is a due day."""
        return True

    def window(self, day: dt.date) -> DateRange:
        """The first and last day of the week of *day*."""
        return week_of(day)


class PerMonth(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="per_month"):
    """To be done *times* in each month, or on all its days if it is shorter.

    Attributes
    ----------
    times
        How many times in a month.

    """

    times: Annotated[int, msgspec.Meta(ge=1, le=31)]

    def is_due(self, _day: dt.date) -> bool:
        """Whether it is a due day."""
        return True

    def window(self, day: dt.date) -> DateRange:
        """The first and last day of the month of *day*."""
        return month_of(day)


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="rate"):
    """To be done *times* within any *days* days; every day is a chance.

    Attributes
    ----------
    times
        How many times.
    days
        In how many days.

    """

    times: Days
    days: Days

    def is_due(self, _day: dt.date) -> bool:
        """Whether it is a due day."""
        return True


Dated = Daily | Weekdays | Every | Recurring
Quota = PerWeek | PerMonth
Schedule = Dated | Quota | Rate


def check_schedule(schedule: Schedule) -> None:
    """Raise `Invalid` for a schedule that nobody can keep or follow."""
    if isinstance(schedule, Rate) and schedule.times > schedule.days:
        message = "A habit is done at most once a day: times may not exceed days."
        raise invalid_field("/schedule/times", "rate_impossible", message)
    if isinstance(schedule, Every) and not EPOCH <= schedule.anchor <= LAST_ANCHOR:
        message = f"A schedule begins between {EPOCH} and {LAST_ANCHOR}."
        raise invalid_field("/schedule/anchor", "anchor_impossible", message)
    if isinstance(schedule, Recurring):
        check_rule(schedule.rule, schedule.anchor)


def check_new_schedule(schedule: Schedule) -> None:
    """Raise `Invalid` for what `check_schedule` refuses, and for rules that are stored only.

    Some of those have no day.  To find that, a rule is expanded, which no reader of stored habits
    has to wait for.
    """
    check_schedule(schedule)
    if isinstance(schedule, Recurring):
        check_new_rule(schedule.rule, schedule.anchor)


# Those that name their days; the others ask for a number of times.
DATED: Final = (Daily, Weekdays, Every, Recurring)


def due_from(schedule: Schedule, day: dt.date) -> dt.date | None:
    """The first due day from *day* on.

    Examples
    --------
    >>> due_from(Every(days=3, anchor=dt.date(2026, 1, 1)), dt.date(2026, 1, 2))
    datetime.date(2026, 1, 4)

    """
    if isinstance(schedule, Recurring):
        ordinal = rule_of(schedule.rule, schedule.anchor).first_from(day.toordinal())
        return None if ordinal is None else dt.date.fromordinal(ordinal)
    if isinstance(schedule, Every):
        behind = (schedule.anchor - day).days
        return day + DAY * (behind if behind > 0 else behind % schedule.days)
    while not schedule.is_due(day):
        day += DAY
    return day
