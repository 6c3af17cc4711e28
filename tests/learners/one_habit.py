"""A learner that follows one habit of one person, from a Monday on."""

import datetime as dt
from typing import Any

from models.learners import Forecast, HabitOdds
from models.learners.history import HabitHistory
from tests.learners.events import ADA, created, elsewhere

DAY = dt.timedelta(days=1)
MONDAY = dt.date(2026, 1, 5)


def day(number: int) -> dt.date:
    """The day that many days after the first."""
    return MONDAY + number * DAY


def running(**more: Any) -> HabitOdds:
    odds = HabitOdds()
    odds.apply(created(ADA, "run", MONDAY, **more))
    return odds


def counts(odds: HabitOdds) -> tuple[int, int]:
    """Of how many days the outcome is known, and how many of them were done."""
    history = known(odds)
    return history.labels, history.done


def known(odds: HabitOdds) -> HabitHistory:
    """What is known of its days, learned or not."""
    odds.next_tick()  # what was written is followed by then
    return odds._habit_states[ADA, "run"].known.history


def learned(odds: HabitOdds) -> int:
    """Of how many days the weights have learned."""
    scores = odds.scores()
    return scores.n if scores else 0


def wait(odds: HabitOdds, until: dt.datetime) -> None:
    """Let time pass, in which others write."""
    odds.apply(elsewhere(until))
    odds.tick(until)


def forecast(odds: HabitOdds) -> Forecast:
    (newest,) = odds.drain()
    return newest
