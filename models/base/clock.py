"""The clock, a function that is passed in so that tests can choose the time."""

import datetime as dt
from collections.abc import Callable

from models.base.time import to_milliseconds

Clock = Callable[[], dt.datetime]


def utc_now() -> dt.datetime:
    """The current time in UTC, to the millisecond."""
    return to_milliseconds(dt.datetime.now(dt.UTC))
