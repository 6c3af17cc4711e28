"""Clocks that are wrong, and people who are not there."""

import datetime as dt

import pytest

from models.learners import HabitOdds
from models.learners.population import ABSENT_AFTER
from tests.learners.events import ADA, created, elsewhere, entered, noon
from tests.learners.one_habit import counts, day, known, running, wait

DAY = dt.timedelta(days=1)


def test_a_clock_that_is_a_year_ahead_misses_no_day() -> None:
    odds, right = running(), running()

    odds.tick(noon(day(400)))
    for each in (odds, right):
        each.apply(entered(ADA, "run", day(1)))
        each.tick(noon(day(4)))

    assert counts(odds) == (4, 1)
    assert odds.to_state() == right.to_state()


def test_days_close_again_when_somebody_writes() -> None:
    odds = running()

    odds.tick(noon(day(15)))
    silent = counts(odds)
    odds.apply(elsewhere(noon(day(15))))
    odds.tick(noon(day(15)))

    assert silent == (0, 0)
    assert counts(odds) == (15, 0)


def test_what_is_written_after_a_clock_was_some_days_ahead_counts() -> None:
    odds = running()

    odds.tick(noon(day(13)))
    for number in range(12):
        odds.apply(entered(ADA, "run", day(number)))

    assert counts(odds)[1] == 12
    assert known(odds).streak >= 1


@pytest.mark.parametrize("habits", [1, 20])
def test_the_silence_after_an_import_is_no_success(habits: int) -> None:
    odds, imported = HabitOdds(), 30
    at = noon(day(imported))
    for number in range(habits):
        odds.apply(created(ADA, f"h{number}", day(imported), at=at))
        for one in range(imported):
            odds.apply(entered(ADA, f"h{number}", day(one), achieved=(one + number) % 3 > 0, at=at))
    for later in range(0, 100, 10):
        wait(odds, at + later * DAY)

    scores = odds.scores(ADA)
    assert scores is not None
    assert scores.n == habits * (imported - 1 + 1 + ABSENT_AFTER.days)
    assert all(state.known.asleep for state in odds._habit_states.values())
