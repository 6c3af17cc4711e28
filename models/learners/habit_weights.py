"""The weights of one habit, beside those that all habits share.

They begin at zero, where the habit is like every other of its history, and shrink towards it.  They
also carry the doubt about a habit that is hardly known, which the shared weights, learned from
everybody, know nothing of.
"""

import datetime as dt
from typing import Final

import msgspec

from models.learners.bayesian_logistic import BeliefUpdate, LogOdds

LEVEL, LAST, MONDAY = 0, 1, 2
PRIOR: Final[tuple[float, ...]] = (0.4, 0.2, *(0.5,) * 7)
DRIFT: Final = 0.01  # the share of the way back to the prior doubt that a label takes


class HabitWeights(msgspec.Struct, array_like=True, gc=False):
    """A habit's own level, its own answer to the last label, and one weight for each weekday.

    Examples
    --------
    >>> own, monday = HabitWeights(), dt.date(2026, 1, 5)
    >>> own.log_odds(monday, last=0.0)
    LogOdds(mean=0.0, variance=0.9)
    >>> own.learn(monday, last=0.0, step=BeliefUpdate(error=0.4, certainty=0.2))
    >>> tuesday = monday + dt.timedelta(days=1)
    >>> [round(own.log_odds(day, last=0.0).mean, 2) for day in (monday, tuesday)]
    [0.36, 0.16]

    """

    means: tuple[float, ...] = (0.0,) * len(PRIOR)
    variances: tuple[float, ...] = PRIOR

    def contributions(self, day: dt.date, last: float) -> tuple[float, float, float]:
        """What level, last label and weekday add to the log-odds of *day*."""
        return (
            self.means[LEVEL],
            self.means[LAST] * last,
            self.means[MONDAY + day.weekday()],
        )

    def log_odds(self, day: dt.date, last: float) -> LogOdds:
        """The log-odds that they add, with their variance."""
        variance = (
            self.variances[LEVEL]
            + self.variances[LAST] * last * last
            + self.variances[MONDAY + day.weekday()]
        )
        return LogOdds(sum(self.contributions(day, last)), variance)

    def learn(self, day: dt.date, last: float, step: BeliefUpdate) -> None:
        """Update those that *day* concerns by a step of the whole model."""
        means, variances = list(self.means), list(self.variances)
        for place, value in ((LEVEL, 1.0), (LAST, last), (MONDAY + day.weekday(), 1.0)):
            gain = variances[place] * value
            variance = variances[place] - gain * gain * step.certainty
            means[place] += gain * step.error
            variances[place] = variance + DRIFT * (PRIOR[place] - variance)
        self.means, self.variances = tuple(means), tuple(variances)
