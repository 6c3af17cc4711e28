"""What must hold of the learner whatever happens to it."""

import copy
import datetime as dt
import hashlib
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.habits.measures import Amount, YesNo
from models.habits.schedules import Daily, Rate, Weekdays
from models.learners import HabitOdds
from models.learners.features import NAMES, REGISTRY
from models.learners.habit_state import HabitState, Pause, Prediction
from models.learners.habit_weights import HabitWeights
from models.learners.population import Person, Population, PopulationState
from models.wire.frames import Ev
from tests.learners.events import (
    ADA,
    corrected,
    created,
    elsewhere,
    entered,
    event,
    noon,
    updated,
    withdrawn,
)
from tests.learners.simulator import Outcome, Step, play, story

START = dt.date(2026, 1, 5)
HABITS = ("a1", "a2", "b1")
FEEDS = {"a1": ADA, "a2": ADA, "b1": "u:bob"}

Steps = list[Ev | dt.datetime]


@st.composite
def histories(draw: st.DrawFn) -> Steps:
    """Up to 60 steps of three habits: days pass, and anything is written at any time."""
    now = noon(START)
    steps: Steps = [draw(creations(habit)) for habit in HABITS]
    for _ in range(draw(st.integers(0, 60))):
        now += draw(st.sampled_from((0, 1, 5, 24, 24, 24, 100, 2500))) * dt.timedelta(hours=1)
        steps.append(draw(st.one_of(st.just(now), writings(now))))
    return steps


def creations(habit: str) -> st.SearchStrategy[Ev]:
    return st.builds(
        created,
        st.just(FEEDS[habit]),
        st.just(habit),
        st.just(START - dt.timedelta(days=30)),
        at=st.just(noon(START)),
        schedule=st.sampled_from((Daily(), Weekdays((1, 3, 6)), Rate(times=2, days=7))),
        measure=st.sampled_from((YesNo(), Amount(2.0, at_most=True))),
        tz=st.sampled_from(("UTC", "Australia/Lord_Howe", "America/New_York")),
    )


@st.composite
def writings(draw: st.DrawFn, now: dt.datetime) -> Ev:
    habit = draw(st.sampled_from(HABITS))
    feed = FEEDS[habit]
    day = now.date() + draw(st.integers(-40, 3)) * dt.timedelta(days=1)
    achieved = draw(st.sampled_from((True, True, False, None)))
    changes: tuple[dict[str, Any], ...] = (
        {"archived": True},
        {"archived": False},
        {"tz": "Asia/Tokyo"},
        {"schedule": {"type": "daily", "days": None, "times": None}},
        {"starts_on": str(day)},
    )
    written: st.SearchStrategy[Ev] = st.one_of(
        st.just(entered(feed, habit, day, achieved=achieved, at=now)),
        st.just(entered(feed, habit, day, achieved=achieved, at=now)),
        st.just(corrected(feed, habit, day, now, achieved=achieved)),
        st.just(withdrawn(feed, habit, day, now)),
        st.sampled_from([updated(feed, habit, now, **change) for change in changes]),
        st.just(event(feed, "habit.deleted", habit, now)),
        pauses(feed, habit, now),
    )
    return draw(written)


def pauses(feed: str, habit: str, now: dt.datetime) -> st.SearchStrategy[Ev]:
    days = [str(now.date() + number * dt.timedelta(days=1)) for number in (-3, 0, 1, 9)]
    made = [
        event(feed, f"habit.vacation.{verb}", id_, now, doc=doc | {"habits": habits})
        for verb, doc in (
            ("created", {"first": days[1], "last": days[3]}),
            ("updated", {"first": days[0], "last": days[2]}),
        )
        for id_ in ("v1", "v2")
        for habits in ([], [habit])
    ]
    return st.sampled_from([*made, event(feed, "habit.vacation.deleted", "v1", now)])


def last_of(history: Steps) -> dt.datetime:
    """When the last of its steps was."""
    return max(step if isinstance(step, dt.datetime) else step.at for step in history)


class RecordingPopulation(Population):
    """A population that records of which habits and days it learns."""

    def __init__(self) -> None:
        super().__init__()
        self.learned: list[tuple[HabitState, dt.date]] = []

    def learn(self, habit_state: HabitState, prediction: Prediction, *, done: bool) -> None:
        self.learned.append((habit_state, prediction.day))
        super().learn(habit_state, prediction, done=done)


def played(steps: Steps) -> HabitOdds:
    odds = HabitOdds()
    play(odds, list[Step](steps))
    return odds


@settings(deadline=None, max_examples=40)
@given(history=histories(), share=st.floats(0, 1))
def test_going_on_from_a_snapshot_is_never_having_stopped(history: Steps, share: float) -> None:
    stop = round(share * len(history))

    stopped = HabitOdds.from_state(played(history[:stop]).to_state())
    play(stopped, list[Step](history[stop:]))

    steady = played(history)
    assert stopped.to_state() == steady.to_state()
    assert stopped.next_tick() == steady.next_tick()
    assert stopped.drain() == steady.drain()


@settings(deadline=None, max_examples=40)
@given(history=histories(), hours=st.integers(1, 400), limit=st.integers(1, 5))
def test_days_closed_one_by_one_or_at_once_teach_the_same(
    history: Steps, hours: int, limit: int
) -> None:
    at_once, by_hours, by_slices = (played(history) for _ in range(3))
    end = noon(START) + dt.timedelta(days=3000)

    for odds in (at_once, by_hours, by_slices):
        odds.apply(elsewhere(end))
    at_once.tick(end)
    while (due := by_hours.next_tick()) and due <= end:
        by_hours.tick(min(due + dt.timedelta(hours=hours), end))
    while (due := by_slices.next_tick()) and due <= end:
        by_slices.tick(end, limit=limit)

    assert by_hours.to_state() == at_once.to_state() == by_slices.to_state()


@settings(deadline=None, max_examples=40)
@given(history=histories())
def test_a_day_is_learned_once_and_after_those_before_it(history: Steps) -> None:
    population = RecordingPopulation()
    last = last_of(history)
    week = created(ADA, "c1", last.date(), at=last), last + dt.timedelta(days=7)

    play(HabitOdds(population), [*history, *week])

    assert population.learned
    for habit_state, _ in population.learned:
        days = [day for other, day in population.learned if other is habit_state]
        assert days == sorted(set(days))


@settings(deadline=None, max_examples=40)
@given(history=histories())
def test_events_are_left_as_they_were(history: Steps) -> None:
    before = copy.deepcopy(history)

    played(history)

    assert history == before


@settings(deadline=None, max_examples=40)
@given(history=histories())
def test_every_feature_keeps_within_its_bounds(history: Steps) -> None:
    odds = played([*history, created(ADA, "c1", START, at=last_of(history))])
    predictions = [track.next for track in odds._habit_states.values() if track.next is not None]

    assert predictions
    for prediction in predictions:
        for feature, value in zip(REGISTRY, prediction.x, strict=True):
            assert feature.low <= value <= feature.high, feature.name


def test_a_prediction_is_scored_before_its_label_is_learned() -> None:
    odds = HabitOdds()
    odds.apply(created(ADA, "run", START))
    foreseen = []
    for number in range(5):
        odds.tick(noon(START + dt.timedelta(days=number)))
        upcoming = odds._habit_states[ADA, "run"].next
        assert upcoming is not None
        foreseen.append((upcoming.odds, upcoming.base))
        odds.apply(entered(ADA, "run", START + dt.timedelta(days=number)))
    odds.tick(noon(START + dt.timedelta(days=6)))

    scores = odds.scores(ADA)

    assert scores is not None
    assert scores == odds.scores()
    assert scores.n == 5
    assert scores.brier == pytest.approx(sum((1 - p) ** 2 for p, _ in foreseen) / 5)
    assert scores.base_brier == pytest.approx(sum((1 - base) ** 2 for _, base in foreseen) / 5)
    assert [base for _, base in foreseen] == pytest.approx([1 / 2, 1 / 2, 1 / 2, 2 / 3, 3 / 4])


def test_the_model_learns_from_the_features_as_they_were_foreseen() -> None:
    odds = HabitOdds()
    odds.apply(created(ADA, "run", START))
    odds.apply(created(ADA, "walk", START))
    foreseen = odds._habit_states[ADA, "run"].next
    assert foreseen is not None
    for number in range(2):  # what she does elsewhere changes her features meanwhile
        odds.apply(entered(ADA, "walk", START + dt.timedelta(days=number)))
    odds.apply(entered(ADA, "run", START))
    learns = dt.datetime(2026, 1, 7, 9, tzinfo=dt.UTC)
    odds.tick(learns - dt.timedelta(minutes=1))
    expected = HabitOdds.from_state(odds.to_state())._population.model
    own = HabitWeights()
    step = expected.learn_beside(
        dict(zip(NAMES, foreseen.x, strict=True)), True, own.log_odds(START, 0.0)
    )
    own.learn(START, 0.0, step)

    odds.tick(learns, limit=1)

    assert odds._population.model.to_state() == expected.to_state()
    assert odds._habit_states[ADA, "run"].own == own


@settings(deadline=None, max_examples=20)
@given(history=histories())
def test_a_state_is_read_in_steps_as_it_was_written(history: Steps) -> None:
    odds, again = played(history), HabitOdds()

    pieces = list(odds.state_pieces())
    steps = sum(1 for _ in again.restoring(b"".join(pieces)))

    assert steps == len(pieces) >= len(odds._habit_states)
    assert again.to_state() == odds.to_state()
    assert again._population.people == odds._population.people
    assert again._habit_states == odds._habit_states


def test_a_state_of_another_version_is_refused() -> None:
    class Earlier(HabitOdds):
        VERSION = 0

    with pytest.raises(ValueError, match="version 0"):
        HabitOdds.from_state(Earlier().to_state())


def layout(type_: Any) -> str:
    """A digest of the fields of a type, their names and types, and so on down."""
    shown = msgspec.inspect.type_info(type_)
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:12]


def test_a_state_of_another_layout_has_another_version() -> None:
    kinds = tuple[PopulationState, Person, HabitState, Pause]

    # When this fails, raise the version: whoever has an older state rebuilds it from the log.
    assert (HabitOdds.VERSION, layout(kinds)) == (9, "3fbdf6772e7f")


def test_on_simulated_people_it_beats_the_base_rate() -> None:
    odds, outcomes = HabitOdds(), 0
    for step in story(seed=3, people=40, days=120):
        play(odds, [step])
        outcomes += isinstance(step, Outcome) and step.done is not None

    scores = odds.scores()

    assert scores is not None
    assert 0.95 * outcomes < scores.n <= outcomes
    assert scores.log_loss < scores.base_log_loss - 0.15
    assert scores.brier < scores.base_brier - 0.07
