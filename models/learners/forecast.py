"""Forecasts: the odds of the next due day, their interval, and the reasons in words.

What is said can be checked by whoever has the entries: it is counted in days, and not a rate that
forgets.  A reason has a direction, up or down, and is said only where its contribution has the
same: who did it four times in a row is not told so as what speaks against it.
"""

import calendar
import datetime as dt
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from models.base.text.counting import counted
from models.base.time import DAY
from models.insights import Reason, Scores
from models.learners.due_days import progress
from models.learners.features import REGISTRY
from models.learners.habit_state import HabitState, Prediction
from models.learners.history import RECENT, HabitHistory

MINIMUM_LABELS: Final = 7
MOST_REASONS: Final = 4
WORTH_SAYING: Final = 0.05  # log-odds: about one point of a hundred
LAST_WEEKDAYS: Final = 13  # of a daily habit: a quarter of a year
TOGETHER: Final = 14 * DAY  # of which all habits are told
MOST_TOGETHER: Final = 50  # habits; more of them are not added up

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


class Spoken(NamedTuple):
    """A reason in words, its number, and whether it speaks for (1) or against (-1), or neither."""

    words: str
    value: float
    direction: float


class _Case(NamedTuple):
    """What a reason is made from: a habit and its prediction, and all habits of its person."""

    habit_state: HabitState
    prediction: Prediction
    all_states: Sequence[HabitState]

    @property
    def history(self) -> HabitHistory:
        return self.habit_state.known.history


def with_odds(
    forecast: Forecast,
    habit_state: HabitState,
    prediction: Prediction,
    weights: dict[str, float],
    all_states: Sequence[HabitState],
) -> Forecast:
    """*forecast* with the odds of a prediction and their `reasons`."""
    return msgspec.structs.replace(
        forecast,
        odds=prediction.odds,
        low=prediction.low,
        high=prediction.high,
        reasons=reasons(habit_state, prediction, weights, all_states),
    )


def reasons(
    habit_state: HabitState,
    prediction: Prediction,
    weights: dict[str, float],
    all_states: Sequence[HabitState],
) -> tuple[Reason, ...]:
    """The largest contributions to *prediction* that can be put into words.

    Parameters
    ----------
    weights
        What each feature of the prediction adds to the log-odds.
    all_states
        All habits of the person, this one too.

    """
    largest = []
    case = _Case(habit_state, prediction, all_states)
    for name, contribution in _by_reason(habit_state, prediction, weights).items():
        if abs(contribution) < WORTH_SAYING:
            continue
        spoken = _SPEECH[name](case)
        if spoken is not None and spoken.direction * contribution >= 0.0:
            reason = Reason(
                feature=name, words=spoken.words, value=spoken.value, contribution=contribution
            )
            largest.append(reason)
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


def _share(words: str, labels: Sequence[bool], usual: float = 0.5) -> Spoken | None:
    """How many of *labels* were done, which speaks for it if more than what is *usual*."""
    if not labels:
        return None
    done, of = sum(labels), len(labels)
    if done / of == usual:
        return None
    return Spoken(words.format(done=done, of=of), done / of, 1.0 if done / of > usual else -1.0)


def _recent(case: _Case) -> Spoken | None:
    last = [done for _, done in itertools.islice(case.history.remembered(), RECENT)]
    return _share("done on {done} of the last {of} due days", last)


def _habit(case: _Case) -> Spoken | None:
    labels = dict(case.history.remembered())
    if not labels:
        return None
    since = _date(min(labels))
    return _share(f"done on {{done}} of {{of}} due days since {since}", list(labels.values()))


def _weekday(case: _Case) -> Spoken | None:
    weekday = case.prediction.day.weekday()
    same = itertools.islice(case.history.remembered(weekday), LAST_WEEKDAYS)
    labels = [done for _, done in same]
    if len(labels) < 2:  # one such day is an anecdote
        return None
    every = [done for _, done in case.history.remembered()]
    words = f"done on {{done}} of the last {{of}} due {calendar.day_name[weekday]}s"
    return _share(words, labels, usual=sum(every) / len(every))


def _person(case: _Case) -> Spoken | None:
    """Of days that are learned in all habits: nothing that is written today changes them."""
    if not 2 <= len(case.all_states) <= MOST_TOGETHER:
        return None
    open_from = [_open_from(state) for state in case.all_states]
    until = min((day for day in open_from if day), default=case.prediction.day) - DAY
    if until < case.prediction.day - TOGETHER:
        return None
    since = until - TOGETHER + DAY
    labels = [done for state in case.all_states for done in _between(state, since, until)]
    days = f"from {_date(since)} to {_date(until)}"
    return _share(f"all habits together: done on {{done}} of {{of}} due days {days}", labels)


def _open_from(habit_state: HabitState) -> dt.date | None:
    """The first day of which what is written today decides."""
    if habit_state.waiting:
        return habit_state.waiting[0].day
    return habit_state.next.day if habit_state.next else None


def _between(habit_state: HabitState, since: dt.date, until: dt.date) -> Iterator[bool]:
    for day, done in habit_state.known.history.remembered():
        if day < since:
            return
        if day <= until:
            yield done


def _last(case: _Case) -> Spoken | None:
    streak, misses = case.history.streak, case.history.misses
    run = streak or misses
    if not run:
        return None
    what, direction = ("done", 1.0) if streak else ("missed", -1.0)
    if run == 1:
        return Spoken(f"{what} the last time", 1.0, direction)
    remembered = sum(1 for _ in case.history.remembered())
    # What lies more than a year back may have been corrected, and nobody would know.
    least = "at least " if run >= remembered and case.history.labels > remembered else ""
    run = min(run, remembered)
    return Spoken(f"{what} {least}{counted(run, 'time')} in a row", float(run), direction)


def _away(case: _Case) -> Spoken | None:
    """That it was not done for long: only where it was missed since."""
    last_done = case.history.last_done
    if last_done is None:
        return Spoken("never done so far", float(case.history.labels), -1.0)
    days = (case.prediction.day - last_done).days
    if not case.history.misses or days < 1:
        return None
    return Spoken(f"last done {counted(days, 'day')} before", float(days), -1.0)


def _schedule(case: _Case) -> Spoken | None:
    """How far its window is: for some a spur, for others a sign that they gave it up."""
    schedule = case.habit_state.plan.schedule
    so_far = progress(schedule, case.history, case.prediction.day)
    if so_far is None:
        return None
    done, times, days = so_far
    return Spoken(
        f"{done} of {counted(times, 'time')} done in {counted(days, 'day')}", float(done), 0.0
    )


def _date(day: dt.date) -> str:
    return f"{day.day} {calendar.month_name[day.month]} {day.year}"


_SPEECH: Final[dict[str, Callable[[_Case], Spoken | None]]] = {
    "recent": _recent,
    "habit": _habit,
    "weekday": _weekday,
    "person": _person,
    "last": _last,
    "away": _away,
    "schedule": _schedule,
}
