"""A habit whose state breaks: it is left out, the same way each time, and all others go on."""

import datetime as dt

import pytest

from models.learners import Forecast, HabitOdds
from models.wire.frames import Ev
from tests.learners.events import ADA, created, entered, event, noon
from tests.learners.one_habit import DAY, MONDAY

BOB = "u:bob"
HABITS = ((ADA, "run"), (ADA, "walk"), (BOB, "run"))


def broken(odds: HabitOdds) -> None:
    """Let one habit be as no event makes it: its counts cannot have come about."""
    state = odds._habit_states[ADA, "run"]
    for settled in (state.learned, state.known):
        settled.history.fast.done = settled.history.slow.done = -1e3


def steps_of_all() -> list[Ev | dt.datetime]:
    steps: list[Ev | dt.datetime] = [created(feed, habit, MONDAY) for feed, habit in HABITS]
    for number in range(9):
        steps += [entered(feed, habit, MONDAY + number * DAY) for feed, habit in HABITS]
        steps.append(noon(MONDAY + number * DAY))
    return steps


def take(odds: HabitOdds, step: Ev | dt.datetime) -> None:
    if isinstance(step, Ev):
        odds.apply(step)
    else:
        odds.tick(step)


def broken_by(step: Ev | dt.datetime) -> tuple[HabitOdds, dict[tuple[str, str], Forecast]]:
    """What comes of it where one habit is broken before *step*."""
    odds = HabitOdds()
    for earlier in steps_of_all():
        take(odds, earlier)
    odds.drain()
    broken(odds)
    take(odds, step)
    newest = {(told.feed, told.habit): told for told in odds.drain() + odds.drain()}
    return odds, newest


LATER = MONDAY + 9 * DAY


@pytest.mark.parametrize(
    "step",
    [
        noon(LATER + DAY),
        entered(ADA, "run", LATER),
        event(
            ADA,
            "habit.vacation.created",
            "away",
            noon(LATER),
            doc={"first": str(LATER), "last": str(LATER + 5 * DAY)},
        ),
    ],
)
def test_a_habit_that_breaks_is_left_out_and_the_others_go_on(step: Ev | dt.datetime) -> None:
    odds, newest = broken_by(step)
    again, newest_again = broken_by(step)
    expected = [key for key in HABITS if key != (ADA, "run")]

    assert [key for key, _ in odds.failures] == [(ADA, "run")]
    assert newest[ADA, "run"].day is None
    assert list(odds._habit_states) == expected
    assert (again.to_state(), newest_again) == (odds.to_state(), newest)

    odds.tick(noon(LATER + 3 * DAY))
    assert {(told.feed, told.habit) for told in odds.drain()} == set(expected)
    assert len(odds.failures) == 1
