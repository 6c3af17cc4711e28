"""What holds of a habit's state whatever was written, in whatever order, of whichever day."""

import datetime as dt

import pytest
from hypothesis import given, settings

from models.habits.schedules import Every, Rate, Recurring, Schedule
from models.learners import HabitOdds
from models.learners.habit_state import DAYS_PER_STEP
from models.learners.history import HabitHistory
from tests.learners.any_history import DAY, LONG_AGO, START, Steps, any_histories
from tests.learners.events import ADA, created, elsewhere, entered, noon, updated, withdrawn
from tests.learners.one_habit import known
from tests.learners.simulator import Step, play

RARE: tuple[Schedule, ...] = (
    Recurring("FREQ=DAILY;COUNT=1", LONG_AGO),
    Recurring("FREQ=YEARLY;INTERVAL=10", LONG_AGO),
    Recurring("FREQ=WEEKLY;UNTIL=20211231", LONG_AGO),
    Every(days=366, anchor=dt.date(2028, 1, 1)),
)


@pytest.mark.parametrize("schedule", RARE)
def test_days_done_more_than_a_year_apart_are_followed_to_the_end(schedule: Schedule) -> None:
    odds = HabitOdds()
    odds.apply(created(ADA, "run", LONG_AGO, at=noon(START), schedule=schedule))
    for day in (START - 900 * DAY, START - 400 * DAY, START - DAY):
        odds.apply(entered(ADA, "run", day, at=noon(START)))

    (forecast,) = odds.drain()

    assert forecast.odds is None
    assert odds.failures == []
    assert known(odds).is_done(START - DAY)


def test_many_days_that_were_done_though_not_due_are_remembered_in_steps() -> None:
    odds = HabitOdds()
    odds.apply(created(ADA, "run", LONG_AGO, at=noon(START), schedule=Rate(times=1, days=366)))
    for number in range(700):
        odds.apply(entered(ADA, "run", START - 3 * number * DAY, at=noon(START)))

    steps = sum(1 for _ in odds.refreshing())

    assert steps >= 700 // DAYS_PER_STEP


def test_a_day_that_was_done_before_it_was_due_counts_once_it_is() -> None:
    odds = HabitOdds()
    odds.apply(created(ADA, "run", START + 60 * DAY, at=noon(START)))
    odds.apply(entered(ADA, "run", START + 2 * DAY))
    odds.drain()
    odds.apply(updated(ADA, "run", noon(START + 9 * DAY), starts_on=str(START)))
    assert counted(odds) == (9, 1)

    odds.apply(withdrawn(ADA, "run", START + 2 * DAY, noon(START + 9 * DAY)))

    assert counted(odds) == (9, 0)


def counted(odds: HabitOdds) -> tuple[int, int]:
    odds.drain()
    history = odds._habit_states[ADA, "run"].known.history
    return history.labels, history.done


@settings(deadline=None, max_examples=40)
@given(history=any_histories())
def test_counts_are_those_of_the_days_remembered(history: Steps) -> None:
    odds = HabitOdds()
    for step in history:
        play(odds, [step])
        odds.drain()  # what was written is followed
        for state in odds._habit_states.values():
            for days in (state.learned.history, state.known.history):
                assert 0 <= days.done <= days.labels
                if days.labels <= sum(1 for _ in days.remembered()):
                    assert counts_of(days) == pytest.approx(counted_anew(days), abs=1e-6)

    end = noon(START + 3000 * DAY)
    play(odds, list[Step]([elsewhere(end), end]))


def counts_of(history: HabitHistory) -> list[float]:
    counts = (
        history.fast,
        history.medium,
        history.slow,
        *map(history.weekdays.__getitem__, range(7)),
    )
    return [
        history.labels,
        history.done,
        *(part for one in counts for part in (one.done, one.total)),
    ]


def counted_anew(history: HabitHistory) -> list[float]:
    anew = HabitHistory()
    for day, done in reversed(list(history.remembered())):
        anew.count(day, done=done)
    return counts_of(anew)
