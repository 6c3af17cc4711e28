"""Converts the schedules of Habitica's dailies."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from models.base.errors import Invalid
from models.habits import Daily, Every, Recurring, Schedule, Weekdays

_WEEK: Final = {"m": "MO", "t": "TU", "w": "WE", "th": "TH", "f": "FR", "s": "SA", "su": "SU"}
_NUMBERS: Final = {name: number for number, name in enumerate(_WEEK, start=1)}


def schedule_of(
    frequency: str,
    every: int,
    repeat: Mapping[str, bool],
    days_of_month: Sequence[int],
    weeks_of_month: Sequence[int],
    start: dt.date,
) -> Schedule | None:
    """The schedule; None for a daily that is never due.

    Examples
    --------
    >>> start = dt.date(2026, 1, 5)
    >>> schedule_of("daily", 3, {}, [], [], start)
    Every(days=3, anchor=datetime.date(2026, 1, 5))
    >>> schedule_of("weekly", 1, {"s": False, "su": False}, [], [], start)
    Weekdays(days=(1, 2, 3, 4, 5))
    >>> schedule_of("monthly", 1, {"m": True, "t": False}, [], [1], start).rule
    'FREQ=MONTHLY;INTERVAL=1;BYDAY=2MO,2WE,2TH,2FR,2SA,2SU'

    """
    days = [name for name in _WEEK if repeat.get(name, True)]
    if every < 1:
        return None
    match frequency:
        case "daily":
            return Daily() if every == 1 else Every(every, start)
        case "weekly":
            return _weekly(every, days, start)
        case "monthly":
            return _monthly(every, days, days_of_month, weeks_of_month, start)
        case "yearly":
            return Recurring(f"FREQ=YEARLY;INTERVAL={every}", start)
    raise Invalid("frequency_unknown", f"the frequency {frequency[:32]!r} is none of Habitica's")


def _weekly(every: int, days: Sequence[str], start: dt.date) -> Schedule | None:
    if not days:
        return None
    if every > 1:
        names = ",".join(_WEEK[name] for name in days)
        # Its weeks begin on Sunday.
        return Recurring(f"FREQ=WEEKLY;INTERVAL={every};BYDAY={names};WKST=SU", start)
    return Daily() if len(days) == len(_WEEK) else Weekdays(tuple(_NUMBERS[day] for day in days))


def _monthly(
    every: int,
    days: Sequence[str],
    days_of_month: Sequence[int],
    weeks_of_month: Sequence[int],
    start: dt.date,
) -> Schedule | None:
    rule = f"FREQ=MONTHLY;INTERVAL={every}"
    # Of a daily with both, its weeks count (`shouldDo` in website/common/script/cron.js).
    if weeks_of_month:
        # It counts a month's weeks from 0.
        names = [f"{week + 1}{_WEEK[name]}" for week in weeks_of_month for name in days]
        return Recurring(f"{rule};BYDAY={','.join(names)}", start) if names else None
    if days_of_month:
        return Recurring(f"{rule};BYMONTHDAY={','.join(map(str, days_of_month))}", start)
    return None
