import sys
import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from river import checks
from river.datasets import Phishing

from models.learners.bayesian_logistic import BayesianLogistic


def laws() -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        stub_scikit(patch)
        return sorted({law.__name__ for law in checks.yield_checks(BayesianLogistic())})


def stub_scikit(patch: pytest.MonkeyPatch) -> None:
    """River imports it where it lists its data sets, and takes from it none for a classifier."""
    patch.setitem(sys.modules, "sklearn", types.ModuleType("sklearn"))
    patch.setattr(sys.modules["sklearn"], "datasets", None, raising=False)


@pytest.mark.parametrize("law", laws())
def test_it_keeps_the_laws_of_river(law: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stub_scikit(monkeypatch)
    model = BayesianLogistic(prior_variance=2.0, forgetting=0.001)

    for check in checks.yield_checks(model):
        if check.__name__ == law:
            check(model.clone())


def test_it_predicts_a_half_before_any_label() -> None:
    model = BayesianLogistic()

    odds = model.predict_proba_one({"rain": 3.0})

    assert odds == {False: 0.5, True: 0.5}


def test_one_label_moves_it_as_the_formula_says() -> None:
    model = BayesianLogistic(prior_variance=2.0)

    model.learn_one({"always": 1.0}, y=True)

    # p = 1/2, so the gain is 2 * 1/2 / (1 + 1/4 * 2) and the variance falls to 2 / (1 + 1/4 * 2).
    assert model.log_odds_one({"always": 1.0}) == pytest.approx((2 / 3, 4 / 3))


def test_it_finds_the_weights_that_made_the_labels() -> None:
    rng = np.random.default_rng(7)
    model = BayesianLogistic(prior_variance=10.0)

    for rain in rng.normal(size=20_000):
        odds = 1.0 / (1.0 + np.exp(1.0 - 2.0 * rain))
        model.learn_one({"always": 1.0, "rain": rain}, y=rng.random() < odds)

    assert model.contributions_one({"always": 1.0, "rain": 1.0}) == {
        "always": pytest.approx(-1.0, abs=0.1),
        "rain": pytest.approx(2.0, abs=0.1),
    }


def test_what_it_does_not_know_widens_the_interval() -> None:
    model = BayesianLogistic()
    for _ in range(100):
        model.learn_one({"always": 1.0}, y=True)

    low, high = model.predict_interval_one({"always": 1.0})
    new_low, new_high = model.predict_interval_one({"always": 1.0, "rain": 2.0})

    assert 0.0 < new_low < low < high < new_high < 1.0


def test_forgetting_never_doubts_more_than_the_prior() -> None:
    forgetful, faithful = BayesianLogistic(forgetting=0.01), BayesianLogistic()

    for number in range(2_000):
        for model in (forgetful, faithful):
            model.learn_one({"always": 1.0}, y=number % 2 == 0)

    doubts = [model.log_odds_one({"always": 1.0}).variance for model in (forgetful, faithful)]
    assert 1.0 > doubts[0] > 10 * doubts[1] > 0.0


@given(stop=st.integers(0, 150), forgetting=st.sampled_from([0.0, 0.001]))
def test_going_on_from_its_state_is_never_having_stopped(stop: int, forgetting: float) -> None:
    steady, stopped = BayesianLogistic(2.0, forgetting), BayesianLogistic(2.0, forgetting)

    for number, (x, y) in enumerate(Phishing().take(200)):
        if number == stop:
            stopped = BayesianLogistic.from_state(stopped.to_state())
        for model in (steady, stopped):
            model.learn_one(x, y)

    assert stopped.to_state() == steady.to_state()
