"""How far each device has come: for people who wonder whether their watch is up to date."""

import datetime as dt
from typing import Final

from models.access.scope import Scope
from models.base.clock import Clock
from models.base.errors import Unavailable
from models.base.jobs import PeriodicJob
from models.sync.position import Position
from upcoach.store.collections.positions import PositionStore

MOST = 50_000
EVERY_S: Final = 5.0


class Positions:
    """The positions that devices acknowledge, written down now and then, many at a time."""

    def __init__(self, store: PositionStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._noted: dict[tuple[str, str, str], tuple[int, dt.datetime]] = {}

    def note(self, user: str, device: str, feed: str, seq: int) -> None:
        """Take note that *device* of *user* has kept *feed* up to *seq*."""
        if len(self._noted) < MOST or (user, device, feed) in self._noted:
            self._noted[user, device, feed] = (seq, self._clock())

    @property
    def jobs(self) -> tuple[PeriodicJob, ...]:
        """What is done now and then."""
        return (PeriodicJob(name="positions", every_s=EVERY_S, run=self.flush),)

    async def flush(self) -> None:
        """Write down what was noted; while MongoDB is away it stays noted."""
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
        """How far each of the caller's devices has come, in each feed that it follows."""
        return await self._store.find(scope.user)
