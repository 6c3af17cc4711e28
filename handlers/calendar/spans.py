"""The two moments between which something is asked for."""

import datetime as dt

from models.base.errors import Invalid, invalid_parameter
from models.base.time import to_stored


def parsed_span(
    first: dt.datetime, last: dt.datetime, longest: dt.timedelta
) -> tuple[dt.datetime, dt.datetime]:
    """The moments `from` and `to`, or `Invalid`: *longest* is what may lie between them."""
    moments = []
    for name, moment in (("from", first), ("to", last)):
        try:
            moments.append(to_stored(moment))
        except Invalid as refusal:
            raise invalid_parameter(name, refusal.detail) from None
    if not dt.timedelta() < moments[1] - moments[0] <= longest:
        words = f"It ends after it begins, and {longest.days} days later at most."
        raise invalid_parameter("to", words)
    return moments[0], moments[1]
