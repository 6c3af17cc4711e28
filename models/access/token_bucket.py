"""A token bucket, counted in memory."""


class TokenBucket:
    """A token bucket, as the generic cell rate algorithm (ITU-T I.371, Annex A).

    Examples
    --------
    >>> bucket = TokenBucket(rate_s=2, burst_s=1)
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
            self.owe(now, count)
        return wait_s

    def owe(self, now: float, count: int) -> None:
        """Take *count*, whether or not there are so many: the next ones wait."""
        self._due = max(self._due, now) + self._every_s * count

    def wait_s(self, now: float) -> float:
        """The seconds until one is available; 0 if one is."""
        return max(0.0, max(self._due, now) - now - self._burst_s)
