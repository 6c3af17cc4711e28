"""What the answers of push services mean, whichever they are of."""

import datetime as dt
from collections.abc import Collection
from typing import Final

import structlog

from upcoach.services.base.delivery import CarrierAway, Undeliverable
from upcoach.services.base.delivery.push_carriers import TokenGone
from upcoach.services.base.fetching import Fetched, retry_after_of

LONGEST_WAIT: Final = dt.timedelta(hours=6)  # that a push service may ask for

_log = structlog.get_logger(__name__)


def check_answer(
    answer: Fetched,
    reason: str,
    at: dt.datetime,
    *,
    gone: Collection[str | int],
    doubtful: Collection[str | int] = (),
) -> None:
    """Return if a push service has taken a push, or raise what its *answer* means.

    *gone* are the statuses and reasons by which it says that it knows the device no more, and
    *doubtful* those that may as well come of wrong settings: no device is given up for them.
    """
    if 200 <= answer.status < 300:
        return
    why = f"answered {answer.status} {reason}".rstrip()
    if answer.status in gone or reason in gone:
        raise TokenGone(why)
    if answer.status == 429 or answer.status >= 500:
        asked = retry_after_of(answer, at) or dt.timedelta(0)
        raise CarrierAway(why, min(max(asked, dt.timedelta(0)), LONGEST_WAIT))
    if answer.status in doubtful or reason in doubtful:
        _log.warning("push_device_not_ours", why=why)
    raise Undeliverable(why)
