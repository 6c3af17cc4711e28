"""Moods: how a person felt."""

from typing import Self

import msgspec

from upcoach.services.base.dependencies import Dependencies
from upcoach.services.base.time_zones import TimeZones
from upcoach.services.moods.moods import Moods
from upcoach.store.aggregates.counts import Tallies

__all__ = ["MoodServices", "Moods"]


class MoodServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of moods."""

    moods: Moods
    zones: TimeZones

    @classmethod
    def make(cls, dependencies: Dependencies) -> Self:
        tallies = Tallies(dependencies.database, dependencies.keyring)
        moods = Moods(dependencies.documents, dependencies.committer, tallies, dependencies.clock)
        return cls(moods=moods, zones=dependencies.zones)
