"""Habits, their entries and reports, and vacations."""

from typing import Self

import msgspec

from upcoach.services.base.dependencies import Dependencies
from upcoach.services.base.time_zones import TimeZones
from upcoach.services.habits.habit_reports import HabitReports
from upcoach.services.habits.habits import Habits, set_entry
from upcoach.services.habits.vacations import Vacations
from upcoach.store.aggregates.habit_histories import HabitHistories

__all__ = ["HabitReports", "HabitServices", "Habits", "Vacations", "set_entry"]


class HabitServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of habits."""

    habits: Habits
    habit_reports: HabitReports
    vacations: Vacations
    zones: TimeZones

    @classmethod
    def make(cls, dependencies: Dependencies) -> Self:
        documents, committer = dependencies.documents, dependencies.committer
        clock = dependencies.clock
        return cls(
            habits=Habits(documents, committer, clock),
            habit_reports=HabitReports(documents, HabitHistories(dependencies.database), clock),
            vacations=Vacations(documents, committer),
            zones=dependencies.zones,
        )
