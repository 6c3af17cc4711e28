"""How the cost of work grows with what it is given: by ratios of the same run, without a clock."""

import contextlib
import gc
import time
from collections.abc import Callable, Iterator
from typing import Final

GROWTH: Final = 2.5  # at most, when what is given doubles
HOLD_S: Final = 0.05  # at most, of anything at once
NOISE_S: Final = 0.005  # below it, nothing is told apart
TRIES: Final = 3
ROUNDS: Final = 4  # a machine that is busy may spoil some of them

Work = Callable[[int], Callable[[], object]]


def cost_s(work: Work, size: int, tries: int = 1) -> float:
    """What *work* for *size* takes of this thread's processor, at its best."""
    best = float("inf")
    for _ in range(tries):
        ready = work(size)  # anew: what was worked out before may be remembered
        with _uncollected():
            began = time.thread_time()
            ready()
            best = min(best, time.thread_time() - began)
    return best


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage is collected meanwhile: that costs by what the whole run has made."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def flaw(work: Work, size: int, hold_s: float = HOLD_S) -> str:
    """What is wrong with the cost of *work* for *size*, compared with half of it; empty if fine."""
    if cost_s(work, size) < NOISE_S:
        return ""
    half = whole = float("inf")
    for _ in range(ROUNDS):
        half = min(half, cost_s(work, size // 2, TRIES))
        whole = min(whole, cost_s(work, size, TRIES))
        if whole <= hold_s and whole <= max(NOISE_S, GROWTH * half):
            return ""
    return f"{size}: {half:.4f} s becomes {whole:.4f} s"
