"""The state of one habit in the learner: which day comes next, and how it is settled.

Days are *settled* in order: done, missed or skipped.  A settled day counts from then on, in the
rates and runs from which the next one is predicted.  It is *learned* later, once, when there has
been time to write it down (`LEARNED_AFTER`).  Until then whatever is written of it changes how it
is settled, in whichever order it arrives; after that it corrects the counts of the habit alone.

`HabitState` holds these rules and nothing of a model:

- A habit begins on the day it was created, or on the first day that it is to start if that comes
  later.  The days before count only from the first entry to the last of those that have arrived by
  the time at which the day of its creation is learned.
- A done day is settled at once, unless the target is a ceiling: that can still be broken.  Any
  other waits until it closes.
- After `PATIENCE` missed days in a row the habit sleeps, until an entry of a later day wakes it.
  The days slept through are not settled: nobody was asked.
- The day before its creation that a habit begins with, or that it wakes with, is remembered and
  not learned: it counts only because of its entry, so it says nothing of how often days are done.
- An archived habit has no days, and what was written ahead of them is gone.  One that is taken up
  again goes on with that day.
- What is changed of its plan holds from the next day on; the days before it are then learned.
"""

import datetime as dt
import functools
from collections.abc import Generator
from typing import Final

import msgspec

from models.base.merge_patch import Json, merged
from models.base.time import DAY, EPOCH, HORIZON, DateRange, end_of_day, local_date
from models.habits import Daily, Measure, Schedule, YesNo
from models.learners.due_days import closes_at, next_due
from models.learners.habit_weights import HabitWeights
from models.learners.history import LabelNumber
from models.learners.running_count import Label
from models.learners.settlement import Settlement

LEARNED_AFTER: Final = dt.timedelta(hours=33)  # its end: at nine, the day after the next
LOGGED_AHEAD: Final = dt.timedelta(days=366)  # how far in the future an entry may lie
MOST_WAITING: Final = 800  # entries and settled days of a habit that are not learned yet
DAYS_PER_STEP: Final = 10  # that were done though not due, of which some hundred may be remembered

HabitKey = tuple[str, str]  # the feed of its owner, and its id: clients choose that, for each owner


class HabitPlan(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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
        return _created_on(self.created_at, self.tz, self.day_start)

    @property
    def starts_later(self) -> bool:
        """Whether it was planned ahead: then no day before its start is due."""
        return self.starts_on > self.created_on

    @property
    def done_is_final(self) -> bool:
        """Whether a done day cannot be lost by a later entry."""
        return isinstance(self.measure, YesNo) or not self.measure.can_be_broken


_created_on: Final = functools.lru_cache(maxsize=4096)(local_date)


class Pause(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The fields of a vacation's document that decide on due days."""

    first: dt.date
    last: dt.date
    habits: tuple[str, ...] = ()


class Prediction(msgspec.Struct, frozen=True, array_like=True, gc=False):
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


class SettledDay(msgspec.Struct, array_like=True, gc=False):
    """A settled day that is not learned yet.

    Attributes
    ----------
    prediction
        What was foreseen; None for a day before the creation, which is foreseen when it is learned.
    number
        Under which the person's counts have it; None where they do not.

    """

    day: dt.date
    label: Label
    prediction: Prediction | None = None
    number: LabelNumber | None = None


class HabitState(msgspec.Struct, array_like=True, gc=False):
    """The state of one habit.

    Attributes
    ----------
    learned
        The days up to the last one that was learned.
    known
        Those and the settled days that wait to be learned.
    waiting
        The due days between the two.
    entries
        What is written of the days after the last learned one: done, not done, or None for skipped.
    next
        The next due day with its prediction; None when there is none.
    due
        When the clock closes that day, or the first waiting one is learned.
    away
        First and last days of the vacations in which it pauses, as `merged_ranges` gives them.

    """

    feed: str
    plan: HabitPlan
    learned: Settlement
    known: Settlement
    waiting: list[SettledDay] = []
    own: HabitWeights = msgspec.field(default_factory=HabitWeights)
    entries: dict[dt.date, Label] = {}
    next: Prediction | None = None
    due: dt.datetime | None = None
    away: tuple[DateRange, ...] = ()

    @classmethod
    def created(cls, feed: str, plan: HabitPlan, away: tuple[DateRange, ...]) -> "HabitState":
        """The state of a new habit."""
        before = plan.created_on - DAY
        return cls(feed, plan, Settlement(before), Settlement(before), away=away)

    def next_day(self) -> Generator[None, None, dt.date | None]:
        """The next due day, in steps.  Days done before it, though not due, are remembered."""
        if self.known.asleep or self.plan.archived:
            return None
        self._leap_to_creation()
        day = self._due_after(self.known.until)
        for number, done_day in enumerate(self.known.done_days(self.entries), start=1):
            if day is not None and done_day >= day:
                break
            self.known.history.mark(done_day)
            self.known.until = done_day
            if day is not None:  # it can only be put off, and no day before it comes due again
                day = self._due_after(day - DAY)
            if number % DAYS_PER_STEP == 0:
                yield
        return day

    def label_of(self, day: dt.date) -> Label:
        """What the next due *day* is to be settled as; nothing written is missed.

        It may be remembered as done already, where it was not due by an earlier plan.
        """
        return self.entries.get(day, self.known.history.is_done(day))

    def note(self, day: dt.date, achieved: Label, at: dt.datetime) -> bool:
        """Take in an entry; whether it may change anything."""
        if not self._may_lie(day, at):
            return False
        if not self._is_open(day):
            return self._revise(day, achieved)
        self._unmark(day)
        self.entries[day] = achieved
        return True

    def withdraw(self, day: dt.date) -> bool:
        """Take in that an entry was deleted; whether it may change anything."""
        if self._is_open(day):
            return self._unmark(day) | (self.entries.pop(day, self) is not self)
        return self._revise(day, achieved=False)

    def start_again(self) -> None:
        """Begin to settle all days anew that are not learned."""
        self.known = self.learned.copy()
        self.waiting = []
        self.known.begin(self.entries, earlier=not self.plan.starts_later)

    def settle(self, settled: SettledDay) -> None:
        """Settle the next due day."""
        self.known.settle(settled.day, settled.label, self.entries)
        self.waiting.append(settled)

    def take_waiting(self) -> tuple[SettledDay, bool]:
        """Take out the first waiting day, and whether the habit began or woke with it."""
        settled, learned = self.waiting.pop(0), self.learned
        learned.begin(self.entries, earlier=not self.plan.starts_later)
        learned.remember(self.entries, settled.day)
        return settled, settled.day == learned.chosen

    def count_learned(self, settled: SettledDay) -> None:
        """Count what was taken out as learned."""
        self.learned.settle(settled.day, settled.label, self.entries)
        self.entries.pop(settled.day, None)
        if len(self.entries) > len(self.waiting) + 1:  # some are of days that are not due
            self.entries = {day: one for day, one in self.entries.items() if day > settled.day}

    def close_up(self, at: dt.datetime) -> None:
        """Forget what was written of days that are not due, where no day waits to be learned."""
        if self.waiting or (not self.has_too_much and at < self._learned_at(self.plan.created_on)):
            return
        self.learned = self.known.copy()
        ahead = self.next.day if self.next else HORIZON
        self.entries = {day: done for day, done in self.entries.items() if day >= ahead}

    @property
    def has_too_much(self) -> bool:
        """Whether more waits than may be kept."""
        return len(self.waiting) + len(self.entries) > MOST_WAITING

    def is_settled(self, day: dt.date, at: dt.datetime) -> bool:
        """Whether the next due *day* is: it is over, or done for good before it."""
        done_early = self.plan.done_is_final and self.entries.get(day) is True
        return done_early or self._closes_at(day) <= at

    def replan(self, plan: HabitPlan, at: dt.datetime) -> None:
        """Follow another plan from now on; no day may be waiting."""
        resumed = self.plan.archived and not plan.archived
        self.plan = plan
        if resumed:
            today = local_date(at, plan.tz, plan.day_start)
            self.known.resume(max(self.known.until + DAY, today))
        elif plan.archived:
            self.entries.clear()
        elif not self.known.begun:
            self.known.until = plan.created_on - DAY
        self.learned = self.known.copy()

    def closes(self) -> dt.datetime | None:
        """When the clock closes the next day."""
        return self._closes_at(self.next.day) if self.next else None

    def learns(self) -> dt.datetime | None:
        """When the first waiting day is learned."""
        return self._learned_at(self.waiting[0].day) if self.waiting else None

    def _learned_at(self, day: dt.date) -> dt.datetime:
        # What is brought along from before the creation has as long as what is written that day.
        day = max(day, self.plan.created_on)
        return end_of_day(day, self.plan.tz, self.plan.day_start) + LEARNED_AFTER

    def _closes_at(self, day: dt.date) -> dt.datetime:
        return closes_at(day, self.plan.tz, self.plan.day_start)

    def _leap_to_creation(self) -> None:
        """Leave out the days after the last one brought along: nobody could write them down."""
        before = self.plan.created_on - DAY
        until = self.known.until
        if until < before and not any(until < day <= before for day in self.entries):
            self.known.until = before

    def _due_after(self, after: dt.date) -> dt.date | None:
        if self.plan.starts_later:
            after = max(after, self.plan.starts_on - DAY)
        return next_due(self.plan.schedule, self.known.history, self.plan.tz, after, self.away)

    def _is_open(self, day: dt.date) -> bool:
        """Whether what is written of *day* decides how it is settled."""
        if self.plan.archived:
            return False
        if day > self.learned.until:
            return True
        is_before = day < self.plan.created_on
        return is_before and not self.learned.begun and not self.plan.starts_later

    def _unmark(self, day: dt.date) -> bool:
        """Forget that an open *day* was done, as an earlier plan remembered it; whether it was."""
        was_done = self.learned.history.is_done(day)
        self.learned.history.mark(day, done=False)
        return was_done

    def _revise(self, day: dt.date, achieved: Label) -> bool:
        """Correct the counts of a learned day."""
        history = self.learned.history
        if history.was_due(day):
            history.revise(day, achieved)
        else:
            history.mark(day, done=bool(achieved))
        return True

    def _may_lie(self, day: dt.date, at: dt.datetime) -> bool:
        today = local_date(at, self.plan.tz, self.plan.day_start)
        return EPOCH <= day <= min(today + LOGGED_AHEAD, HORIZON)
