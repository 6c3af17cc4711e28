"""Time as a value that is passed in, so that tests can choose it."""

import datetime as dt
from collections.abc import Callable

from models.base.time import to_milliseconds

Clock = Callable[[], dt.datetime]


def utc_now() -> dt.datetime:
    """The present in UTC, as exact as it is stored."""
    return to_milliseconds(dt.datetime.now(dt.UTC))
