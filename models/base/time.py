"""Dates, time zones and moments: all calendar arithmetic.

Somebody's day is a date in their zone, and may begin some minutes after midnight: the date of a
moment is that of the wall clock, less *day_start* minutes of it.  At 01:30 with a day that begins
at 04:00 it is still yesterday.  Clocks that are put forward or back in between move nothing,
because the minutes are those that the clock shows.

Most days last 24 hours; at a change of clocks they last 23 or 25 (Lord Howe: 23 and a half), and
one that a country skipped never was (Apia, 30 December 2011).  A wall time that a change leaves
out is taken with the offset before it, one that comes twice is the first (RFC 5545, 3.3.5).
"""

import bisect
import calendar
import datetime as dt
import functools
import importlib.resources
import zoneinfo
from collections.abc import Iterable, Sequence
from typing import Final

from models.base.errors import Invalid, invalid_field

# Of a date that somebody writes down: a life, and no further than a calendar is drawn.
EARLIEST, LATEST = dt.date(1900, 1, 1), dt.date(2999, 12, 31)
# Of what is counted day by day, which is kept in arrays from here on, and foreseen up to there:
# whatever is added to it then, Python's calendar holds it.
EPOCH, HORIZON = dt.date(1970, 1, 1), dt.date(9000, 1, 1)

DAY: Final = dt.timedelta(days=1)
WEEK: Final = dt.timedelta(days=7)
AHEAD: Final = dt.timedelta(hours=14)  # the furthest that any zone is ahead of UTC

_MACHINES_OWN: Final = ("localtime", "posixrules")  # zones that each machine sets up itself
_TICK: Final = dt.timedelta(milliseconds=1)  # what the database tells apart
_JUMP: Final = dt.timedelta(hours=20)  # of an offset, which only a move of the date line makes
_YEARS: Final = range(1970, 2100)
_LEAP_DAY: Final = (2, 29)

DateRange = tuple[dt.date, dt.date]  # first and last day, both included


def check_date(day: dt.date | None, pointer: str) -> None:
    """Raise `Invalid` for a date outside `EARLIEST` to `LATEST`."""
    if day is not None and not EARLIEST <= day <= LATEST:
        message = f"Dates go from {EARLIEST} to {LATEST}."
        raise invalid_field(pointer, "date_out_of_range", message)


def check_counted(day: dt.date | None, pointer: str) -> None:
    """Raise `Invalid` for a date before `EPOCH`, from which days are counted."""
    if day is not None and day < EPOCH:
        raise invalid_field(pointer, "date_impossible", f"Dates go back to {EPOCH}.")


def check_zone(tz: str, pointer: str = "/tz") -> None:
    """Raise `Invalid` unless *tz* is a zone of the IANA database."""
    if tz not in _zone_names():
        message = f"There is no time zone {tz[:64]!r}. Try Europe/Berlin or UTC, for example."
        raise invalid_field(pointer, "zone_unknown", message)


def check_stored_zone(tz: str) -> None:
    """Raise `Invalid` for what could never be stored: names of one machine's zones once could."""
    if tz not in _MACHINES_OWN:
        check_zone(_without_prefix(tz))


def zone_of(tz: str) -> zoneinfo.ZoneInfo:
    """The zone *tz* by the rules of our package, the same on every machine.

    What was stored with a name that only one machine knows is read without its prefix, or in UTC.

    Examples
    --------
    >>> [zone_of(tz).key for tz in ("Europe/Berlin", "right/Europe/Berlin", "localtime")]
    ['Europe/Berlin', 'Europe/Berlin', 'UTC']

    """
    plain = _without_prefix(tz)
    return _loaded(plain if plain in _zone_names() else "UTC")


@functools.cache
def _zone_names() -> frozenset[str]:
    names = importlib.resources.files("tzdata").joinpath("zones").read_text("ascii")
    return frozenset(names.split())


def _without_prefix(tz: str) -> str:
    return tz.removeprefix("posix/").removeprefix("right/")


@functools.cache
def _loaded(tz: str) -> zoneinfo.ZoneInfo:
    path = importlib.resources.files("tzdata").joinpath("zoneinfo", *tz.split("/"))
    with path.open("rb") as rules:
        return zoneinfo.ZoneInfo.from_file(rules, key=tz)


def to_stored(at: dt.datetime) -> dt.datetime:
    """*at* in UTC and milliseconds, as it is stored; `Invalid` outside `EARLIEST` to `LATEST`.

    The first and the last day of Python's calendar have moments that are none in UTC.
    """
    if not EARLIEST <= at.date() <= LATEST:
        raise Invalid("body_invalid", f"A moment must be from {EARLIEST} to {LATEST}.")
    return to_milliseconds(at.astimezone(dt.UTC))


def to_milliseconds(at: dt.datetime) -> dt.datetime:
    """*at*, cut to milliseconds, which is all that BSON keeps."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def local_date(at: dt.datetime, tz: str, day_start: int = 0) -> dt.date:
    """The local date of the moment *at* in *tz*.

    Examples
    --------
    >>> night = dt.datetime(2026, 3, 29, 1, 30, tzinfo=dt.UTC)  # 03:30 in Berlin, summer's first
    >>> str(local_date(night, "Europe/Berlin")), str(local_date(night, "Europe/Berlin", 240))
    ('2026-03-29', '2026-03-28')

    """
    wall = at.astimezone(zone_of(tz)).replace(tzinfo=None)
    return (wall - dt.timedelta(minutes=day_start)).date()


def minute_of(at: dt.datetime, tz: str) -> int:
    """The local time of *at* in *tz*, in minutes after midnight."""
    wall = at.astimezone(zone_of(tz))
    return wall.hour * 60 + wall.minute


def instant(day: dt.date, time: dt.time, tz: str) -> dt.datetime:
    """The moment, in UTC, at which it is *time* on *day* in *tz*.

    Examples
    --------
    >>> str(instant(dt.date(2026, 3, 29), dt.time(2, 30), "Europe/Berlin"))  # there is none
    '2026-03-29 01:30:00+00:00'

    """
    return dt.datetime.combine(day, time, zone_of(tz)).astimezone(dt.UTC)


def instant_of_minute(day: dt.date, minute: int, tz: str) -> dt.datetime:
    """The same for *minute* after midnight; from 1,440 on it is on a later day."""
    days, minutes = divmod(minute, 1440)
    return instant(day + days * DAY, dt.time(*divmod(minutes, 60)), tz)


def minute_of_day(time: str) -> int:
    """The minutes after midnight of a wall time.

    Examples
    --------
    >>> minute_of_day("21:30")
    1290

    """
    return int(time[:2]) * 60 + int(time[3:])


def next_time(minute: int, tz: str, after: dt.datetime) -> dt.datetime:
    """The next moment after *after* at which a clock in *tz* shows a minute of the day.

    Examples
    --------
    >>> noon = dt.datetime(2026, 3, 28, 12, tzinfo=dt.UTC)
    >>> str(next_time(150, "Europe/Berlin", noon))  # half past two is left out that night
    '2026-03-29 01:30:00+00:00'

    """
    day = local_date(after, tz) - DAY
    while (moment := instant_of_minute(day, minute, tz)) <= after:
        day += DAY
    return moment


def start_of_day(day: dt.date, tz: str) -> dt.datetime:
    """The moment, in UTC, at which *day* begins in *tz*."""
    return instant(day, dt.time(), tz)


@functools.lru_cache(maxsize=4096)
def end_of_day(day: dt.date, tz: str, day_start: int = 0) -> dt.datetime:
    """The moment, in UTC, at which *day* is over in *tz*.

    Where a change of clocks skips midnight it is the moment of the change, and where midnight
    strikes twice, the first.

    Examples
    --------
    >>> day = dt.date(2011, 12, 29)
    >>> end_of_day(day, "Pacific/Apia") == end_of_day(day + DAY, "Pacific/Apia")
    True

    """
    return instant_of_minute(day + DAY, day_start, tz)


def last_moment_of_day(day: dt.date, tz: str) -> dt.datetime:
    """The last moment of *day* in *tz* that the database tells apart from the next day."""
    return end_of_day(day, tz) - _TICK


def exists(day: dt.date, tz: str) -> bool:
    """Whether *day* took place in *tz*."""
    return end_of_day(day - DAY, tz) < end_of_day(day, tz)


@functools.lru_cache(maxsize=1024)
def skipped_days(tz: str) -> tuple[dt.date, ...]:
    """The dates that *tz* skipped, when the date line was moved.

    Examples
    --------
    >>> skipped_days("Pacific/Apia")
    (datetime.date(2011, 12, 30),)
    >>> skipped_days("Europe/Berlin")
    ()

    """
    zone = zone_of(tz)
    years = [year for year in _YEARS if _offset(zone, year + 1) - _offset(zone, year) > _JUMP]
    return tuple(
        day
        for year in years
        for day in (dt.date(year, 1, 1) + number * DAY for number in range(366))
        if not exists(day, tz)
    )


def _offset(zone: zoneinfo.ZoneInfo, year: int) -> dt.timedelta:
    offset = dt.datetime(year, 1, 1, tzinfo=zone).utcoffset()
    assert offset is not None
    return offset


def week_of(day: dt.date) -> DateRange:
    """The ISO week of *day*, Monday to Sunday."""
    monday = day - (day.isoweekday() - 1) * DAY
    return monday, monday + 6 * DAY


def month_of(day: dt.date) -> DateRange:
    """The month of *day*."""
    length = calendar.monthrange(day.year, day.month)[1]
    return day.replace(day=1), day.replace(day=length)


def months_later(day: dt.date, months: int) -> dt.date:
    """*day* so many *months* later, or the last day of that month where it is shorter.

    Examples
    --------
    >>> months_later(dt.date(2026, 1, 31), 1)
    datetime.date(2026, 2, 28)

    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))


def anniversaries(day: dt.date) -> list[dt.date]:
    """The same day of earlier years; the last of February stands for the 29th where there is none.

    Examples
    --------
    >>> [str(date) for date in anniversaries(dt.date(2026, 2, 28))[:3]]
    ['2025-02-28', '2024-02-28', '2024-02-29']

    """
    names = [(day.month, day.day)]
    if names == [(2, 28)] and not calendar.isleap(day.year):
        names.append(_LEAP_DAY)
    return [
        dt.date(year, *name)
        for year in range(day.year - 1, EARLIEST.year - 1, -1)
        for name in names
        if name != _LEAP_DAY or calendar.isleap(year)
    ]


def merged_ranges(ranges: Iterable[DateRange]) -> tuple[DateRange, ...]:
    """*ranges* in order, with those that overlap or adjoin made one.

    Examples
    --------
    >>> day = [dt.date(2026, 1, number) for number in range(1, 10)]
    >>> merged = merged_ranges([(day[4], day[5]), (day[0], day[3])])
    >>> [(first.day, last.day) for first, last in merged]
    [(1, 6)]

    """
    merged: list[DateRange] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + DAY:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def range_containing(day: dt.date, ranges: Sequence[DateRange]) -> DateRange | None:
    """The range that contains *day*, of *ranges* as `merged_ranges` gives them."""
    place = bisect.bisect_right(ranges, (day, dt.date.max)) - 1
    return ranges[place] if place >= 0 and day <= ranges[place][1] else None


def moment_in_words(at: dt.datetime, tz: str = "UTC") -> str:
    """*at* as people read it in the zone *tz*.

    Examples
    --------
    >>> moment_in_words(dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC))
    '5 January 2026, 09:00 UTC'
    >>> moment_in_words(dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC), "Europe/Berlin")
    '5 January 2026, 10:00 CET'
    >>> moment_in_words(dt.datetime(2026, 1, 5, 23, tzinfo=dt.UTC), "Asia/Kathmandu")
    '6 January 2026, 04:45 UTC+05:45'

    """
    moment = at.astimezone(zone_of(tz))
    name = moment.tzname() or ""
    if not name.isalpha():  # the zone has no name but its difference
        name = f"UTC{moment.isoformat()[-6:]}"
    return f"{day_in_words(moment)}, {moment:%H:%M} {name}"


def day_in_words(day: dt.date) -> str:
    """*day* as people read it."""
    return f"{day.day} {day:%B %Y}"
