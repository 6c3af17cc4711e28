"""What one socket may do; `welcome` announces it."""

from typing import Final

from models.limits import Cost

LINES: Final = 2_048  # of one message
SUBSCRIPTIONS: Final = 64
WRITES_AT_ONCE: Final = 32
FOLLOWED: Final = 64  # the writes before one that it is taken to build on
SUB: Final = Cost(1)  # reads that following a feed costs, beside the pages that are sent
SNAP: Final = Cost(3)
FRAMES_S: Final = 100  # of all kinds but writes
AUTH: Final = 20  # frames that a token counts as: its signature is checked
KIB_S: Final = (
    1_024  # of messages, as they are when they are unpacked; who sends more is read later
)
KIB_BURST_S: Final = 8
BURST: Final = 10  # in seconds of the lasting rate
HELLO_S: Final = 10.0
LOOK_S: Final = 15.0  # at least so often, each connection is looked after
TAKEN_S: Final = 60.0  # without a byte taken, a connection is given up
EXPIRING_S: Final = 60.0  # before its token ends, a device is told
GRACE_S: Final = 30.0  # after its token has ended, a device is let go


class Bucket:
    """A lasting rate with bursts: the generic cell rate algorithm (ITU-T I.371, Annex A).

    Examples
    --------
    >>> bucket = Bucket(rate_s=2, burst_s=1)
    >>> [bucket.take(0.0) for _ in range(3)]
    [0.0, 0.0, 0.5]
    >>> bucket.take(0.5)
    0.0

    """

    __slots__ = ("_burst_s", "_due", "_every_s")

    def __init__(self, rate_s: float, burst_s: float) -> None:
        self._every_s = 1 / rate_s
        self._burst_s = burst_s - self._every_s
        self._due = 0.0

    def take(self, now: float, count: int = 1) -> float:
        """Take *count*, and return 0; or take none, and return the seconds until there is one."""
        wait_s = self.wait_s(now)
        if not wait_s:
            self._due = max(self._due, now) + self._every_s * count
        return wait_s

    def wait_s(self, now: float) -> float:
        """The seconds until there is one; 0 if there is."""
        return max(0.0, max(self._due, now) - now - self._burst_s)
