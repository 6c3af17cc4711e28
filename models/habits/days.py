"""Which local date it is, for somebody in a zone whose days begin some minutes after midnight.

The date of a moment is that of the wall clock, less *day_start* minutes of it: at 01:30 with a day
that begins at 04:00 it is still yesterday.  Clocks that are put forward or back in between move
nothing, because the minutes are those that the clock shows.
"""

import datetime as dt
import functools
import zoneinfo
from typing import Final

DAY: Final = dt.timedelta(days=1)
AHEAD: Final = dt.timedelta(hours=14)  # the furthest that any zone is ahead of UTC

_JUMP: Final = dt.timedelta(hours=20)  # of an offset, which only a move of the date line makes
_YEARS: Final = range(1970, 2100)


def local_date(at: dt.datetime, tz: str, day_start: int = 0) -> dt.date:
    """The date that somebody calls the moment *at*.

    Examples
    --------
    >>> night = dt.datetime(2026, 3, 29, 1, 30, tzinfo=dt.UTC)  # 03:30 in Berlin, summer's first
    >>> str(local_date(night, "Europe/Berlin")), str(local_date(night, "Europe/Berlin", 240))
    ('2026-03-29', '2026-03-28')

    """
    wall = at.astimezone(zoneinfo.ZoneInfo(tz)).replace(tzinfo=None)
    return (wall - dt.timedelta(minutes=day_start)).date()


def minute_of(at: dt.datetime, tz: str) -> int:
    """The minutes after midnight that the clock shows."""
    wall = at.astimezone(zoneinfo.ZoneInfo(tz))
    return wall.hour * 60 + wall.minute


def instant(day: dt.date, minute: int, tz: str) -> dt.datetime:
    """When the clock shows *minute* on *day*, or on a later one from 1,440 on.

    A time that a change of clocks leaves out is taken with the offset before it, one that comes
    twice is the first (RFC 5545, 3.3.5).
    """
    days, minutes = divmod(minute, 1440)
    clock = dt.time(*divmod(minutes, 60))
    wall = dt.datetime.combine(day + days * DAY, clock, zoneinfo.ZoneInfo(tz))
    return wall.astimezone(dt.UTC)


def end_of(day: dt.date, tz: str, day_start: int = 0) -> dt.datetime:
    """The moment at which *day* is over."""
    return instant(day + DAY, day_start, tz)


@functools.lru_cache(maxsize=1024)
def leapt_days(tz: str) -> tuple[dt.date, ...]:
    """The dates that *tz* leapt over, since the date line was moved.

    Examples
    --------
    >>> leapt_days("Pacific/Apia")
    (datetime.date(2011, 12, 30),)
    >>> leapt_days("Europe/Berlin")
    ()

    """
    zone = zoneinfo.ZoneInfo(tz)
    years = [year for year in _YEARS if _offset(zone, year + 1) - _offset(zone, year) > _JUMP]
    return tuple(
        day
        for year in years
        for day in (dt.date(year, 1, 1) + number * DAY for number in range(366))
        if end_of(day, tz) <= end_of(day - DAY, tz)
    )


def _offset(zone: zoneinfo.ZoneInfo, year: int) -> dt.timedelta:
    offset = dt.datetime(year, 1, 1, tzinfo=zone).utcoffset()
    assert offset is not None
    return offset
