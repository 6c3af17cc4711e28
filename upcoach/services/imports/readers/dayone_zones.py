"""Reads the names that Day One gives to zones of time.

It writes down what the device calls its zone: a place of the IANA database, and, where the device
has none, an offset (`GMT+0900`) or an abbreviation (`JST`).
"""

import datetime as dt
import re
from typing import Final, NamedTuple

from models.base.errors import Invalid
from models.base.time import check_zone

_OFFSET: Final = re.compile(r"(?:GMT|UTC)([+-])([0-9]{1,2}):?([0-9]{2})?")
# Those of Apple's abbreviations (NSTimeZone.abbreviationDictionary) that mean one place or whose
# places have had one clock; CST could be three.
_ABBREVIATIONS: Final = {
    "AKDT": "America/Anchorage",
    "AKST": "America/Anchorage",
    "BRT": "America/Sao_Paulo",
    "CEST": "Europe/Paris",
    "COT": "America/Bogota",
    "EDT": "America/New_York",
    "EEST": "Europe/Athens",
    "HKT": "Asia/Hong_Kong",
    "ICT": "Asia/Bangkok",
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "MDT": "America/Denver",
    "MSK": "Europe/Moscow",
    "NDT": "America/St_Johns",
    "NZDT": "Pacific/Auckland",
    "NZST": "Pacific/Auckland",
    "PDT": "America/Los_Angeles",
    "PET": "America/Lima",
    "PHT": "Asia/Manila",
    "PKT": "Asia/Karachi",
    "PST": "America/Los_Angeles",
    "SGT": "Asia/Singapore",
    "WEST": "Europe/Lisbon",
}
_LONGEST: Final = dt.timedelta(hours=14)


class TheirZone(NamedTuple):
    """A zone of the IANA database, and whether it is only taken to be theirs."""

    tz: str
    is_guess: bool = False


def zone_of(name: str) -> TheirZone | None:
    r"""The zone that *name* stands for; None for one that is unknown here.

    Examples
    --------
    >>> zone_of(r"Europe\/Berlin").tz, zone_of("GMT+0900").tz, zone_of("JST")
    ('Europe/Berlin', 'Etc/GMT-9', TheirZone(tz='Asia/Tokyo', is_guess=True))
    >>> zone_of("GMT+0530")

    """
    plain = name.replace("\\/", "/")
    if plain in _ABBREVIATIONS:
        return TheirZone(_ABBREVIATIONS[plain], is_guess=True)
    offset = offset_of(plain)
    if offset is not None:
        hours, rest = divmod(abs(offset), dt.timedelta(hours=1))
        # Their signs are the other way around: POSIX counts what lies west of Greenwich.
        sign = "-" if offset > dt.timedelta(0) else "+"
        plain = "UTC" if not offset else f"Etc/GMT{sign}{hours}" if not rest else plain
    try:
        check_zone(plain)
    except Invalid:
        return None
    return TheirZone(plain)


def offset_of(name: str) -> dt.timedelta | None:
    """The offset from UTC that *name* says, if it says one."""
    found = _OFFSET.fullmatch(name)
    if found is None:
        return None
    sign, hours, minutes = found.groups()
    offset = dt.timedelta(hours=int(hours), minutes=int(minutes or 0))
    return None if offset > _LONGEST else -offset if sign == "-" else offset
