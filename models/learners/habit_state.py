"""The state of one habit in the learner: which day comes next, and how it is settled.

Days are *settled* in order and once: done, missed or skipped.  What may be written of a day after
it was settled changes nothing.  `HabitState` holds these rules and nothing of a model:

- A habit begins on the day it was created, or on the first day that it is to start if that comes
  later.  The days before count only when they have entries: then it begins with the first one that
  arrives, so a history has to be imported in the order of its days.
- A done day is settled at once, unless the target is a ceiling: that can still be broken.  Any
  other waits until it closes.  A day before the habit's creation waits for an entry of a later day
  or for the day of the creation to close, so that an import is never overtaken.
- After `PATIENCE` missed days in a row the habit sleeps, until an entry of a later day wakes it.
  The days slept through are not settled: nobody was asked.
- The day before its creation that a habit begins with, or that it wakes with, is remembered and
  not learned: it counts only because of its entry, so it says nothing of how often days are done.
- An archived habit has no days, and what was written ahead of them is gone.  One that is taken up
  again goes on with that day.
"""

import datetime as dt
from typing import Final

import msgspec

from models.base.merge_patch import Json, merged
from models.base.time import DAY, EPOCH, HORIZON, DateRange, local_date
from models.habits import Daily, Measure, Schedule, YesNo
from models.learners.due_days import closes_at, next_due
from models.learners.habit_weights import HabitWeights
from models.learners.history import HabitHistory

PATIENCE: Final = 60
LOGGED_AHEAD: Final = dt.timedelta(days=366)  # how far in the future an entry may lie


class HabitPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a habit's document that decide on its days; the rest is not kept."""

    created_at: dt.datetime
    starts_on: dt.date
    schedule: Schedule = Daily()
    measure: Measure = YesNo()
    tz: str = "UTC"
    day_start: int = 0
    archived: bool = False

    @classmethod
    def read(cls, doc: Json) -> "HabitPlan":
        return msgspec.convert(doc, cls)

    def changed(self, patch: Json) -> "HabitPlan":
        """The plan under a merge patch of the habit's document."""
        return self.read(merged(msgspec.to_builtins(self), patch))

    @property
    def created_on(self) -> dt.date:
        return local_date(self.created_at, self.tz, self.day_start)

    @property
    def starts_later(self) -> bool:
        """Whether it was planned ahead: then no day before its start is due."""
        return self.starts_on > self.created_on

    @property
    def done_is_final(self) -> bool:
        """Whether a done day cannot be lost by a later entry."""
        return isinstance(self.measure, YesNo) or not self.measure.can_be_broken


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a vacation's document that decide on due days."""

    first: dt.date
    last: dt.date
    habits: tuple[str, ...] = ()


class Prediction(msgspec.Struct, frozen=True, array_like=True):
    """The prediction of a day, its features, and the base rate.

    Attributes
    ----------
    x
        The features, in the order of their registry.

    """

    day: dt.date
    odds: float
    low: float
    high: float
    base: float
    x: tuple[float, ...]


class HabitState(msgspec.Struct, array_like=True):
    """The state of one habit.

    Attributes
    ----------
    settled
        The last day that counts no more; every due day after it is still to come.
    entries
        What is already known of the days to come: done, not done, or None for skipped.
    chosen
        The last day that the habit began or woke with.
    next
        The next due day with its prediction; None when there is none.
    closes
        When that day closes by the clock.
    away
        First and last days of the vacations in which it pauses, as `merged_ranges` gives them.

    """

    feed: str
    plan: HabitPlan
    settled: dt.date
    begun: bool = False
    asleep: bool = False
    history: HabitHistory = msgspec.field(default_factory=HabitHistory)
    own: HabitWeights = msgspec.field(default_factory=HabitWeights)
    entries: dict[dt.date, bool | None] = {}
    chosen: dt.date | None = None
    next: Prediction | None = None
    closes: dt.datetime | None = None
    away: tuple[DateRange, ...] = ()

    def next_day(self) -> dt.date | None:
        """The next due day.  Days done before it, though not due, are remembered."""
        if self.asleep or self.plan.archived:
            return None
        while True:
            day = self._due_after_settled()
            # One that is remembered can only put the due day off: these stay before it.
            early = sorted(entered for entered in self.entries if day is None or entered < day)
            if not early:
                return day
            for entered in early:
                self._remember(entered)

    def note(self, day: dt.date, achieved: bool | None, at: dt.datetime) -> bool:  # noqa: FBT001
        """Process an entry; whether it concerns a day that is not settled."""
        if self.plan.archived or not self._may_lie(day, at):
            return False
        if not self.begun:
            self._begin(day)
        if day <= self.settled:
            return False
        if self.asleep:
            self._go_on_with(day)
        self.entries[day] = achieved
        return True

    def settle(self, day: dt.date) -> None:
        """Settle *day* and all before it."""
        self.settled = day
        self.begun = True
        self.entries.pop(day, None)

    @property
    def is_done_early(self) -> bool:
        """Whether the next day is done, finally, before it closes."""
        return (
            self.next is not None
            and self.plan.done_is_final
            and self.entries.get(self.next.day) is True
        )

    def rest(self) -> None:
        """Sleep if the last days were all missed, or skip to the next entry there is."""
        if self.history.misses < PATIENCE:
            return
        if self.entries:
            self._go_on_with(min(self.entries))
        else:
            self.asleep = True

    def wake(self, day: dt.date) -> None:
        """Wake up, and continue with *day*."""
        self.settle(day - DAY)
        self.asleep = False

    def replan(self, plan: HabitPlan, at: dt.datetime) -> None:
        """Follow another plan from now on."""
        resumed = self.plan.archived and not plan.archived
        self.plan = plan
        if resumed:
            self.wake(max(self.settled + DAY, local_date(at, plan.tz, plan.day_start)))
        elif plan.archived:
            self.entries.clear()
        elif not self.begun:
            self.settled = plan.created_on - DAY

    def is_over(self, day: dt.date, at: dt.datetime) -> bool:
        """Whether *day* had closed at a moment, whenever the habit was created."""
        return self._closes_at(day) <= at

    def closing(self) -> dt.datetime | None:
        """When the clock closes the next day."""
        if self.next is None:
            return None
        return self._closes_at(max(self.next.day, self.plan.created_on))

    def _closes_at(self, day: dt.date) -> dt.datetime:
        return closes_at(day, self.plan.tz, self.plan.day_start)

    def _due_after_settled(self) -> dt.date | None:
        after = self.settled
        if self.plan.starts_later:
            after = max(after, self.plan.starts_on - DAY)
        return next_due(self.plan.schedule, self.history, self.plan.tz, after, self.away)

    def _remember(self, day: dt.date) -> None:
        if self.entries.pop(day):
            self.history.mark(day)

    def _begin(self, day: dt.date) -> None:
        self.begun = True
        if day <= self.settled and not self.plan.starts_later:
            self._go_on_with(day)

    def _go_on_with(self, day: dt.date) -> None:
        self.wake(day)
        self.chosen = day

    def _may_lie(self, day: dt.date, at: dt.datetime) -> bool:
        today = local_date(at, self.plan.tz, self.plan.day_start)
        return EPOCH <= day <= min(today + LOGGED_AHEAD, HORIZON)
