import datetime as dt

import pytest

from models.learners.bayesian_logistic import BeliefUpdate
from models.learners.habit_weights import LAST, LEVEL, MONDAY, PRIOR, HabitWeights

A_MONDAY = dt.date(2026, 1, 5)


def test_a_label_moves_only_what_its_day_concerns() -> None:
    own = HabitWeights()

    own.learn(A_MONDAY, last=0.0, step=BeliefUpdate(error=0.4, certainty=0.2))

    moved = [place for place, mean in enumerate(own.means) if mean != 0.0]
    doubted_less = [place for place, now in enumerate(own.variances) if now < PRIOR[place]]
    assert moved == doubted_less == [LEVEL, MONDAY]


def test_a_step_is_scaled_by_the_doubt() -> None:
    own = HabitWeights()

    own.learn(A_MONDAY, last=-1.0, step=BeliefUpdate(error=0.4, certainty=0.2))

    # The level: 0.4 * 0.4; 0.4 - 0.4 * 0.4 * 0.2 = 0.368, and a hundredth of the way back to 0.4.
    assert (own.means[LEVEL], own.variances[LEVEL]) == pytest.approx((0.16, 0.36832))
    assert own.means[LAST] == pytest.approx(-0.08)


def test_a_habit_that_is_long_known_may_still_change() -> None:
    own = HabitWeights()

    for _ in range(10_000):
        own.learn(A_MONDAY, last=1.0, step=BeliefUpdate(error=0.0, certainty=0.2))

    assert 0.1 < own.log_odds(A_MONDAY, last=1.0).variance < sum(PRIOR[: MONDAY + 1])
