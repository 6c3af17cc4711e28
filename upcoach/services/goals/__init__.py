"""Goals, their progress points, and templates."""

from typing import Self

import msgspec

from upcoach.services.base.dependencies import Dependencies
from upcoach.services.base.time_zones import TimeZones
from upcoach.services.goals.goal_points import GoalPoints
from upcoach.services.goals.goal_templates import GoalTemplates
from upcoach.services.goals.goals import Goals
from upcoach.store.aggregates.counts import Tallies

__all__ = ["GoalServices", "GoalTemplates", "Goals"]


class GoalServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of goals."""

    goals: Goals
    points: GoalPoints
    templates: GoalTemplates
    zones: TimeZones

    @classmethod
    def make(cls, dependencies: Dependencies) -> Self:
        documents, committer = dependencies.documents, dependencies.committer
        tallies = Tallies(dependencies.database, dependencies.keyring)
        goals = Goals(documents, committer, tallies, dependencies.log)
        return cls(
            goals=goals,
            points=GoalPoints(documents, committer, goals),
            templates=GoalTemplates(documents, committer),
            zones=dependencies.zones,
        )
