"""The watchdog of the event loop: logs when it is blocked, and ends the process.

A task beats several times a second.  Three look at it:

- a thread writes down what the loop is at, once it has been held for a second, and how long that
  took in the end (`loop_held`, `loop_free`; names of files and functions, no values);
- systemd ends the process when the beats do not reach it (`WatchdogSec`);
- the C library does so after half a minute, with the stacks of all threads on the standard error.
  It needs no interpreter, so that also code which never lets go of that, such as a regular
  expression, is ended; and with it a process that is too busy to hear SIGTERM.
"""

import asyncio
import contextlib
import faulthandler
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import structlog

from models.base.metrics import Metrics
from upcoach.node.process.systemd import Notifier

BEAT_S: Final = 0.2
HELD_S: Final = 1.0
END_S: Final = 30.0
FRAMES: Final = 24  # of a stack, the innermost

_ROOT: Final = Path(__file__).parents[3]

_log = structlog.get_logger(__name__)


class Watchdog:
    """Watches the event loop that it is created on; *end_s* is how long that may be blocked."""

    def __init__(
        self, notifier: Notifier, metrics: Metrics | None = None, *, end_s: float = END_S
    ) -> None:
        self._notifier = notifier
        self._metrics = metrics
        self._end_s = end_s
        self._loop_thread = threading.get_ident()
        self._beaten_at = time.monotonic()
        self._over = threading.Event()

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch while the context lasts."""
        faulthandler.enable()  # for the signal with which systemd ends a process, too
        thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        beating = asyncio.create_task(self._beat(), name="watchdog")
        thread.start()
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.wait([beating])
            faulthandler.cancel_dump_traceback_later()
            self._over.set()
            thread.join()

    async def _beat(self) -> None:
        notified_at = armed_at = 0.0
        patience_s = self._notifier.watchdog_s or END_S
        while True:
            self._beaten_at = now = time.monotonic()
            if now - notified_at >= patience_s / 4:
                notified_at = now
                self._notifier.works()
            if now - armed_at >= min(HELD_S, self._end_s / 4):
                armed_at = now
                faulthandler.dump_traceback_later(self._end_s, exit=True)
            await asyncio.sleep(min(BEAT_S, patience_s / 4))

    def _watch(self) -> None:
        held_since = None
        while not self._over.wait(BEAT_S):
            beaten_at = self._beaten_at
            if held_since is not None and beaten_at != held_since:
                self._log_free(beaten_at - held_since)
                held_since = None
            if held_since is None and time.monotonic() - beaten_at > HELD_S:
                held_since = beaten_at
                _log.warning("loop_held", stack=self._stack())

    def _log_free(self, held_s: float) -> None:
        _log.warning("loop_free", held_s=round(held_s, 2))
        if self._metrics is not None:
            self._metrics.loop_held_s.observe(held_s)

    def _stack(self) -> list[str]:
        """The stack of the event loop's thread, the innermost frame last."""
        frame = sys._current_frames().get(self._loop_thread)  # noqa: SLF001 - its only name
        if frame is None:
            return []
        frames = [
            f"{_short(caller.f_code.co_filename)}:{line} {caller.f_code.co_qualname}"
            for caller, line in traceback.walk_stack(frame)
        ]
        return frames[FRAMES - 1 :: -1]


def _short(filename: str) -> str:
    path = Path(filename)
    if path.is_relative_to(_ROOT):
        return str(path.relative_to(_ROOT))
    return "/".join(path.parts[-2:])
