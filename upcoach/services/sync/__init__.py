"""Sync: snapshots, and the positions of devices in feeds."""

from typing import Self

import msgspec

from models.base.periodic_jobs import PeriodicJob
from upcoach.services.base.dependencies import Dependencies
from upcoach.services.sync.positions import Positions
from upcoach.services.sync.snapshots import Snapshots
from upcoach.store.collections.positions import PositionStore


class SyncServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of sync."""

    positions: Positions
    snapshots: Snapshots

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic flush of positions."""
        return self.positions.periodic_jobs

    @classmethod
    def make(cls, dependencies: Dependencies) -> Self:
        store = PositionStore(dependencies.database)
        return cls(
            positions=Positions(store, dependencies.clock),
            snapshots=Snapshots(dependencies.documents),
        )
