"""The pauses of each habit, by all vacations of one person."""

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
    """The vacations of one person, by habit."""

    def __init__(self, vacations: Iterable[VacationRange]) -> None:
        self._named: dict[str, list[DateRange]] = {}
        general = []
        for vacation in vacations:
            days = (vacation.first, vacation.last)
            for habit in vacation.habits:
                self._named.setdefault(habit, []).append(days)
            if not vacation.habits:
                general.append(days)
        self._general = merged_ranges(general)

    def of(self, habit: str) -> tuple[DateRange, ...]:
        """The ranges of days on which *habit* pauses, as `merged_ranges` gives them."""
        named = self._named.get(habit)
        return merged_ranges((*self._general, *named)) if named else self._general
