"""The two moments between which something is asked for."""

import datetime as dt

from models.base.clock import utc_now
from models.base.errors import Invalid, invalid_parameter
from models.base.time import WEEK, local_date, start_of_day, to_stored


def parsed_span(
    first: dt.datetime | None, last: dt.datetime | None, tz: str, longest: dt.timedelta
) -> tuple[dt.datetime, dt.datetime]:
    """The moments `from` and `to`, or `Invalid`: *longest* is what may lie between them.

    Without the first it is the beginning of today in *tz*, without the last a week later.
    """
    begin = _stored("from", first or start_of_day(local_date(utc_now(), tz), tz))
    end = begin + WEEK if last is None else _stored("to", last)
    if not dt.timedelta() < end - begin <= longest:
        words = f"It ends after it begins, and {longest.days} days later at most."
        raise invalid_parameter("to", words)
    return begin, end


def _stored(name: str, moment: dt.datetime) -> dt.datetime:
    try:
        return to_stored(moment)
    except Invalid as refusal:
        raise invalid_parameter(name, refusal.detail) from None
