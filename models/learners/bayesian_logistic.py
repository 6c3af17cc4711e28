"""Online Bayesian logistic regression."""

import math
from collections.abc import Hashable, Mapping
from statistics import NormalDist
from typing import Any, Final, NamedTuple, Self, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
from river import base
from river.base.typing import ClfTarget, FeatureName

_Name = TypeVar("_Name", bound=Hashable)
Vector = npt.NDArray[np.float64]

PROBIT_SCALE: Final = math.pi / 8  # MacKay (1992): how a spread of log-odds pulls towards a half


def sigmoid(log_odds: float) -> float:
    """The probability of some log-odds.

    Examples
    --------
    >>> sigmoid(0.0), round(sigmoid(2.0), 3)
    (0.5, 0.881)

    """
    if log_odds >= 0.0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1.0 + odds)


class LogOdds(NamedTuple):
    """A normal belief about log-odds; about the probability it is logit-normal.

    Examples
    --------
    >>> belief = LogOdds(mean=2.0, variance=1.0)
    >>> round(belief.probability, 3)
    0.845
    >>> [round(bound, 3) for bound in belief.interval(0.9)]
    [0.588, 0.975]

    """

    mean: float
    variance: float

    @property
    def probability(self) -> float:
        """The mean of the probability, by MacKay's approximation."""
        return sigmoid(self.mean / math.sqrt(1.0 + PROBIT_SCALE * self.variance))

    def interval(self, level: float) -> tuple[float, float]:
        """The central interval that holds the probability with certainty *level*."""
        reach = NormalDist().inv_cdf((1.0 + level) / 2.0) * math.sqrt(self.variance)
        return sigmoid(self.mean - reach), sigmoid(self.mean + reach)


class BeliefUpdate(NamedTuple):
    """The update of a belief by one label: of its mean by *error*, its variance by *certainty*.

    Both are for a gain (variance times feature) of 1; the one grows with it, the other with its
    square.
    """

    error: float
    certainty: float


NOTHING: Final = LogOdds(0.0, 0.0)


class _State(msgspec.Struct, frozen=True, array_like=True):
    prior_variance: float
    forgetting: float
    names: list[str]
    mean: bytes
    covariance: bytes


class BayesianLogistic(base.Classifier):
    """Online Bayesian logistic regression with the full covariance of its weights.

    The weights have a normal posterior.  A label moves it by one step of the extended Kalman
    filter, which is Spiegelhalter and Lauritzen's (1990) sequential Laplace approximation; a
    prediction averages over the posterior with MacKay's (1992) approximation.  There is no learning
    rate, and features need no scaling beyond a common order of magnitude.  They may appear and
    vanish: one that was never seen counts with its prior, one that is absent counts as zero.  An
    intercept is a feature which is always 1.

    Parameters
    ----------
    prior_variance
        Variance of each weight around zero before the first label.
    forgetting
        Share of the way back to the prior variance that each label takes the posterior: 0 believes
        that the weights never change, 0.001 forgets in some thousand labels.
    prior_means
        The weights before the first label, where they are not zero.

    References
    ----------
    [^1]: Spiegelhalter, D. J. and Lauritzen, S. L. (1990). Sequential updating of conditional
    probabilities on directed graphical structures. Networks 20(5).
    [^2]: MacKay, D. J. C. (1992). The evidence framework applied to classification networks.
    Neural Computation 4(5).

    Examples
    --------
    >>> from river import datasets, evaluate, metrics
    >>> model = BayesianLogistic()
    >>> loss = evaluate.progressive_val_score(datasets.Phishing(), model, metrics.LogLoss())
    >>> round(loss.get(), 3)
    0.366

    >>> x, _ = next(iter(datasets.Phishing()))
    >>> round(model.predict_proba_one(x)[True], 3)
    0.981
    >>> low, high = model.predict_interval_one(x, level=0.9)
    >>> round(low, 3), round(high, 3)
    (0.969, 0.99)

    """

    def __init__(
        self,
        prior_variance: float = 1.0,
        forgetting: float = 0.0,
        prior_means: Mapping[Any, float] | None = None,
    ) -> None:
        self.prior_variance = prior_variance
        self.forgetting = forgetting
        self.prior_means = prior_means
        means = prior_means or {}
        self._index: dict[FeatureName, int] = {name: place for place, name in enumerate(means)}
        self._mean: Vector = np.array(list(means.values()), dtype=np.float64)
        self._covariance: Vector = np.eye(len(means)) * prior_variance

    def learn_one(self, x: dict[FeatureName, Any], y: ClfTarget) -> None:
        """Update the posterior with one label."""
        self.learn_beside(x, y, NOTHING)

    def learn_beside(self, x: Mapping[Any, float], y: ClfTarget, other: LogOdds) -> BeliefUpdate:
        """Update the posterior with a label to whose log-odds something *other* contributed.

        The step that it returns moves the other one, too, so that both are learned as the parts of
        one model (with no covariance between them).
        """
        self._grow(x)
        step, gain = self._step(x, y, other)
        self._mean += gain * step.error
        # The product with itself comes first: so it stays symmetric to the last bit.
        self._covariance -= np.outer(gain, gain) * step.certainty
        if self.forgetting:
            self._covariance *= 1.0 - self.forgetting
            self._covariance.flat[:: len(gain) + 1] += self.forgetting * self.prior_variance
        return step

    def step_beside(self, x: Mapping[Any, float], y: ClfTarget, other: LogOdds) -> BeliefUpdate:
        """The step of `learn_beside`, for the other one alone: nothing is learned here."""
        return self._step(x, y, other)[0]

    def log_odds_one(self, x: Mapping[Any, float]) -> LogOdds:
        """The posterior of the log-odds."""
        vector, unseen = self._vector(x)
        variance = max(float(vector @ (self._covariance @ vector)), 0.0)
        return LogOdds(float(self._mean @ vector), variance + unseen * self.prior_variance)

    def predict_proba_one(
        self, x: dict[FeatureName, Any], **_kwargs: Any
    ) -> dict[ClfTarget, float]:
        """The probability of each label, averaged over the posterior."""
        p = self.log_odds_one(x).probability
        return {False: 1.0 - p, True: p}

    def predict_interval_one(
        self, x: dict[FeatureName, Any], level: float = 0.9
    ) -> tuple[float, float]:
        """The central interval that holds the probability with certainty *level*."""
        return self.log_odds_one(x).interval(level)

    def contributions_one(self, x: Mapping[_Name, float]) -> dict[_Name, float]:
        """What each feature adds to the log-odds.

        Examples
        --------
        >>> model = BayesianLogistic()
        >>> model.learn_one({"rain": 1.0}, y=True)
        >>> model.contributions_one({"rain": 2.0, "snow": 1.0})
        {'rain': 0.8, 'snow': 0.0}

        """
        return {
            name: float(self._mean[self._index[name]]) * value if name in self._index else 0.0
            for name, value in x.items()
        }

    def to_state(self) -> bytes:
        """Everything that `from_state` needs to go on as if nothing had happened."""
        return msgspec.msgpack.encode(
            _State(
                self.prior_variance,
                self.forgetting,
                [str(name) for name in self._index],
                self._mean.astype("<f8").tobytes(),
                self._covariance.astype("<f8").tobytes(),
            )
        )

    @classmethod
    def from_state(cls, state: bytes) -> Self:
        """The model that wrote *state*."""
        kept = msgspec.msgpack.decode(state, type=_State)
        model = cls(kept.prior_variance, kept.forgetting)
        size = len(kept.names)
        model._index = {name: place for place, name in enumerate(kept.names)}
        model._mean = np.frombuffer(kept.mean, "<f8").astype(np.float64)
        model._covariance = (
            np.frombuffer(kept.covariance, "<f8").astype(np.float64).reshape(size, size)
        )
        return model

    def _step(
        self, x: Mapping[Any, float], y: ClfTarget, other: LogOdds
    ) -> tuple[BeliefUpdate, Vector]:
        """The update by a label, and the gain of the weights."""
        vector, unseen = self._vector(x)
        gain = self._covariance @ vector
        variance = max(float(vector @ gain), 0.0) + unseen * self.prior_variance + other.variance
        p = LogOdds(float(self._mean @ vector) + other.mean, variance).probability
        curvature = p * (1.0 - p)
        scale = 1.0 / (1.0 + curvature * variance)
        return BeliefUpdate((float(bool(y)) - p) * scale, curvature * scale), gain

    def _vector(self, x: Mapping[Any, float]) -> tuple[Vector, float]:
        """*x* in the order of the weights, and the squared length of what has no weight yet."""
        vector = np.zeros(len(self._index))
        unseen = 0.0
        for name, value in x.items():
            place = self._index.get(name)
            if place is None:
                unseen += float(value) ** 2
            else:
                vector[place] = value
        return vector, unseen

    def _grow(self, x: Mapping[Any, float]) -> None:
        new = [name for name in x if name not in self._index]
        if not new:
            return
        old = len(self._index)
        self._index.update((name, old + place) for place, name in enumerate(new))
        size = len(self._index)
        mean, covariance = np.zeros(size), np.eye(size) * self.prior_variance
        mean[:old], covariance[:old, :old] = self._mean, self._covariance
        self._mean, self._covariance = mean, covariance
