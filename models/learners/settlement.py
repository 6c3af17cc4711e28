"""The settled days of a habit up to one of them: how far they go, and what they came to."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

import msgspec

from models.base.time import DAY
from models.learners.history import HabitHistory
from models.learners.running_count import Label

PATIENCE: Final = 60

Entries = Mapping[dt.date, Label]  # what was written of days: done, missed, or None for skipped


class Settlement(msgspec.Struct, array_like=True, gc=False):
    """The days of a habit that are settled, of which each is done, missed or skipped.

    Attributes
    ----------
    until
        The last day that is settled, or that was done though it was not due; every due day after it
        is still to come.
    chosen
        The last day that the habit began or woke with.

    """

    until: dt.date
    begun: bool = False
    asleep: bool = False
    chosen: dt.date | None = None
    history: HabitHistory = msgspec.field(default_factory=HabitHistory)

    def copy(self) -> "Settlement":
        """The same, to be changed apart."""
        return msgspec.structs.replace(self, history=self.history.copy())

    def begin(self, entries: Entries, *, earlier: bool) -> None:
        """Begin with the first of *entries*, or wake with the next one.

        Parameters
        ----------
        earlier
            Whether it may begin before the day that it would begin with.

        """
        if not self.begun:
            if earlier and entries and min(entries) <= self.until:
                self._go_on_with(min(entries))
        elif self.asleep:
            self._wake(entries)

    def remember(self, entries: Entries, before: dt.date) -> None:
        """Remember what was done on the days up to *before*, which are not due."""
        for day in self.done_days(entries):
            if day >= before:
                return
            self.history.mark(day)

    def done_days(self, entries: Entries) -> list[dt.date]:
        """The days after the last settled one that were done, in order."""
        return sorted(day for day, achieved in entries.items() if achieved and day > self.until)

    def settle(self, day: dt.date, label: Label, entries: Entries) -> None:
        """Settle *day*, which is the next due one; after so many missed ones the habit sleeps."""
        if label is None:
            self.history.skip(day)
        else:
            self.history.count(day, done=label)
        self.until, self.begun = day, True
        if self.history.misses >= PATIENCE:
            self.asleep = True
            self._wake(entries)

    def resume(self, day: dt.date) -> None:
        """Wake up, and go on with *day*."""
        self.until, self.begun, self.asleep = day - DAY, True, False

    def _wake(self, entries: Entries) -> None:
        later = [day for day in entries if day > self.until]
        if later:
            self._go_on_with(min(later))

    def _go_on_with(self, day: dt.date) -> None:
        self.resume(day)
        self.chosen = day
