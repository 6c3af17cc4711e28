"""When a delivery is tried again: after seconds, then minutes, then hours, for 28 hours in all."""

import datetime as dt
from typing import Final

RETRY_WAITS: Final[tuple[dt.timedelta, ...]] = (
    dt.timedelta(seconds=5),
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=30),
    dt.timedelta(hours=2),
    dt.timedelta(hours=5),
    dt.timedelta(hours=10),
    dt.timedelta(hours=10),
)
JITTER: Final = 0.1  # of a wait, more or less: what failed together does not come back together
LONGEST: Final = max(RETRY_WAITS)  # that a receiver may ask for


def retry_wait(
    tries: int,
    share: float,
    asked: dt.timedelta | None = None,
    waits: tuple[dt.timedelta, ...] = RETRY_WAITS,
) -> dt.timedelta | None:
    """The wait after *tries* that have failed; None when no other is made.

    Parameters
    ----------
    share
        From 0 to 1, by chance.
    asked
        What the receiver asks for (`Retry-After`): it is waited for, and no less than otherwise.

    Examples
    --------
    >>> [str(retry_wait(tries, 0.5)) for tries in (1, 2, 7)]
    ['0:00:05', '0:05:00', '10:00:00']
    >>> retry_wait(8, 0.5) is None
    True
    >>> str(retry_wait(1, 0.5, dt.timedelta(minutes=3))), str(retry_wait(1, 0.5, dt.timedelta(9)))
    ('0:03:00', '10:00:00')

    """
    if tries > len(waits):
        return None
    wait = waits[tries - 1] * (1 - JITTER + 2 * JITTER * share)
    return wait if asked is None else max(wait, min(asked, LONGEST))
