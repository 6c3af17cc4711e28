"""The watch on a MongoDB that does not answer, and why it does not.

An operation that fails may have met a connection that was broken meanwhile, or have been slow
itself.  So MongoDB is asked before an outage is logged, and again until it answers: the end is
logged when it is there, whether anybody comes by or not.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from pymongo.errors import PyMongoError

from models.base import cancellation
from models.base.cancellation import reraising_lost_cancellation
from models.base.errors import Unavailable
from upcoach.store.base.outage_log import OutageLog

AGAIN_S: Final = 1.0
_LONGEST: Final = 200
# What the driver goes on with: its settings, the answer with its signature, all that it knows.
_ASIDE: Final = re.compile(r" \(configured timeouts:|, full error:|, Timeout:")

_log = structlog.get_logger(__name__)


class OutageWatch:
    """Logs when MongoDB is away, and when it is back."""

    def __init__(self, ping: Callable[[], Awaitable[Any]]) -> None:
        self._ping = ping
        self._task: asyncio.Task[None] | None = None
        self._outage = OutageLog(_log, begins="database_lost", ends="database_back")

    @property
    def is_running(self) -> bool:
        """Whether MongoDB is being asked."""
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Find out whether MongoDB is away, unless that is being done."""
        if not self.is_running:
            self._task = asyncio.create_task(self._watch(), name="outage watch")

    async def close(self) -> None:
        """End the watch."""
        if self._task is not None:
            await cancellation.end(self._task)

    async def _watch(self) -> None:
        while True:
            try:
                with reraising_lost_cancellation():
                    await self._ping()
            except PyMongoError as failure:
                self._outage.failed(Unavailable("database_unavailable", reason_of(failure)))
                await asyncio.sleep(AGAIN_S)
            else:
                return self._outage.succeeded()


def reason_of(failure: PyMongoError) -> str:
    """What the driver says first of a *failure* to reach MongoDB.

    Examples
    --------
    >>> reason_of(PyMongoError("db:27017: refused (configured timeouts: …), Timeout: 3.0s, …"))
    'db:27017: refused'

    """
    words = _ASIDE.split(str(failure), maxsplit=1)[0].strip(" :.") or type(failure).__name__
    return words[:_LONGEST]
