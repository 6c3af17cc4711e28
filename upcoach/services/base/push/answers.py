"""What the answers of push services mean, whichever they are of."""

import datetime as dt
from collections.abc import Collection
from email.utils import parsedate_to_datetime
from typing import Final

from upcoach.services.base.delivery import CarrierAway, Undeliverable
from upcoach.services.base.delivery.push_carriers import TokenGone
from upcoach.services.base.fetching import Fetched

LONGEST_WAIT: Final = dt.timedelta(hours=6)  # that a push service may ask for


def check_answer(
    answer: Fetched, reason: str, at: dt.datetime, *, gone: Collection[str | int]
) -> None:
    """Return if a push service has taken a push, or raise what its *answer* means.

    *gone* are the statuses and reasons by which it says that it knows the device no more.
    """
    if 200 <= answer.status < 300:
        return
    why = f"answered {answer.status} {reason}".rstrip()
    if answer.status in gone or reason in gone:
        raise TokenGone(why)
    if answer.status == 429 or answer.status >= 500:
        raise CarrierAway(why, retry_after(answer.headers.get("retry-after", ""), at))
    raise Undeliverable(why)


def retry_after(text: str, at: dt.datetime) -> dt.timedelta:
    """The wait that a `Retry-After` asks for (RFC 9110, 10.2.3), within bounds; none if unclear.

    Examples
    --------
    >>> noon = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
    >>> retry_after("120", noon).seconds, retry_after("Mon, 05 Jan 2026 12:01:00 GMT", noon).seconds
    (120, 60)
    >>> retry_after("soon", noon), retry_after("9" * 20, noon)
    (datetime.timedelta(0), datetime.timedelta(seconds=21600))

    """
    if text.isascii() and text.isdigit():
        seconds = min(int(text[:9]), int(LONGEST_WAIT.total_seconds()))
        return dt.timedelta(seconds=seconds)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return dt.timedelta(0)
    if moment.tzinfo is None:
        return dt.timedelta(0)
    return min(max(moment - at, dt.timedelta(0)), LONGEST_WAIT)
