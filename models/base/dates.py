"""Local dates and wall times as instants.

A wall time that a clock change leaves out is taken with the offset before the change, one that
comes twice is the first (RFC 5545, 3.3.5).
"""

import datetime as dt
import zoneinfo
from typing import Final

from models.base.errors import Invalid, invalid_field

EARLIEST: Final = dt.date(1900, 1, 1)
LATEST: Final = dt.date(2999, 12, 31)

_DAY: Final = dt.timedelta(days=1)
_TICK: Final = dt.timedelta(milliseconds=1)  # what the database tells apart


def check_date(day: dt.date | None, field: str) -> None:
    """Raise `Invalid` for a date that no calendar of ours reaches."""
    if day is not None and not EARLIEST <= day <= LATEST:
        message = f"Dates go from {EARLIEST} to {LATEST}."
        raise invalid_field(f"/{field}", "date_out_of_range", message)


def instant(day: dt.date, time: dt.time, tz: str) -> dt.datetime:
    """When the clocks of *tz* show *time* on *day*.

    Examples
    --------
    >>> str(instant(dt.date(2026, 3, 29), dt.time(2, 30), "Europe/Berlin"))  # there is none
    '2026-03-29 01:30:00+00:00'

    """
    local = dt.datetime.combine(day, time, zoneinfo.ZoneInfo(tz))
    return local.astimezone(dt.UTC)


def start_of(day: dt.date, tz: str) -> dt.datetime:
    """When *day* begins in *tz*."""
    return instant(day, dt.time(), tz)


def end_of(day: dt.date, tz: str) -> dt.datetime:
    """The last moment of *day* in *tz*."""
    return start_of(day + _DAY, tz) - _TICK


def local_date(at: dt.datetime, tz: str) -> dt.date:
    """The date in *tz* at the moment *at*."""
    return at.astimezone(zoneinfo.ZoneInfo(tz)).date()


def exact(at: dt.datetime) -> dt.datetime:
    """*at* in UTC, cut to what the database keeps; `Invalid` where no calendar of ours reaches.

    The first and the last day of Python's calendar have moments that are none in UTC.
    """
    if not EARLIEST <= at.date() <= LATEST:
        raise Invalid("body_invalid", f"Moments go from {EARLIEST} to {LATEST}.")
    moment = at.astimezone(dt.UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def monday_of(day: dt.date) -> dt.date:
    """The first day of the ISO week of *day*."""
    return day - (day.isoweekday() - 1) * _DAY
