"""Forecasts: the odds of the next due day, their interval, and the reasons in words."""

import calendar
import datetime as dt
import itertools
from collections.abc import Callable
from typing import Final

import msgspec

from models.insights import Reason, Scores
from models.learners.bayesian_logistic import sigmoid
from models.learners.due_days import progress
from models.learners.features import NAMES, REGISTRY
from models.learners.habit_state import HabitState, Prediction
from models.learners.history import RECENT

MINIMUM_LABELS: Final = 7
MOST_REASONS: Final = 4
WORTH_SAYING: Final = 0.05  # log-odds: about one point of a hundred

_REASON_OF: Final = {feature.name: feature.reason for feature in REGISTRY}


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """The newest forecast of one habit.

    Attributes
    ----------
    feed
        The feed of the habit's owner.
    day
        The next due day; None when the habit has none (any more): what was said of it is void.
    odds, low, high
        Probability and its 90 % interval; None below `MINIMUM_LABELS` labels of the habit.
    scores
        How good the predictions for this person have been; None before the first label.

    """

    feed: str
    habit: str
    day: dt.date | None = None
    odds: float | None = None
    low: float | None = None
    high: float | None = None
    reasons: tuple[Reason, ...] = ()
    labels: int = 0
    scores: Scores | None = None
    model: str


def reasons(
    habit_state: HabitState, prediction: Prediction, weights: dict[str, float]
) -> tuple[Reason, ...]:
    """The largest contributions to *prediction* that can be put into words.

    Parameters
    ----------
    weights
        What each feature of the prediction adds to the log-odds.

    """
    largest = []
    for name, contribution in _by_reason(habit_state, prediction, weights).items():
        spoken = _SPEECH[name](habit_state, prediction)
        if spoken is not None and abs(contribution) >= WORTH_SAYING:
            words, value = spoken
            largest.append(
                Reason(feature=name, words=words, value=value, contribution=contribution)
            )
    return tuple(sorted(largest, key=lambda reason: -abs(reason.contribution))[:MOST_REASONS])


def _by_reason(
    habit_state: HabitState, prediction: Prediction, weights: dict[str, float]
) -> dict[str, float]:
    """Contributions summed by reason: the features that share one are alike, their weights not."""
    sums = dict.fromkeys(_SPEECH, 0.0)
    for name, contribution in weights.items():
        reason = _REASON_OF[name]
        if reason is not None:
            sums[reason] += contribution
    level, last, weekday = habit_state.own.contributions(
        prediction.day, habit_state.known.history.last
    )
    sums["habit"] += level
    sums["last"] += last
    sums["weekday"] += weekday
    return sums


_Spoken = tuple[str, float] | None


def _recent(habit_state: HabitState, _prediction: Prediction) -> _Spoken:
    last = [done for _, done in itertools.islice(habit_state.known.history.remembered(), RECENT)]
    done, of = sum(last), len(last)
    return (f"done on {done} of the last {of} due days", done / of) if of else None


def _habit(habit_state: HabitState, _prediction: Prediction) -> _Spoken:
    done, of = habit_state.known.history.done, habit_state.known.history.labels
    return (f"done on {done / of:.0%} of {of} due days so far", done / of) if of else None


def _weekday(habit_state: HabitState, prediction: Prediction) -> _Spoken:
    tally = habit_state.known.history.weekdays[prediction.day.weekday()]
    if tally.total < 1.5:  # one such day is an anecdote
        return None
    rate = tally.done / tally.total
    return f"{calendar.day_name[prediction.day.weekday()]}s: {rate:.0%}", rate


def _person(_habit_state: HabitState, prediction: Prediction) -> _Spoken:
    rate = sigmoid(prediction.x[NAMES.index("person_fast")])
    return f"all habits together: {rate:.0%} lately", rate


def _last(habit_state: HabitState, _prediction: Prediction) -> _Spoken:
    streak, misses = habit_state.known.history.streak, habit_state.known.history.misses
    if streak > 1:
        return f"done {streak} times in a row", float(streak)
    if misses > 1:
        return f"missed {misses} times in a row", float(misses)
    if streak + misses == 0:
        return None
    return ("done the last time", 1.0) if streak else ("missed the last time", 1.0)


def _away(habit_state: HabitState, prediction: Prediction) -> _Spoken:
    if habit_state.known.history.last_done is None:
        return "never done so far", float(habit_state.known.history.labels)
    days = (prediction.day - habit_state.known.history.last_done).days
    return f"last done {days} day{'s' if days != 1 else ''} before", float(days)


def _schedule(habit_state: HabitState, prediction: Prediction) -> _Spoken:
    so_far = progress(habit_state.plan.schedule, habit_state.known.history, prediction.day)
    if so_far is None:
        return None
    done, times, days = so_far
    return f"{done} of {times} times done in {days} days", float(done)


_SPEECH: Final[dict[str, Callable[[HabitState, Prediction], _Spoken]]] = {
    "recent": _recent,
    "habit": _habit,
    "weekday": _weekday,
    "person": _person,
    "last": _last,
    "away": _away,
    "schedule": _schedule,
}
