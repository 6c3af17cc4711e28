"""When each habit pauses, by all vacations of one person."""

import datetime as dt
from collections.abc import Iterable
from typing import Protocol

from models.base.time import DateRange, merged_ranges


class VacationRange(Protocol):
    """A vacation: its days, and the habits that pause, where none means all."""

    @property
    def first(self) -> dt.date:
        """Its first day."""

    @property
    def last(self) -> dt.date:
        """Its last day."""

    @property
    def habits(self) -> tuple[str, ...]:
        """Those that pause."""


class Pauses:
    """Vacations, gone through once for all habits."""

    def __init__(self, vacations: Iterable[VacationRange]) -> None:
        self._named: dict[str, list[DateRange]] = {}
        general = []
        for one in vacations:
            days = (one.first, one.last)
            for habit in one.habits:
                self._named.setdefault(habit, []).append(days)
            if not one.habits:
                general.append(days)
        self._general = merged_ranges(general)

    def of(self, habit: str) -> tuple[DateRange, ...]:
        """When *habit* pauses, `merged_ranges`."""
        named = self._named.get(habit)
        return merged_ranges((*self._general, *named)) if named else self._general
