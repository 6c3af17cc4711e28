"""Back-off and timers of a device."""

import asyncio
import random
from collections.abc import Callable
from typing import Final

FIRST_S: Final = 0.25
LONGEST_S: Final = 30.0


class BackOff:
    """Exponential back-off with full jitter: a random part of a time that doubles each time.

    Of many clients that were cut off at once no two come back at once.
    """

    def __init__(self, longest_s: float = LONGEST_S) -> None:
        self._longest_s = longest_s
        self._attempts = 0

    def calm(self) -> None:
        """Reset to the shortest wait."""
        self._attempts = 0

    def next_s(self) -> float:
        """The wait before the next attempt."""
        most_s = min(self._longest_s, FIRST_S * 2**self._attempts)
        self._attempts = min(self._attempts + 1, 30)
        return random.uniform(0, most_s)  # noqa: S311 - spread, not secret

    def pause_s(self) -> float:
        """The wait after the server said that it was too much: never short."""
        return random.uniform(self._longest_s / 2, self._longest_s)  # noqa: S311 - the same


class Timer:
    """A timer that can be set, reset and stopped."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._handle: asyncio.TimerHandle | None = None

    def set(self, after_s: float) -> None:
        """Call back once, in *after_s*."""
        self.stop()
        self._handle = asyncio.get_running_loop().call_later(after_s, self._end)

    def stop(self) -> None:
        """Cancel the call back."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    @property
    def is_set(self) -> bool:
        """Whether a call back is scheduled."""
        return self._handle is not None

    def _end(self) -> None:
        self._handle = None
        self._ring()


class Silence:
    """Detects silence: calls back when nothing was heard for too long."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._timer = Timer(self._look)
        self._heard = 0.0
        self._patience_s = 0.0

    def heard(self, patience_s: float) -> None:
        """Note a sign of life; the next must come within *patience_s*."""
        self._heard = asyncio.get_running_loop().time()
        if not self._timer.is_set or patience_s < self._patience_s:
            self._timer.set(patience_s)
        self._patience_s = patience_s

    def stop(self) -> None:
        """Stop watching."""
        self._timer.stop()

    def _look(self) -> None:
        left_s = self._heard + self._patience_s - asyncio.get_running_loop().time()
        if left_s > 0:
            self._timer.set(left_s)
        else:
            self._ring()
