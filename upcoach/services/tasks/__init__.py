"""Tasks: what a person has to do once."""

from typing import Self

import msgspec

from upcoach.services.base.dependencies import Dependencies
from upcoach.services.base.time_zones import TimeZones
from upcoach.services.tasks.tasks import Tasks
from upcoach.store.aggregates.counts import Tallies

__all__ = ["TaskServices", "Tasks"]


class TaskServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of tasks."""

    tasks: Tasks
    zones: TimeZones

    @classmethod
    def make(cls, dependencies: Dependencies) -> Self:
        tallies = Tallies(dependencies.database, dependencies.keyring)
        tasks = Tasks(dependencies.documents, dependencies.committer, tallies, dependencies.clock)
        return cls(tasks=tasks, zones=dependencies.zones)
