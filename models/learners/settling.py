"""Settles the days of habits, and lets the population learn them when their time has come."""

import datetime as dt
from collections.abc import Iterator

from models.learners.habit_state import HabitState, SettledDay
from models.learners.history import HabitHistory
from models.learners.population import Population


class Settling:
    """Settles days and has them learned; each step takes some tenths of a millisecond."""

    def __init__(self, population: Population) -> None:
        self._population = population

    def again(self, habit_state: HabitState, at: dt.datetime) -> Iterator[None]:
        """Settle all days anew that are not learned, by what is known of them at a moment.

        So it does not matter in which order that became known.  What was foreseen of a day stays as
        it was foreseen.
        """
        settled = {one.day: one for one in habit_state.waiting}
        history = habit_state.known.history
        habit_state.start_again()
        yield from self._advance(habit_state, at, history, settled)
        for one in settled.values():  # not due any more
            self._label(habit_state, one, None)
        while habit_state.has_too_much and habit_state.waiting:
            self.learn(habit_state)
            yield
        habit_state.close_up(at)

    def advance(self, habit_state: HabitState, at: dt.datetime) -> Iterator[None]:
        """Settle the days that are over, or done before their end, and foresee the next one."""
        history = habit_state.known.history.copy()
        yield from self._advance(habit_state, at, history, {})
        habit_state.close_up(at)

    def learn(self, habit_state: HabitState) -> None:
        """Learn the first of the days that wait for it."""
        settled, is_chosen = habit_state.take_waiting()
        if settled.label is not None and not is_chosen:
            prediction = settled.prediction or self._population.predict(
                habit_state, habit_state.learned.history, settled.day
            )
            self._population.learn(habit_state, prediction, done=settled.label)
        if settled.label is not None and settled.number is None:
            self._population.count(habit_state.feed, settled.day, done=settled.label)
        habit_state.count_learned(settled)

    def foresee_again(self, habit_state: HabitState) -> None:
        """Foresee the next day anew, by what has been learned since."""
        if habit_state.next is not None:
            history, day = habit_state.known.history, habit_state.next.day
            habit_state.next = self._population.predict(habit_state, history, day)

    def learn_all(self, habit_state: HabitState) -> Iterator[None]:
        """Learn all days that wait for it, and follow from there."""
        while habit_state.waiting:
            self.learn(habit_state)
            yield
        habit_state.learned = habit_state.known.copy()

    def _advance(
        self,
        habit_state: HabitState,
        at: dt.datetime,
        foreseen_from: HabitHistory,
        settled: dict[dt.date, SettledDay],
    ) -> Iterator[None]:
        while (day := (yield from habit_state.next_day())) and habit_state.is_settled(day, at):
            one = settled.pop(day, None) or self._foreseen(habit_state, day, foreseen_from)
            self._label(habit_state, one, habit_state.label_of(day))
            habit_state.settle(one)
            yield
        if day is None:
            habit_state.next = None
        elif not self._is_foreseen(habit_state, day, foreseen_from):
            habit_state.next = self._population.predict(habit_state, habit_state.known.history, day)

    def _foreseen(
        self, habit_state: HabitState, day: dt.date, foreseen_from: HabitHistory
    ) -> SettledDay:
        if day < habit_state.plan.created_on:
            return SettledDay(day, None)
        if self._is_foreseen(habit_state, day, foreseen_from):
            return SettledDay(day, None, habit_state.next)
        history = habit_state.known.history
        return SettledDay(day, None, self._population.predict(habit_state, history, day))

    def _is_foreseen(
        self, habit_state: HabitState, day: dt.date, foreseen_from: HabitHistory
    ) -> bool:
        """Whether *day* was foreseen, and from what is known now."""
        next_ = habit_state.next
        return next_ is not None and next_.day == day and habit_state.known.history == foreseen_from

    def _label(self, habit_state: HabitState, settled: SettledDay, label: bool | None) -> None:  # noqa: FBT001
        """Give a settled day its label, and correct the person's counts by it.

        They hear of the days before the creation when these are learned, in the order of days.
        """
        before, settled.label = settled.label, label
        if settled.prediction is None or before == label:
            return
        history = self._population.person(habit_state.feed).history
        if settled.number is None:
            assert label is not None
            settled.number = history.count(settled.day, done=label)
        else:
            assert before is not None
            history.replace(settled.day, settled.number, before, label)
            if label is None:
                settled.number = None
