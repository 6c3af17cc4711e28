"""Sync: whole states for those who begin, and how far each device has come."""

from typing import Self

import msgspec

from models.base.jobs import PeriodicJob
from upcoach.services.base.dependencies import Dependencies
from upcoach.services.sync.positions import Positions
from upcoach.services.sync.snapshots import Snapshots
from upcoach.store.collections.positions import PositionStore


class SyncServices(msgspec.Struct, frozen=True, kw_only=True):
    """What brings a device up to date."""

    positions: Positions
    snapshots: Snapshots

    @property
    def jobs(self) -> tuple[PeriodicJob, ...]:
        """What is done now and then."""
        return self.positions.jobs

    @classmethod
    def make(cls, dependencies: Dependencies) -> Self:
        store = PositionStore(dependencies.database)
        return cls(
            positions=Positions(store, dependencies.clock),
            snapshots=Snapshots(dependencies.documents),
        )
