"""How long the oldest timer has been overdue, which every process looks at.

Timers are done by processes with the role `schedule`.  Where there is none, or it cannot go on,
reminders are missing and nothing fails; so those that serve say it.  What is being done, or is put
off to be tried again, is not overdue.
"""

from typing import Final

import structlog

from models.base.clock import Clock
from models.base.metrics import Metrics
from models.base.periodic_jobs import PeriodicJob
from upcoach.store.base.database import Database
from upcoach.store.write.timers import COLLECTION

LOOK_EVERY_S: Final = 30.0  # the first time too: a process that begins catches up before that
WARN_AFTER_S: Final = 600.0

_log = structlog.get_logger(__name__)


class OverdueTimers:
    """Measures how long the oldest timer has waited to be claimed, and warns if that is long."""

    def __init__(self, database: Database, clock: Clock, metrics: Metrics) -> None:
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._is_warned = False

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic job that looks for them."""
        return (PeriodicJob(name="timers.overdue", every_s=LOOK_EVERY_S, run=self.look),)

    async def look(self) -> None:
        """Set the gauge; warn once of each time that it is too high."""
        overdue_s = await self._oldest_s()
        self._metrics.timers_overdue_s.set(overdue_s)
        is_long = overdue_s > WARN_AFTER_S
        if is_long and not self._is_warned:
            _log.warning("timers_overdue", oldest_s=round(overdue_s), done_by_role="schedule")
        self._is_warned = is_long

    async def _oldest_s(self) -> float:
        now = self._clock()
        async with self._database.connection():
            oldest = await self._database[COLLECTION].find_one(
                {"claim_at": {"$lte": now}}, {"claim_at": 1}, sort=[("claim_at", 1)]
            )
        return 0.0 if oldest is None else (now - oldest["claim_at"]).total_seconds()
