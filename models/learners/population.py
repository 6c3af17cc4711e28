"""The part of the model that all habits share: weights, base rate, scores, counts by person.

A prediction is made before its day and kept with what it was made from.  When the label arrives the
prediction is scored first; then the model learns from the features as they were.

Nobody speaks for everybody: what all share hears so many outcomes of one person a day, and so many
in all.  The rest is learned by that person's own weights and counts alone.
"""

import datetime as dt
from typing import Final

import msgspec

from models.learners.bayesian_logistic import BayesianLogistic, LogOdds
from models.learners.features import NAMES, features
from models.learners.habit_state import HabitState, Prediction
from models.learners.history import HabitHistory, PersonHistory
from models.learners.running_count import RunningCount
from models.learners.scores import Losses

LEVEL: Final = 0.9  # of the interval
PRIOR_VARIANCE: Final = 0.03  # 1 learns as much in the end, but is led astray by the first days
PRIOR_MEANS: Final = {"slow": 0.3, "fast": 0.2}  # before anything is learned: as it was so far
FORGETTING: Final = 1e-6  # a million labels
LESSONS_A_DAY: Final = 200  # outcomes of one person that what all share learns from
LESSONS: Final = 2_000  # of one person, in all
ABSENT_AFTER: Final = dt.timedelta(days=7)  # without a word of somebody


class Lessons(msgspec.Struct, array_like=True, gc=False):
    """The number of outcomes of one person that the shared weights have learned from.

    Examples
    --------
    >>> lessons = Lessons()
    >>> sum(lessons.take(dt.date(2026, 1, 1)) for _ in range(1_000))
    200
    >>> sum(lessons.take(dt.date(2026, 1, 1) + dt.timedelta(days=n // 500)) for n in range(50_000))
    1800

    """

    total: int = 0
    day: dt.date | None = None
    on_day: int = 0

    def take(self, day: dt.date) -> bool:
        """Whether one more of *day*, on which it became known, teaches; if so, it is counted.

        Days do not go back: what becomes known late counts with the newest.
        """
        if self.day is None or day > self.day:
            self.day, self.on_day = day, 0
        if self.on_day == LESSONS_A_DAY or self.total == LESSONS:
            return False
        self.on_day += 1
        self.total += 1
        return True


class Person(msgspec.Struct, array_like=True, gc=False):
    """The counts and scores of one person across all habits.

    Attributes
    ----------
    heard
        When they last wrote anything of habits.

    """

    history: PersonHistory = msgspec.field(default_factory=PersonHistory)
    losses: Losses = msgspec.field(default_factory=Losses)
    lessons: Lessons = msgspec.field(default_factory=Lessons)
    heard: dt.datetime | None = None

    def was_there(self, day: dt.date) -> bool:
        """Whether they wrote anything on *day*, in the week before it, or later."""
        return self.heard is not None and day <= self.heard.date() + ABSENT_AFTER


class PopulationState(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of a `Population` but its people."""

    model: bytes
    tally: RunningCount
    losses: Losses


class Population:
    """Predicts and learns the days of all habits.

    Attributes
    ----------
    now
        The moment at which what it is told became known; not kept.

    """

    def __init__(self) -> None:
        self.now = dt.datetime.min.replace(tzinfo=dt.UTC)
        self.model = BayesianLogistic(PRIOR_VARIANCE, FORGETTING, PRIOR_MEANS)
        self.tally = RunningCount()
        self.losses = Losses()
        self.people: dict[str, Person] = {}

    def predict(self, habit_state: HabitState, history: HabitHistory, day: dt.date) -> Prediction:
        """The prediction of a due day of a habit, of which *history* is known."""
        person = self.person(habit_state.feed).history
        plan = habit_state.plan
        x = features(history, person, self.tally, plan.schedule, plan.measure, day)
        belief = self.model.log_odds_one(x)
        own = habit_state.own.log_odds(day, history.last)
        belief = LogOdds(belief.mean + own.mean, belief.variance + own.variance)
        low, high = belief.interval(LEVEL)
        return Prediction(
            day=day,
            odds=belief.probability,
            low=low,
            high=high,
            base=self.tally.rate(0.5, 2.0),
            x=tuple(x.get(name, 0.0) for name in NAMES),
        )

    def learn(self, habit_state: HabitState, prediction: Prediction, *, done: bool) -> None:
        """Score a prediction by its label, then learn from it.

        The silence of somebody who is not there any more is easily foreseen: it would make every
        score look better, and teaches nobody else.
        """
        person = self.person(habit_state.feed)
        is_telling = done or person.was_there(prediction.day)
        if is_telling:
            person.losses.add(prediction.odds, base=prediction.base, done=done)
        x = dict(zip(NAMES, prediction.x, strict=True))
        day, last = prediction.day, x["last"]
        own = habit_state.own.log_odds(day, last)
        if is_telling and person.lessons.take(self.now.date()):
            self.losses.add(prediction.odds, base=prediction.base, done=done)
            self.tally.count(done)
            step = self.model.learn_beside(x, done, own)
        else:
            step = self.model.step_beside(x, done, own)
        habit_state.own.learn(day, last, step)

    def count(self, feed: str, day: dt.date, *, done: bool) -> None:
        """Add the outcome of a day to the history of its person."""
        self.person(feed).history.count(day, done=done)

    def person(self, feed: str) -> Person:
        """The `Person` whose feed it is, to be changed in place."""
        person = self.people.get(feed)
        if person is None:
            person = self.people[feed] = Person()
        return person

    def contributions(self, prediction: Prediction) -> dict[str, float]:
        """What each feature of a prediction adds to the log-odds by the shared weights."""
        return self.model.contributions_one(dict(zip(NAMES, prediction.x, strict=True)))

    def to_state(self) -> PopulationState:
        """Everything that `restore` needs, but the people."""
        return PopulationState(self.model.to_state(), self.tally, self.losses)

    def restore(self, state: PopulationState) -> None:
        """Go on from *state*, with no people yet."""
        self.model = BayesianLogistic.from_state(state.model)
        self.tally, self.losses = state.tally, state.losses
