"""How it is said that a date is some days away."""

import datetime as dt

from models.base.time import local_date
from upcoach.services.notifications.texts import Value


def days_left(day: dt.date, tz: str, now: dt.datetime) -> tuple[str, dict[str, Value]]:
    """The case of a text, and its values, for what is due on *day* in *tz*, which is not over.

    Examples
    --------
    >>> morning = dt.datetime(2026, 5, 30, 7, tzinfo=dt.UTC)
    >>> [days_left(dt.date(2026, 5, day), "UTC", morning)[0] for day in (30, 31)]
    ['today', 'tomorrow']
    >>> days_left(dt.date(2026, 6, 1), "UTC", morning)
    ('days', {'date': datetime.date(2026, 6, 1), 'count': 2})

    """
    values: dict[str, Value] = {"date": day}
    match (day - local_date(now, tz)).days:
        case 0:
            return "today", values
        case 1:
            return "tomorrow", values
        case days:
            return "days", values | {"count": days}
