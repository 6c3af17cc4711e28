"""What one person may teach everybody, and what they cannot."""

import datetime as dt

import pytest

from models.learners import HabitOdds
from models.learners.habit_state import HabitState
from models.learners.population import LESSONS, LESSONS_A_DAY
from models.learners.scores import log_loss
from models.learners.settling import Settling
from tests.learners.events import ADA, created, entered, noon
from tests.learners.simulator import FIRST_DAY, Outcome, Step, play, story

POISONED_ON, SCORED_FROM, DAYS = 30, 42, 70  # of the story
HARM = 0.03  # of others' log loss; without the limits it is 0.038 and 0.043
IMPORTED = 50_000
SPREAD = 6_000  # over so many days:
SPREAD_DAYS = 12
DAY = dt.timedelta(days=1)


class ForeseenPoison(Settling):
    """Lets always that have happened to Ada which is expected least: the worst she might write."""

    def learn(self, habit_state: HabitState) -> None:
        if habit_state.feed == ADA and habit_state.learned.begun:
            history, first = habit_state.learned.history, habit_state.waiting[0]
            expected = self._population.predict(habit_state, history, first.day)
            first.label = expected.odds < 0.5
        super().learn(habit_state)


def poison(odds: HabitOdds, at: dt.datetime, outcomes: int) -> None:
    """Bring in a history of many habits."""
    days = outcomes // 100 if outcomes == IMPORTED else outcomes // 10
    habits = [f"bad_{at:%d}_{number}" for number in range(outcomes // days)]
    first = at.date() - (days + 1) * DAY
    for habit in habits:
        odds.apply(created(ADA, habit, first, at=at))
        for number in range(days + 1):
            done = number % 3 == 0
            odds.apply(entered(ADA, habit, first + number * DAY, achieved=done, at=at))


def losses_of_others(
    steps: list[Step], *, imported: int = 0, poisoned_days: int = 0
) -> tuple[float, HabitOdds]:
    """The mean log loss of everybody else after the days of the poisoning."""
    odds, losses = HabitOdds(), []
    odds._settling = ForeseenPoison(odds._population)
    poisoned = 0
    begins = noon(FIRST_DAY + POISONED_ON * DAY)
    scored_from = FIRST_DAY + SCORED_FROM * DAY
    for step in steps:
        if isinstance(step, dt.datetime) and step >= begins and poisoned < poisoned_days:
            poison(odds, step, imported // poisoned_days)
            poisoned += 1
        if isinstance(step, Outcome) and step.done is not None and step.day >= scored_from:
            odds.next_tick()  # what was written is followed by then
            track = odds._habit_states[step.feed, step.habit]
            if track.next is not None and track.next.day == step.day:
                losses.append(log_loss(track.next.odds, done=step.done))
        play(odds, [step])
    return sum(losses) / len(losses), odds


@pytest.fixture(scope="module")
def steps() -> list[Step]:
    return list(story(seed=5, people=30, days=DAYS))


@pytest.fixture(scope="module")
def clean(steps: list[Step]) -> float:
    return losses_of_others(steps)[0]


@pytest.mark.chaos
def test_an_import_of_fifty_thousand_entries_harms_nobody_else(
    steps: list[Step], clean: float
) -> None:
    harmed, odds = losses_of_others(steps, imported=IMPORTED, poisoned_days=1)

    assert odds._population.people[ADA].lessons.total <= LESSONS
    assert (
        sum(
            track.known.history.labels for track in odds._habit_states.values() if track.feed == ADA
        )
        > 45_000
    )
    assert harmed < clean + HARM


def test_nor_does_one_that_is_spread_over_many_days(steps: list[Step], clean: float) -> None:
    harmed, odds = losses_of_others(steps, imported=SPREAD, poisoned_days=SPREAD_DAYS)

    assert odds._population.people[ADA].lessons.total == LESSONS
    assert harmed < clean + HARM


def test_what_was_taught_is_counted_over_snapshots() -> None:
    steady = HabitOdds()
    stopped = HabitOdds()
    at = noon(FIRST_DAY)
    for number in range(3):
        for odds in (steady, stopped):
            poison(odds, at + number * DAY, 1_500)
            odds.tick(at + (number + 2) * DAY)
        stopped = HabitOdds.from_state(stopped.to_state())

    assert stopped.to_state() == steady.to_state()
    assert stopped._population.people[ADA].lessons.total == 3 * LESSONS_A_DAY
