"""Graceful shutdown: steps under one deadline, with time reserved for each.

A step may take what is left until the deadline, but for what is *kept* for the steps behind it.  So
whatever hangs, those behind it have their time, and the process is over before the kernel ends it.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, NamedTuple

import structlog

END_S: Final = 29  # from the signal to the end, at most: then the kernel ends the process
CLOSING_S: Final = 2.0  # of it, for connections to the engines, and for engines of our own
LONGEST_S: Final = 5.0  # for a step, also when there is more
HEED_S: Final = 0.1  # for a step that is given up, to notice

_log = structlog.get_logger(__name__)


class StopSignal(asyncio.Event):
    """Set when the process is told to stop.

    Attributes
    ----------
    ends_at
        When, by the monotonic clock, all has to be over.

    """

    ends_at = float("inf")


class ShutdownStep(NamedTuple):
    """A step of the shutdown.

    Attributes
    ----------
    kept_s
        How long it may take at least, whatever the steps before it have taken.
    longest_s
        How long it may take at most, also when there is more time.

    """

    what: str
    do: Callable[[], Coroutine[Any, Any, None]]
    kept_s: float
    longest_s: float = LONGEST_S


def reserved_s(steps: Sequence[ShutdownStep]) -> float:
    """The time that is reserved for *steps*, in all."""
    return sum(step.kept_s for step in steps)


async def run_steps(steps: Sequence[ShutdownStep], ends_at: float) -> None:
    """Run *steps* one after the other, up to *ends_at*; cancel those that take too long."""
    loop = asyncio.get_running_loop()
    for number, step in enumerate(steps):
        left_s = ends_at - loop.time() - reserved_s(steps[number + 1 :])
        await _run_step(step, min(step.longest_s, left_s))


async def _run_step(step: ShutdownStep, within_s: float) -> None:
    task = asyncio.create_task(step.do(), name=step.what)
    try:
        _, running = await asyncio.wait([task], timeout=max(0.0, within_s))
        if running:
            _log.warning("drain_given_up", what=step.what)
            task.cancel()
            await asyncio.wait([task], timeout=HEED_S)
            return
    finally:
        task.cancel()  # whoever gives all of it up leaves nothing behind
    # A step that met with what somebody else has cancelled has failed like any other.
    failure = asyncio.CancelledError() if task.cancelled() else task.exception()
    if failure is not None:
        # What is behind it matters as much.
        _log.error("drain_failed", what=step.what, exc_info=failure)
