"""Aborts transactions that a killed process left open.

MongoDB keeps them for `transactionLifetimeLimitSeconds`, which is a minute by default, and until
then nobody else can take the numbers that they had taken: the feed is closed to writes.  So every
process looks for transactions that stand still, and ends them.  Where the owner is alive after all,
it has lost a race, and starts again.
"""

from typing import Final

import structlog

from models.base.periodic_jobs import PeriodicJob
from upcoach.store.base.database import APPLICATION, Bson, Database

LOOK_EVERY_S: Final = 1.0

_OPEN: Final[list[Bson]] = [
    {"$currentOp": {"idleSessions": True}},
    {"$match": {"appName": APPLICATION, "type": "idleSession", "transaction": {"$exists": True}}},
    {
        "$project": {
            "lsid.id": 1,
            "transaction.startWallClockTime": 1,
            "transaction.timeActiveMicros": 1,
        }
    },
]

_log = structlog.get_logger(__name__)


class OrphanTransactions:
    """Aborts the transactions that have done nothing between one look and the next."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: dict[bytes, Bson] = {}

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic job that looks for them."""
        return (PeriodicJob(name="orphan_transactions", every_s=LOOK_EVERY_S, run=self._look),)

    async def _look(self) -> None:
        admin = self._database.client.admin
        async with self._database.connection():
            cursor = await admin.aggregate(_OPEN)
            seen = {bytes(operation["lsid"]["id"]): operation async for operation in cursor}
            still = [
                operation["lsid"]
                for name, operation in seen.items()
                if self._seen.get(name) == operation
            ]
            self._seen = seen
            if still:
                _log.warning("transactions_ended", transactions=len(still))
                await admin.command("killSessions", still)
