"""What the answers of push services mean, whichever they are of."""

import datetime as dt
from collections.abc import Collection
from typing import Final

from upcoach.services.base.delivery import CarrierAway, Undeliverable
from upcoach.services.base.delivery.push_carriers import TokenGone
from upcoach.services.base.fetching import Fetched, retry_after_of

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
        asked = retry_after_of(answer, at) or dt.timedelta(0)
        raise CarrierAway(why, min(max(asked, dt.timedelta(0)), LONGEST_WAIT))
    raise Undeliverable(why)
