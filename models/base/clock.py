"""Time as a value that is passed in, so that tests can choose it."""

import datetime as dt
from collections.abc import Callable

Clock = Callable[[], dt.datetime]


def utc_now() -> dt.datetime:
    """The present in UTC, cut to milliseconds, which is all that BSON keeps."""
    now = dt.datetime.now(dt.UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def in_words(at: dt.datetime) -> str:
    """*at* as people read it.

    Examples
    --------
    >>> in_words(dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC))
    '5 January 2026, 09:00 UTC'

    """
    moment = at.astimezone(dt.UTC)
    return f"{day_in_words(moment)}, {moment:%H:%M} UTC"


def day_in_words(day: dt.date) -> str:
    """*day* as people read it."""
    return f"{day.day} {day:%B %Y}"
