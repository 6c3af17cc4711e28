"""The features of the habit model, with names, bounds and reasons.

Every value is bounded, costs the same however long the history is, and comes from the same code
live and in a rebuild.  Rates shrink twice, a habit's towards its person's and a person's towards
everybody's, and enter as log-odds, so that a weight of 1 repeats them.  There is no feature for the
date or the weekday as such: it would learn what happened to everybody on a few days.
"""

import datetime as dt
import math
from typing import Final

import msgspec

from models.habits import Every, Measure, Recurring, Schedule, Weekdays, YesNo
from models.learners.due_days import progress
from models.learners.history import STREAK_LIMIT, HabitHistory, PersonHistory
from models.learners.running_count import RunningCount

LOG_ODDS: Final = 5.0  # 0.7 % to 99.3 %: beyond it a bounded memory says nothing more


class Feature(msgspec.Struct, frozen=True):
    """One feature of the model.

    Attributes
    ----------
    reason
        Under which reason a person reads of it.  Several features share one; the circumstances
        that nobody would call a reason have none.

    """

    name: str
    low: float
    high: float
    reason: str | None
    meaning: str


def _log_odds(name: str, reason: str, meaning: str) -> Feature:
    return Feature(name, -LOG_ODDS, LOG_ODDS, reason, meaning)


def _share(name: str, reason: str | None, meaning: str) -> Feature:
    return Feature(name, 0.0, 1.0, reason, meaning)


REGISTRY: Final[tuple[Feature, ...]] = (
    _share("always", None, "1: the intercept"),
    _log_odds("fast", "recent", "the habit's rate, half-life 3 labels"),
    _log_odds("medium", "recent", "the habit's rate, half-life 12 labels"),
    _log_odds("slow", "habit", "the habit's rate, half-life 60 labels"),
    _log_odds("ever", "habit", "the habit's rate over all labels"),
    _log_odds("young_ever", "habit", "`ever` times `young`"),
    Feature("weekday", -10.0, 10.0, "weekday", "the habit's rate on this weekday, less `slow`"),
    _log_odds("person_fast", "person", "the person's rate, half-life 10 labels"),
    _log_odds("person_slow", "person", "the person's rate, half-life 150 labels"),
    Feature("person_weekday", -10.0, 10.0, "person", "theirs on this weekday, less `person_slow`"),
    Feature("last", -1.0, 1.0, "last", "1 if the last label was done, -1 if missed, 0 before any"),
    _share("streak", "last", "labels done in a row; log, 1 at 60"),
    _share("misses", "last", "labels missed in a row; log, 1 at 60"),
    _share("away", "away", "days since it was last done; log, 1 at 60 and when never"),
    _share("gap", None, "days since the last label; log, 1 at 60, 0 before any"),
    _share("young", None, "1 at first, a half after 7 labels"),
    _share("by_weekdays", None, "1 if due on some days, such as weekdays"),
    _share("by_rate", None, "1 if due some times in some days"),
    _share("times_left", "schedule", "share of such times that is still to be done"),
    _share("amount", None, "1 if measured by an amount"),
    _share("at_most", None, "1 if that amount has a ceiling"),
)
NAMES: Final = tuple(feature.name for feature in REGISTRY)


def features(
    habit: HabitHistory,
    person: PersonHistory,
    population: RunningCount,
    schedule: Schedule,
    measure: Measure,
    day: dt.date,
) -> dict[str, float]:
    """The features of *day*, as they are known before it; those that are zero may be absent.

    Examples
    --------
    >>> from models.habits import Amount
    >>> habit, person = HabitHistory(), PersonHistory()
    >>> population = RunningCount(done=60.0, total=100.0)
    >>> habit.count(dt.date(2026, 1, 4), done=True)
    >>> x = features(habit, person, population, Weekdays((1, 7)), Amount(5.0), dt.date(2026, 1, 5))
    >>> {name: round(value, 2) for name, value in x.items() if value}
    {'always': 1.0, 'fast': 2.39, 'medium': 1.6, 'slow': 1.09, 'ever': 0.69, 'young_ever': 0.6,
     'person_fast': 0.4, 'person_slow': 0.4, 'young': 0.88, 'last': 1.0, 'streak': 0.17,
     'away': 0.17, 'gap': 0.17, 'by_weekdays': 1.0, 'amount': 1.0}

    """
    return (
        _rates(habit, person, population, day)
        | _moment(habit, day)
        | _kind(habit, schedule, measure, day)
    )


def _rates(
    habit: HabitHistory, person: PersonHistory, population: RunningCount, day: dt.date
) -> dict[str, float]:
    weekday = day.weekday()
    person_slow = person.slow.rate(population.rate(0.5, 2.0), 10.0)
    ever = RunningCount(habit.done, habit.labels).rate(person_slow, 5.0)
    slow = habit.slow.rate(ever, 3.0)
    medium = habit.medium.rate(slow, 2.0)
    young = 7.0 / (7.0 + habit.labels)
    return {
        "always": 1.0,
        "fast": log_odds(habit.fast.rate(medium, 1.0)),
        "medium": log_odds(medium),
        "slow": log_odds(slow),
        "ever": log_odds(ever),
        "young_ever": young * log_odds(ever),
        "weekday": log_odds(habit.weekdays[weekday].rate(slow, 2.0)) - log_odds(slow),
        "person_fast": log_odds(person.fast.rate(person_slow, 3.0)),
        "person_slow": log_odds(person_slow),
        "person_weekday": log_odds(person.weekdays[weekday].rate(person_slow, 5.0))
        - log_odds(person_slow),
        "young": young,
    }


def _moment(habit: HabitHistory, day: dt.date) -> dict[str, float]:
    return {
        "last": habit.last,
        "streak": _log_share(habit.streak),
        "misses": _log_share(habit.misses),
        "away": _log_share((day - habit.last_done).days) if habit.last_done else 1.0,
        "gap": _log_share((day - habit.last_label).days) if habit.last_label else 0.0,
    }


def _kind(
    habit: HabitHistory, schedule: Schedule, measure: Measure, day: dt.date
) -> dict[str, float]:
    x: dict[str, float] = {}
    so_far = progress(schedule, habit, day)
    if isinstance(schedule, Weekdays | Every | Recurring):
        x["by_weekdays"] = 1.0
    elif so_far is not None:
        x["by_rate"] = 1.0
        x["times_left"] = 1.0 - so_far.done / so_far.times  # where it is satisfied it is not due
    if not isinstance(measure, YesNo):
        x["amount"] = 1.0
        x["at_most"] = float(measure.can_be_broken)
    return x


def log_odds(rate: float) -> float:
    """The log-odds of *rate*, which lies between 0 and 1, cut at `LOG_ODDS`."""
    return max(-LOG_ODDS, min(LOG_ODDS, math.log(rate / (1.0 - rate))))


def _log_share(count: int) -> float:
    """*count* on a logarithmic scale from 0 to 1, which is `STREAK_LIMIT`."""
    return min(1.0, math.log1p(max(count, 0)) / math.log1p(STREAK_LIMIT))
