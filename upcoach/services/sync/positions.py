"""The positions of devices in feeds, as they acknowledge them."""

import datetime as dt
from typing import Final

from models.access.scope import Scope
from models.base.clock import Clock
from models.base.errors import Unavailable
from models.base.periodic_jobs import PeriodicJob
from models.sync.position import Position
from upcoach.store.collections.positions import PositionStore

MOST = 50_000
EVERY_S: Final = 5.0


class Positions:
    """Collects the positions that devices acknowledge, and saves them together."""

    def __init__(self, store: PositionStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._noted: dict[tuple[str, str, str], tuple[int, dt.datetime]] = {}

    def note(self, user: str, device: str, feed: str, seq: int) -> None:
        """Note that *device* of *user* has *feed* up to *seq*."""
        if len(self._noted) < MOST or (user, device, feed) in self._noted:
            self._noted[user, device, feed] = (seq, self._clock())

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic flush."""
        return (PeriodicJob(name="positions", every_s=EVERY_S, run=self.flush),)

    async def flush(self) -> None:
        """Save what was noted; while MongoDB is away it stays noted."""
        noted, self._noted = self._noted, {}
        positions = [
            Position(owner=user, device=device, feed=feed, seq=seq, at=at)
            for (user, device, feed), (seq, at) in noted.items()
        ]
        try:
            await self._store.save(positions)
        except Unavailable:
            self._noted = noted | self._noted

    async def page(self, scope: Scope) -> list[Position]:
        """The positions of the caller's devices in each feed."""
        return await self._store.find(scope.user)
